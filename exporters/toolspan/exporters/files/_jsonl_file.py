"""One append-only file of OTLP/JSON lines, and the next when it is full."""

import errno
import math
import os
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from toolspan.exporters.files import _fork
from toolspan.exporters.files._descriptor import append_whole, close_own, sync_directory
from toolspan.exporters.files._names import FileName

_FLAGS: Final = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC

_LOOK_AGAIN_S: Final = 0.01

# Errors of one file that the next file does not have: its descriptor was closed by somebody else,
# the server behind it forgot it. So does a file that is as large as it may be (`ulimit -f`), unless
# one line is.
_NEXT_FILE_HELPS: Final = frozenset({errno.EBADF, errno.ESTALE})


class JsonlFile:
    """Appends lines to a file of its own in `directory`; makes the next one when that is full.

    Nothing is created before the first line. One line is one `write` on an `O_APPEND`
    descriptor, so when `append` returns the line is in the kernel and no end of the process can
    take it back. A write that came out short, as on a full disk, is cut back, so that no fragment
    stays between lines.

    Safe to use from several threads, from a signal handler or finaliser that interrupts it
    (hence the re-entrant lock; what it writes goes to a second file, for the first may be in the
    middle of a line), and in forked children, which get a file of their own.

    Args:
        directory: where the files go; created with mode 0700 when missing.
        signal: `spans` or `events`, the first part of the name.
        max_bytes: a line that would make the file larger goes to the next one; 0 for no limit.
        max_age_s: a file older than this many seconds is followed by the next one; 0 for no
            limit. Looked at when a line comes.
        on_opened: called with the path of each new file, outside the lock.
        on_finished: called with the path of each file that no line will be added to, likewise.
        slow_s: a line that takes this many seconds is slow.
        on_slow: called after a slow line, outside the lock, with whether asking the kernel for the
            file's status, which needs no disk, is slow too.
        is_synced: whether `append` waits until the disk has the line.

    Attributes:
        records, lines, bytes, files: what this process has written so far.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str],
        signal: str,
        *,
        max_bytes: int = 0,
        max_age_s: float = 0,
        on_opened: Callable[[Path], None] | None = None,
        on_finished: Callable[[Path], None] | None = None,
        slow_s: float = 0,
        on_slow: Callable[[bool], None] | None = None,
        is_synced: bool = False,
    ) -> None:
        self.directory = Path(directory)
        with suppress(OSError):  # the directory of the program may be gone already
            self.directory = self.directory.absolute()  # or it may change later
        self.signal = signal
        self._max_bytes = max_bytes
        self._max_age_s = max_age_s
        self._on_opened = on_opened
        self._on_finished = on_finished
        self._slow_s = slow_s
        self._on_slow = on_slow
        self._is_synced = is_synced
        self._aside: JsonlFile | None = None
        self._start_anew()
        _fork.register(self)

    def _start_anew(self) -> None:
        self._lock = threading.RLock()
        self._is_busy = False
        self._name: FileName | None = None
        self._path = self.directory
        self._descriptor = -1
        self._identity = (0, 0)
        self._size = 0
        self._opened_at = 0.0
        self._news: list[tuple[Callable[[Path], None], Path]] = []
        self._is_slow = False
        self._last_writer, self._looked_at, self._is_unseen = 0, 0.0, False
        self._unseen: list[bytes] = []
        self._again: list[bytes] = []
        self.records = self.lines = self.bytes = self.files = 0

    def after_fork_in_child(self) -> None:
        """Leave the parent's file to the parent; the child's first line opens its own."""
        inherited, identity = self._descriptor, self._identity
        self._start_anew()
        close_own(inherited, identity)
        if self._aside is not None:
            self._aside.after_fork_in_child()

    @property
    def path(self) -> Path | None:
        """The file that lines go to, or None before the first line and after `close`."""
        return self._path if self._descriptor >= 0 else None

    def append(self, line: bytes, *, records: int = 1, service_name: str = "") -> Path:
        """Put one whole line, newline included, into the kernel, and say which file it is in.

        Args:
            line: the bytes of the line.
            records: how many spans or log records it holds, for the counters.
            service_name: names the file, if this is the first line.

        Raises:
            OSError: the line is not in the file: no space, no permission, no descriptor.
        """
        _fork.notice()
        with self._lock:
            if self._is_busy:
                return self._append_aside(line, records, service_name)
            self._is_busy = True
            try:
                self._write_somewhere(line, service_name)
            finally:
                self._is_busy = False
            self._count(line, records)
            path, is_slow = self._path, self._is_slow
            news = self._take_news()
        if is_slow and self._on_slow is not None:
            self._on_slow(self._is_asking_slow())
        for tell, about in news:
            tell(about)
        return path

    def settle(self, timeout_s: float = -1) -> bool:
        """Make sure that the lines written so far are in a file that is there.

        Returns:
            False when another thread was writing for all of `timeout_s` seconds (-1: wait for
            it), as on a disk that hangs, or when the lines could not be written again.
        """
        return self._locked(timeout_s, self._look_once_more, self._settle_aside)

    def close(self, timeout_s: float = -1) -> bool:
        """Settle and close the file; a later line opens the next one.

        Returns:
            As `settle`; where it was another thread that wrote, the file stays open.
        """
        return self._locked(
            timeout_s, self._look_once_more, self._close, self._settle_aside, self._close_aside
        )

    def _locked(self, timeout_s: float, *steps: Callable[[], None]) -> bool:
        _fork.notice()
        if not self._lock.acquire(timeout=min(timeout_s, threading.TIMEOUT_MAX)):
            return False
        if self._is_busy:  # a signal handler in the middle of a line, which goes on afterwards
            self._lock.release()
            return True
        is_done = True
        try:
            self._is_busy = True
            for step in steps:
                try:
                    step()
                except OSError:
                    is_done = False
            news = self._take_news()
        finally:
            self._is_busy = False
            self._lock.release()
        for tell, about in news:
            tell(about)
        return is_done

    def _append_aside(self, line: bytes, records: int, service_name: str) -> Path:
        """Write a line that a signal handler or finaliser brings in the middle of another.

        It is to be in the kernel before the interrupted write can go on, and must not change the
        file under that. So it goes to a second file.
        """
        if self._aside is None:
            self._aside = JsonlFile(
                self.directory,
                self.signal,
                max_bytes=self._max_bytes,
                max_age_s=self._max_age_s,
                on_opened=self._tell_opened,
                on_finished=self._tell_finished,
                is_synced=self._is_synced,
            )
        path = self._aside.append(line, records=records, service_name=service_name)
        self._count(line, records)
        return path

    def _settle_aside(self) -> None:
        if self._aside is not None and not self._aside.settle():
            raise OSError(errno.EIO, "not all lines could be written again")

    def _close_aside(self) -> None:
        if self._aside is not None:
            self._aside.close()

    def _count(self, line: bytes, records: int) -> None:
        self.records += records
        self.lines += 1
        self.bytes += len(line)

    def _write_somewhere(self, line: bytes, service_name: str) -> None:
        """Write to the open file, or to the next one where that helps."""
        try:
            self._write(line, service_name)
        except OSError as error:
            is_full = error.errno == errno.EFBIG and self._size
            if error.errno not in _NEXT_FILE_HELPS and not is_full:
                raise
            self._close()
            self._write(line, service_name)

    def _write(self, line: bytes, service_name: str) -> None:
        length = len(line)
        start = time.perf_counter()
        if self._descriptor >= 0 and not self._is_intact(start):
            self._close()
        if self._descriptor < 0:
            self._open(service_name)
        elif self._is_full(length):
            self._open_next()
        if self._again:
            self._write_again()
        self._put(line)
        if self._is_unseen:
            self._unseen.append(line)
        self._is_slow = time.perf_counter() - start >= self._slow_s

    def _put(self, line: bytes) -> None:
        try:
            append_whole(self._descriptor, line, is_synced=self._is_synced)
            self._size += len(line)
        except BaseException:  # also Ctrl-C: look how much of the line is there before the next
            self._looked_at = -math.inf
            raise

    def _is_full(self, length: int) -> bool:
        """Whether the open file is too large for `length` bytes more, or too old."""
        if not self._size:
            return False
        if self._max_bytes and self._size + length > self._max_bytes:
            return True
        return bool(self._max_age_s) and time.monotonic() - self._opened_at >= self._max_age_s

    def _open_next(self) -> None:
        """Go on in the next file; in this one, while that cannot be made."""
        if self._unseen:
            self._look()
        path, descriptor, identity = self._path, self._descriptor, self._identity
        with suppress(OSError):
            self._open("")
        if self._descriptor != descriptor:
            close_own(descriptor, identity)
            self._tell_finished(path)

    def _is_intact(self, now: float) -> bool:
        """Whether the open file is, or was within 10 ms where threads take turns, as it should be.

        Each call of the kernel lets other threads run Python and waits for its turn afterwards;
        two of them for each line would be felt. So where another thread wrote last, the answer
        stands for a while, and the lines written on the strength of it are kept: should the file
        turn out to be deleted, they are written again.
        """
        writer = threading.get_ident()
        self._is_unseen = writer != self._last_writer and now - self._looked_at < _LOOK_AGAIN_S
        self._last_writer = writer
        if self._is_unseen:
            return True
        self._looked_at = now
        return self._look()

    def _look(self) -> bool:
        """Whether the open file is still ours and ends with a whole line.

        One `fstat` answers what no write would tell: the file was deleted, so lines would go
        nowhere; it was cut in the middle of a line; or its descriptor was closed by somebody else
        (programs that become daemons do that) and now is another file, even a socket.
        """
        unseen, self._unseen = self._unseen, []
        try:
            status = os.fstat(self._descriptor)
        except OSError:
            return False
        if (status.st_dev, status.st_ino) != self._identity:
            return False
        if status.st_nlink == 0:
            self._again += unseen
            return False
        if status.st_size not in (self._size, 0):
            return False
        self._size = status.st_size
        return True

    def _look_once_more(self) -> None:
        if self._unseen and self._descriptor >= 0 and not self._look():
            self._close()
        if self._again:
            if self._descriptor < 0:
                self._open("")
            self._write_again()

    def _write_again(self) -> None:
        while self._again:
            self._put(self._again[0])
            del self._again[0]

    def _open(self, service_name: str) -> None:
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = (
            self._name.next()
            if self._name is not None
            else FileName.first(self.signal, service_name, os.getpid())
        )
        while True:
            path = self.directory / str(name)
            try:
                descriptor = os.open(path, _FLAGS, 0o600)
                break
            except FileExistsError:  # another writer of this process began in the same millisecond
                name = name.next()
        if self._is_synced:
            sync_directory(self.directory)
        status = os.fstat(descriptor)
        self._identity = (status.st_dev, status.st_ino)
        self._name, self._path, self._descriptor, self._size = name, path, descriptor, 0
        self._opened_at = time.monotonic()
        self._tell_opened(path)

    def _is_asking_slow(self) -> bool:
        """Whether a call of the kernel that needs no disk is slow as well."""
        start = time.perf_counter()
        with suppress(OSError):
            os.fstat(self._descriptor)
        return time.perf_counter() - start >= self._slow_s

    def _take_news(self) -> Sequence[tuple[Callable[[Path], None], Path]]:
        """What to tell about files once the lock is released."""
        if not self._news:
            return ()
        news, self._news = self._news, []
        return news

    def _tell_opened(self, path: Path) -> None:
        self.files += 1
        if self._on_opened is not None:
            self._news.append((self._on_opened, path))

    def _tell_finished(self, path: Path) -> None:
        if self._on_finished is not None:
            self._news.append((self._on_finished, path))

    def _close(self) -> None:
        path = self.path
        descriptor, self._descriptor = self._descriptor, -1
        if path is not None:
            close_own(descriptor, self._identity)
            self._tell_finished(path)
