"""Ctrl-C that ends a run wherever it comes."""

import signal
import threading
from typing import Any, Self


class Interruption:
    """Ctrl-C, remembered: Python drops what its handler raises while an object is destroyed.

    Attributes:
        has_come: whether somebody pressed it.
    """

    def __init__(self) -> None:
        self.has_come = False
        self._before: Any = None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._came)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _came(self, number: int, frame: object) -> None:  # noqa: ARG002
        self.has_come = True
        raise KeyboardInterrupt
