"""Open calls of libraries that report start and end apart, found again by the key both give."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Final

from toolspan.conventions.outcomes import Outcome
from toolspan.instrumentation.record._call import OpenCall


class CallsByKey:
    """The open calls of one library, such as callbacks with a run id.

    Holds at most `most` of them: beyond that, the oldest is taken to be abandoned, since its end
    was evidently never reported.
    """

    def __init__(self, most: int = 10_000) -> None:
        self._most: Final = most
        self._calls: OrderedDict[Hashable, OpenCall] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, key: Hashable, call: OpenCall) -> None:
        """Keep `call` until `take(key)`; a call already there under that key is abandoned."""
        with self._lock:
            dropped = [self._calls.pop(key, None)]
            self._calls[key] = call
            if len(self._calls) > self._most:
                dropped.append(self._calls.popitem(last=False)[1])
        for old in dropped:
            if old is not None:
                old.end(Outcome.ABANDONED)

    def get(self, key: Hashable) -> OpenCall | None:
        """The open call under `key`, left where it is: the parent of another one, say."""
        return self._calls.get(key)

    def take(self, key: Hashable) -> OpenCall | None:
        """The open call under `key`, to be ended by the caller; None if there is none."""
        with self._lock:
            return self._calls.pop(key, None)
