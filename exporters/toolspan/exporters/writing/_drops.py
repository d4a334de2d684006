"""Records that could not be written: counted by reason, told to the log once."""

import errno
import logging
import threading
import time
from collections import Counter
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Final

from toolspan.exporters.files import register_at_fork

_logger = logging.getLogger("toolspan.exporters")

# A disk that is full now and then must not fill the log as well.
_SECONDS_BETWEEN_WARNINGS: Final = 60.0


class Reason(StrEnum):
    """Why a span or log record is not in a file."""

    DISK_FULL = "disk_full"
    PERMISSION = "permission"
    """The directory or the file system may not be written."""
    NO_DESCRIPTOR = "no_descriptor"
    """The process or the system has as many files open as it may."""
    NO_DIRECTORY = "no_directory"
    """The directory is missing and could not be made."""
    IO_ERROR = "io_error"
    """Any other error of the file system."""
    QUEUE_FULL = "queue_full"
    """Batch mode: more arrive than can be written."""
    NOT_IN_TIME = "not_in_time"
    """Batch mode: the disk did not take what waited before `shutdown` gave up."""
    INTERNAL = "internal"
    """A defect of toolspan, or a span that is none."""


class QueueFullError(Exception):
    """The queue of batch mode has no room."""


class NotWrittenInTimeError(Exception):
    """The queue of batch mode could not be written before the time was up."""


_REASON_BY_ERRNO: Final = {
    errno.ENOSPC: Reason.DISK_FULL,
    errno.EDQUOT: Reason.DISK_FULL,
    errno.EFBIG: Reason.DISK_FULL,
    errno.EACCES: Reason.PERMISSION,
    errno.EPERM: Reason.PERMISSION,
    errno.EROFS: Reason.PERMISSION,
    errno.EMFILE: Reason.NO_DESCRIPTOR,
    errno.ENFILE: Reason.NO_DESCRIPTOR,
    errno.ENOENT: Reason.NO_DIRECTORY,
    errno.ENOTDIR: Reason.NO_DIRECTORY,
    errno.EEXIST: Reason.NO_DIRECTORY,  # a file stands where the directory should be
}


class Drops:
    """Counts records that were lost and warns once for each time it begins.

    Args:
        what: `spans` or `events`, for the log line.
        directory: where they should have gone, for the log line.
    """

    def __init__(self, what: str, directory: Path) -> None:
        self._what = what
        self._directory = directory
        self.after_fork_in_child()
        register_at_fork(self)

    def after_fork_in_child(self) -> None:
        """Count the child's own drops from 0."""
        self._lock = threading.RLock()
        self._by_reason: Counter[str] = Counter()
        self.ongoing = False
        self._is_told = False
        self._warned_at = -_SECONDS_BETWEEN_WARNINGS

    def add(self, records: int, error: BaseException) -> None:
        """Count `records` as lost to `error`."""
        reason = _reason_of(error)
        with self._lock:
            self._by_reason[reason] += records
            now = time.monotonic()
            is_news = not self.ongoing and now - self._warned_at >= _SECONDS_BETWEEN_WARNINGS
            self.ongoing = True
            if is_news:
                self._warned_at = now
                self._is_told = True
        if is_news:
            tell(
                logging.WARNING,
                "toolspan cannot write %s to %s (%s: %s). They are dropped and counted until it "
                "works again; the program goes on.",
                self._what,
                self._directory,
                reason.value,
                error,
            )

    def end(self) -> None:
        """Writing works again: say so, if the beginning was told."""
        with self._lock:
            is_told, self._is_told, self.ongoing = self._is_told, False, False
            dropped = self._by_reason.total()
        if is_told:
            tell(
                logging.INFO,
                "toolspan writes %s to %s again; %d were dropped so far.",
                self._what,
                self._directory,
                dropped,
            )

    def by_reason(self) -> dict[str, int]:
        """How many records of this process were lost, by `Reason`."""
        with self._lock:
            return dict(self._by_reason)


def tell(level: int, message: str, *arguments: object) -> None:
    """Log outside of every lock, since log handlers and filters are other people's code.

    One that raises must not make a span that was written, or counted, be counted again.
    """
    with suppress(Exception):
        _logger.log(level, message, *arguments)


def _reason_of(error: BaseException) -> Reason:
    match error:
        case OSError():
            return _REASON_BY_ERRNO.get(error.errno or 0, Reason.IO_ERROR)
        case QueueFullError():
            return Reason.QUEUE_FULL
        case NotWrittenInTimeError():
            return Reason.NOT_IN_TIME
    return Reason.INTERNAL
