"""Compress finished files and delete old ones, in the background."""

import logging
import threading
import time
from collections import deque
from pathlib import Path
from typing import Final, Literal

from toolspan.exporters.files._compression import Compressor, is_available
from toolspan.exporters.files._fork import register
from toolspan.exporters.files._retention import delete_old

_logger = logging.getLogger("toolspan.exporters")

# How often a waiting thread looks whether the work of another is done.
_LOOK_S: Final = 0.05

# Files of this process that lines are added to, whichever processor they belong to.
_being_written: set[Path] = set()


class Housekeeper:
    """Looks after the files of one directory, in a thread that lives while there is work.

    Args:
        compression: how finished files are compressed; where zstd is asked for and missing, gzip
            is used and the log says so.
        keep_days: see `delete_old`.
        keep_bytes: see `delete_old`.
    """

    def __init__(
        self,
        compression: Literal["none", "zstd", "gzip"] = "none",
        *,
        keep_days: float = 0,
        keep_bytes: int = 0,
    ) -> None:
        if compression == "zstd" and not is_available("zstd"):
            _logger.warning(
                "toolspan compresses with gzip: zstd needs `pip install zstandard` or Python 3.14."
            )
            compression = "gzip"
        self._compression: Literal["none", "zstd", "gzip"] = compression
        self._keep_days = keep_days
        self._keep_bytes = keep_bytes
        self._start_anew()
        register(self)

    def after_fork_in_child(self) -> None:
        """Leave the parent's work to the parent."""
        _being_written.clear()
        self._start_anew()

    def _start_anew(self) -> None:
        self._lock = threading.RLock()
        self._jobs: deque[tuple[Path, bool]] = deque()
        self._thread: threading.Thread | None = None
        self._has_failed = False
        # Anew, since the fork may have come in the middle of the parent's work.
        self._compressor = None if self._compression == "none" else Compressor(self._compression)

    def opened(self, path: Path) -> None:
        """Keep `path`, which is being written, and look for files that are too old."""
        _being_written.add(path)
        if self._keep_days or self._keep_bytes:
            self._do(path, is_finished=False)

    def finished(self, path: Path) -> None:
        """Compress `path`, which is not written to any more, and look for old files."""
        _being_written.discard(path)
        if self._compressor or self._keep_days or self._keep_bytes:
            self._do(path, is_finished=True)

    def wait(self, timeout_s: float) -> bool:
        """Wait until all work is done; False when that took too long.

        Does the work itself where no thread could be started, as when the interpreter ends.
        """
        deadline = time.monotonic() + timeout_s
        with self._lock:
            is_mine = self._thread is None
            if is_mine:
                self._thread = threading.current_thread()
        if is_mine:
            self._work()
        while (thread := self._thread) not in (None, threading.current_thread()):
            left = deadline - time.monotonic()
            if left <= 0:
                break
            try:  # for a short while, since it may be one that waits, like this, and goes on
                thread.join(min(left, _LOOK_S))
            except RuntimeError:  # another thread is about to start it
                time.sleep(min(left, _LOOK_S))
        return not self._jobs

    def _do(self, path: Path, *, is_finished: bool) -> None:
        with self._lock:
            self._jobs.append((path, is_finished))
        try:
            thread = threading.Thread(target=self._work, name="toolspan-housekeeping", daemon=True)
            with self._lock:
                if self._thread is not None:
                    return
                self._thread = thread
            thread.start()
        except RuntimeError:  # none is to be had; `wait` does the work
            self._thread = None

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._jobs:
                    self._thread = None
                    return
                path, is_finished = self._jobs[0]
            try:
                self._tidy(path, is_finished=is_finished)
            except Exception as error:  # the files stay as they are; nothing is lost by that
                if not self._has_failed:
                    self._has_failed = True
                    _logger.warning("toolspan could not tidy up after %s: %s", path, error)
            with self._lock:
                self._jobs.popleft()

    def _tidy(self, path: Path, *, is_finished: bool) -> None:
        if is_finished and self._compressor and path.exists():
            self._compressor.compress(path)
        if self._keep_days or self._keep_bytes:
            delete_old(
                path.parent,
                keep_days=self._keep_days,
                keep_bytes=self._keep_bytes,
                spare=_being_written,
            )
