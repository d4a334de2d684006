"""A bar on the terminal: how much of the files is sent, how fast, and how long it will take."""

import shutil
import time
from collections.abc import Callable
from typing import Final, TextIO

_SECONDS_BETWEEN: Final = 0.1
_BAR_WIDTH: Final = 24


class Progress:
    """Draws over one line, a few times a second; nothing where the stream is no terminal.

    Args:
        stream: where to draw.
        total_bytes: of all files.
        is_on: whether to draw at all.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        stream: TextIO,
        total_bytes: int,
        *,
        is_on: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream
        self._total = max(total_bytes, 1)
        self._is_on = is_on
        self._clock = clock
        self._start = clock()
        self._drawn_at = float("-inf")
        self._first_bytes: int | None = None
        self.done_bytes = 0
        self.records = 0

    def update(self, done_bytes: int, records: int, note: str = "") -> None:
        """So much is done; `note` says what is being waited for, if anything."""
        self.done_bytes, self.records = done_bytes, records
        if self._first_bytes is None:
            self._first_bytes = done_bytes  # what an earlier run did says nothing about the speed
        now = self._clock()
        if not self._is_on or (not note and now - self._drawn_at < _SECONDS_BETWEEN):
            return
        self._drawn_at = now
        width = shutil.get_terminal_size().columns - 1
        self._stream.write(f"\r\x1b[K{self.line(now - self._start, note)[:width]}")
        self._stream.flush()

    def line(self, elapsed_s: float, note: str = "") -> str:
        """The bar as text."""
        share = min(self.done_bytes / self._total, 1.0)
        filled = round(share * _BAR_WIDTH)
        text = (
            f"[{'#' * filled}{'.' * (_BAR_WIDTH - filled)}] {share:4.0%}  {self.records:,} records"
        )
        if note:
            return f"{text}  {note}"
        done_now = self.done_bytes - (self._first_bytes or 0)
        if elapsed_s > 0 and done_now > 0:
            left_s = (self._total - self.done_bytes) * elapsed_s / done_now
            text += f"  {self.records / elapsed_s:,.0f}/s  {_spoken(left_s)} left"
        return text

    def clear(self) -> None:
        """Take the bar off the terminal."""
        if self._is_on:
            self._stream.write("\r\x1b[K")
            self._stream.flush()


def _spoken(seconds: float) -> str:
    minutes, rest = divmod(round(max(seconds, 0)), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
