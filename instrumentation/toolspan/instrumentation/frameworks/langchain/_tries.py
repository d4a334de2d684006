"""Nodes that a graph runs again after a failure: which try a run of a node is."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Final


class Tries:
    """By place: the run of a graph, and the task in it, of which only a retry has the same.

    A failed try that is not followed by another stays here until `most` others have failed.
    """

    def __init__(self, most: int = 1_000) -> None:
        self._most: Final = most
        self._failed: Final[OrderedDict[Hashable, int]] = OrderedDict()
        self._lock: Final = threading.Lock()

    def next_of(self, place: Hashable) -> int:
        """The number of the try that begins at `place`, from 1."""
        with self._lock:
            return self._failed.pop(place, 0) + 1

    def failed(self, place: Hashable, number: int) -> None:
        """This try has failed: what begins at `place` next is another."""
        with self._lock:
            self._failed[place] = number
            if len(self._failed) > self._most:
                self._failed.popitem(last=False)
