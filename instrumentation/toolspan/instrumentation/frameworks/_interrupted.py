"""Runs that stopped to wait for somebody, so that the run that goes on can point back to them."""

import threading
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from typing import Final

from opentelemetry.trace import Link, SpanContext

from toolspan.conventions.attributes import TOOLSPAN_LINK_KIND

_RESUMES: Final = "resumes"


class Interrupted:
    """Of this process, the last `most`: by what the framework calls the thing that is resumed."""

    def __init__(self, most: int = 10_000) -> None:
        self._most: Final = most
        self._spans: Final[OrderedDict[Hashable, SpanContext]] = OrderedDict()
        self._lock: Final = threading.Lock()

    def note(self, key: Hashable, span: SpanContext) -> None:
        """The run of `span` waits for somebody; what goes on in its place is known by `key`."""
        with self._lock:
            self._spans[key] = span
            self._spans.move_to_end(key)
            if len(self._spans) > self._most:
                self._spans.popitem(last=False)

    def links_to(self, key: Hashable) -> Sequence[Link] | None:
        """From the run that goes on to the one that waited, which waits no longer."""
        with self._lock:
            waiting = self._spans.pop(key, None)
        if waiting is None or not waiting.is_valid:
            return None
        return [Link(waiting, {TOOLSPAN_LINK_KIND: _RESUMES})]
