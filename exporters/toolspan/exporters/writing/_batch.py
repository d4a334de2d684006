"""Queue encoded records and write them in lines of many, by a thread of its own."""

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from toolspan.exporters.files import notice_fork, register_at_fork
from toolspan.exporters.otlp_json import Envelope, SignalKeys, document
from toolspan.exporters.writing import _last_moments
from toolspan.exporters.writing._drops import NotWrittenInTimeError, QueueFullError

# How often a waiting flush looks whether anything moves.
_LOOK_S = 0.05


class Batch:
    """A bounded queue of encoded records and the thread that writes it.

    Encoding has happened in the caller, because a queued string costs a third of a queued span
    and a thread that encodes holds callers up for 15 to 20 ms through the interpreter lock. `put`
    never waits for the disk: what finds the queue full is dropped and counted.

    Args:
        keys: of the signal.
        write_line: writes a line (bytes, records, service name) and says whether that worked.
        drop: counts records as lost (records, error).
        queue_records: records that may wait.
        queue_bytes: bytes that may wait.
        line_records: records in one line at most.
        line_bytes: a line is ended when it is this large.
        interval_s: how long a record waits at most before it is written.
        on_sigterm: whether an unhandled SIGTERM writes the queue first.
    """

    def __init__(
        self,
        keys: SignalKeys,
        *,
        write_line: Callable[[bytes, int, str], bool],
        drop: Callable[[int, BaseException], None],
        queue_records: int,
        queue_bytes: int,
        line_records: int,
        line_bytes: int,
        interval_s: float,
        on_sigterm: bool,
    ) -> None:
        self._keys = keys
        self._write_line = write_line
        self._drop = drop
        self._queue_records = queue_records
        self._queue_bytes = queue_bytes
        self._line_records = line_records
        self._line_bytes = line_bytes
        self._interval_s = min(interval_s, threading.TIMEOUT_MAX)
        self._on_sigterm = on_sigterm
        self._start_anew()
        register_at_fork(self)
        # Now, since the main thread, which alone may handle signals, may never end a span.
        self._is_guarded = _last_moments.guard(self, on_sigterm=on_sigterm)

    def _start_anew(self) -> None:
        # For those who take from the queue. Re-entrant, since a signal handler may flush.
        self._lock = threading.RLock()
        self._queue: deque[tuple[Envelope, bytes]] = deque()
        self._bytes = 0
        self._taken = self._settled = 0
        self._is_writing = False
        self._is_idle = False  # whether the thread waits until something waits
        self._thread: threading.Thread | None = None
        self._is_stopped = False
        self._is_guarded = False
        # Binary semaphores rather than events: releasing one is a single step in C, which an
        # event, with its own lock, is not; and it may be released twice.
        self._wake, self._moved = _taken_lock(), _taken_lock()

    def after_fork_in_child(self) -> None:
        """Leave the parent's queue to the parent, whose thread writes it."""
        self._start_anew()

    def __len__(self) -> int:
        return len(self._queue)

    @property
    def capacity(self) -> int:
        """How many records may wait."""
        return self._queue_records

    def put(self, envelope: Envelope, item: bytes) -> None:
        """Let a record wait for its turn, or drop it when too many do."""
        notice_fork()
        size, queue = len(item), self._queue
        if self._is_stopped:  # written through, for this process is about to end
            self._write([(envelope, item)])
            return
        # No lock: one that threads take turns at hands the interpreter from one to the next with
        # every span, and doubles what four of them cost. A sum and an `append` are single steps;
        # threads that find room at the same time may exceed the bound by a record each.
        waiting = len(queue)
        if waiting and (  # one that is too large for any queue does not wait long
            waiting >= self._queue_records or self._bytes + size > self._queue_bytes
        ):
            self._drop(1, QueueFullError(f"{waiting} records of {self._bytes} bytes wait already"))
            return
        self._bytes += size
        queue.append((envelope, item))
        if not self._is_guarded:
            self._is_guarded = _last_moments.guard(self, on_sigterm=self._on_sigterm)
        if self._is_stopped:  # meanwhile, and whoever did so may have seen an empty queue
            self._write_waiting()
        elif self._thread is None:
            if not self._start():
                self._write_waiting()
        elif self._is_idle or self._is_line():
            self._is_idle = False
            _release(self._wake)

    def flush(self, timeout_s: float) -> bool:
        """Wait until all that was put before is written; False when that took too long.

        Where the thread cannot do it, because it could not be started or waits for the very
        thread that flushes (in a signal handler), the caller does it.
        """
        notice_fork()
        deadline = time.monotonic() + timeout_s
        due = self._accepted()
        while self._settled < due:
            settled = self._settled
            _release(self._wake)
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self._moved.acquire(timeout=min(_LOOK_S, left))
            if self._settled == settled and not self._is_writing:
                self._write_waiting()
        return True

    def close(self, timeout_s: float) -> bool:
        """Write what waits, and from now on each record as it is put.

        Returns:
            False when that took too long; what still waits is not written any more.
        """
        notice_fork()
        with self._lock:
            self._is_stopped = True
        _release(self._wake)  # the thread ends when nothing waits
        return self.flush(timeout_s)

    def stop(self, timeout_s: float) -> bool:
        """Close, and count what could not be written in time as dropped."""
        is_flushed = self.close(timeout_s)
        if not is_flushed:
            with self._lock:
                left = len(take_line(self._queue, len(self._queue), math.inf))
                self._bytes = 0
                self._taken += left
                self._settled += left
            if left:
                self._drop(left, NotWrittenInTimeError(f"not written within {timeout_s:g} s"))
        return is_flushed

    def _start(self) -> bool:
        try:
            thread = threading.Thread(
                target=self._run, name=f"toolspan-{self._keys.items}", daemon=True
            )
            with self._lock:
                if self._thread is not None:
                    return True
                self._thread = thread
            thread.start()
        except RuntimeError:  # the process has as many as it may, is ending, or may have no daemons
            self._thread = None
        return self._thread is not None

    def _accepted(self) -> int:
        """How many were put in the queue so far."""
        with self._lock:
            return self._taken + len(self._queue)

    def _is_line(self) -> bool:
        return len(self._queue) >= self._line_records or self._bytes >= self._line_bytes

    def _run(self) -> None:
        while self._queue or not self._is_stopped:
            self._is_idle = True  # before the look: who puts something after it wakes the thread
            if not self._queue:
                self._wake.acquire()  # until something waits ...
            self._is_idle = False
            self._wake.acquire(blocking=False)  # what woke for that must not wake for a line
            if not (self._is_stopped or self._is_line()):
                self._wake.acquire(timeout=self._interval_s)  # ... then until it is one, or time
            self._write_waiting()

    def _write(self, items: list[tuple[Envelope, bytes]]) -> None:
        try:
            line = document(self._keys, items)
        except Exception as error:  # no memory for so much in one piece
            self._drop(len(items), error)
            return
        self._write_line(line, len(items), items[0][0].service_name)

    def _write_waiting(self) -> None:
        """Write what waits now; what comes meanwhile has time until the next line is full."""
        due = self._accepted()
        while self._queue and self._settled < due:
            with self._lock:
                items = take_line(self._queue, self._line_records, self._line_bytes)
                size = sum(len(item) for _, item in items)
                self._bytes -= size  # a single step, see `put`
                self._taken += len(items)
                self._is_writing = True
            try:
                if items:
                    self._write(items)
            finally:
                with self._lock:
                    self._settled += len(items)
                    self._is_writing = False
                _release(self._moved)


def take_line(
    waiting: deque[tuple[Envelope, bytes]], line_records: int, line_bytes: float
) -> list[tuple[Envelope, bytes]]:
    """Take the records of one line off the front of what waits."""
    items: list[tuple[Envelope, bytes]] = []
    size = 0
    while waiting and len(items) < line_records and size < line_bytes:
        items.append(waiting.popleft())
        size += len(items[-1][1])
    return items


def _taken_lock() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


def _release(lock: threading.Lock) -> None:
    with suppress(RuntimeError):  # released already
        lock.release()
