"""Take encoded records of one signal to a file: written through at once, or by way of a queue."""

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from toolspan.exporters._settings import FileSettings, Mode
from toolspan.exporters.files import Housekeeper, JsonlFile
from toolspan.exporters.otlp_json import Envelope, SignalKeys, document
from toolspan.exporters.writing._batch import Batch, take_line
from toolspan.exporters.writing._drops import Drops, tell
from toolspan.exporters.writing._slow_disk import AMONG_WRITES, SLOW_WRITES, SlowDiskRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """What one processor or exporter has done in this process so far.

    Attributes:
        mode: how it writes now; `batch` where it began with `write_through` and the disk was slow.
        written: spans or log records in files.
        queued: spans or log records that wait, in batch mode.
        dropped: spans or log records that are in no file, by `Reason`.
        lines: lines in files.
        bytes: size of these lines.
        files: files opened.
        slow_writes: writes that took longer than `slow_write_ms`.
        path: the file that lines go to now; None before the first line and after shutdown.
    """

    mode: Mode
    written: int
    queued: int
    dropped: dict[str, int]
    lines: int
    bytes: int
    files: int
    slow_writes: int
    path: Path | None


class Writer:
    """Takes encoded records; never raises, counts what it could not write.

    Args:
        directory: where the files go.
        signal: `spans` or `events`, the first part of their names.
        keys: of the signal.
        settings: see there.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str],
        signal: str,
        keys: SignalKeys,
        settings: FileSettings,
    ) -> None:
        self._keys = keys
        self._settings = settings
        self._housekeeper = Housekeeper(
            settings.compression, keep_days=settings.keep_days, keep_bytes=settings.keep_bytes
        )
        self._slow_disk = SlowDiskRule()
        self._file = JsonlFile(
            directory,
            signal,
            max_bytes=settings.max_file_bytes,
            max_age_s=settings.max_file_age_s,
            on_opened=self._housekeeper.opened,
            on_finished=self._housekeeper.finished,
            slow_s=settings.slow_write_ms / 1000,
            on_slow=self._on_slow,
            is_synced=settings.fsync,
        )
        self._drops = Drops(signal, self._file.directory)
        self._batch = self._new_batch() if settings.mode == "batch" else None
        self._is_shut_down = False
        self._may_switch = threading.Lock()  # taken by the one thread that switches, for good

    @property
    def directory(self) -> Path:
        """Where the files go."""
        return self._file.directory

    def put(self, envelope: Envelope, item: bytes) -> None:
        """Take one record. Written through, it is in the kernel when this returns."""
        batch = self._batch
        if batch is None:
            self.put_line(envelope.head + item + envelope.tail, 1, envelope.service_name)
        else:
            batch.put(envelope, item)

    def put_line(self, line: bytes, records: int, service_name: str) -> bool:
        """Write a whole line that holds `records`; False, and counted, when that failed."""
        try:
            self._file.append(line, records=records, service_name=service_name)
        except Exception as error:  # a full disk is no reason for the agent to stop
            self.drop(records, error)
            return False
        if self._drops.ongoing:
            self._drops.end()
        return True

    def put_lines(self, items: Iterable[tuple[Envelope, bytes]]) -> bool:
        """Write records in lines of many, at once; whether all of them are in the file."""
        waiting = deque(items)
        is_written = True
        while waiting:
            line = take_line(waiting, self._settings.line_records, self._settings.line_bytes)
            text, service_name = document(self._keys, line), line[0][0].service_name
            is_written = self.put_line(text, len(line), service_name) and is_written
        return is_written

    def drop(self, records: int, error: BaseException) -> None:
        """Count records that never got as far as a line."""
        self._drops.add(records, error)

    def force_flush(self, timeout_millis: float = 30_000) -> bool:
        """Wait until what was put is in the kernel; False when that took too long."""
        deadline = time.monotonic() + timeout_millis / 1000
        batch = self._batch
        is_flushed = batch is None or batch.flush(timeout_millis / 1000)
        return self._file.settle(max(deadline - time.monotonic(), 0)) and is_flushed

    def shutdown(self, timeout_millis: float = 30_000) -> bool:
        """Flush, close the file, and let it be compressed, all within the time given.

        A record that comes later still is no loss: it is written through, to the next file.

        Returns:
            Whether all was done in time; records that were not written are counted as dropped.
        """
        deadline = time.monotonic() + timeout_millis / 1000
        self._is_shut_down = True
        batch, self._batch = self._batch, None
        is_flushed = batch is None or batch.stop(timeout_millis / 1000)
        is_closed = self._file.close(max(deadline - time.monotonic(), 0))
        is_tidy = self._housekeeper.wait(deadline - time.monotonic())
        return is_flushed and is_closed and is_tidy

    def stats(self) -> Stats:
        """The counters of this process."""
        file, batch = self._file, self._batch
        return Stats(
            mode="write_through" if batch is None else "batch",
            written=file.records,
            queued=0 if batch is None else len(batch),
            dropped=self._drops.by_reason(),
            lines=file.lines,
            bytes=file.bytes,
            files=file.files,
            slow_writes=self._slow_disk.slow_writes,
            path=file.path,
        )

    def _new_batch(self) -> Batch:
        settings = self._settings
        return Batch(
            self._keys,
            write_line=self.put_line,
            drop=self.drop,
            queue_records=settings.queue_records,
            queue_bytes=settings.queue_bytes,
            line_records=settings.line_records,
            line_bytes=settings.line_bytes,
            interval_s=settings.flush_interval_ms / 1000,
            on_sigterm=settings.flush_on_sigterm,
        )

    def _on_slow(self, is_answer_slow: bool) -> None:
        is_slow = self._slow_disk.is_slow(write=self._file.lines, is_answer_slow=is_answer_slow)
        if not is_slow or self._batch is not None or self._is_shut_down:
            return
        if self._settings.slow_disk == "stay" or self._settings.fsync:
            return
        if not self._may_switch.acquire(blocking=False):
            return
        self._batch = self._new_batch()
        tell(
            logging.WARNING,
            "toolspan writes %s to %s by a thread of its own from now on: %d of the last %d writes "
            "took longer than %g ms. The last %g ms before a SIGKILL may be lost now; "
            "TOOLSPAN_FILES_SLOW_DISK=stay keeps each span's end waiting for the disk instead.",
            self._file.signal,
            self._file.directory,
            SLOW_WRITES,
            AMONG_WRITES,
            self._settings.slow_write_ms,
            self._settings.flush_interval_ms,
        )
