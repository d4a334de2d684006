"""A whole line at the end of an open file, or nothing; and closing what may be somebody else's."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

_fdatasync: Final = getattr(os, "fdatasync", os.fsync)  # macOS has none


def append_whole(descriptor: int, line: bytes, *, is_synced: bool) -> None:
    """Put `line` at the end of a file that was opened with `O_APPEND`.

    Args:
        descriptor: of the file.
        line: its bytes.
        is_synced: whether to wait until the disk has them.

    Raises:
        OSError: the line is not in the file. A part that was written is cut off again; where
            that fails as well, it is the end of the file.
    """
    written = os.write(descriptor, line)
    if written < len(line):
        _append_rest(descriptor, line, written)
    if is_synced:
        try:
            _fdatasync(descriptor)
        except OSError:
            _cut_off(descriptor, len(line))
            raise


def close_own(descriptor: int, identity: tuple[int, int]) -> None:
    """Close a descriptor, unless somebody closed it before and it now is another file.

    Args:
        descriptor: what to close; nothing where it is negative.
        identity: device and inode of the file it was opened for.
    """
    if descriptor < 0:
        return
    with suppress(OSError):  # what was written is in the kernel; nothing left to mend
        status = os.fstat(descriptor)
        if (status.st_dev, status.st_ino) == identity:
            os.close(descriptor)


def sync_directory(directory: Path) -> None:
    """Let the disk know the names of the files in it, too; not every file system can."""
    with suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _append_rest(descriptor: int, line: bytes, written: int) -> None:
    """Go on after a short write, or learn why it was short and undo it."""
    try:
        while written < len(line):
            written += os.write(descriptor, line[written:])
    except BaseException:
        _cut_off(descriptor, written)
        raise


def _cut_off(descriptor: int, written: int) -> None:
    with suppress(OSError):
        end = os.lseek(descriptor, 0, os.SEEK_CUR)
        os.ftruncate(descriptor, end - written)
