"""The bytes of a file, decompressed, and as lines with their places."""

import contextlib
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from toolspan.analytics.errors import InputError

if TYPE_CHECKING:
    from typing_extensions import Buffer

GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
# A line that does not fit in memory is no line.
LONGEST_OF_ALL = 256 << 20
READ_ERRORS = (EOFError, zlib.error, OSError)


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its number from 1, the byte it starts at, its bytes, whether it has an end."""

    number: int
    byte: int
    text: bytes
    is_terminated: bool


class TruncatedArchiveError(Exception):
    """A compressed file ends before its content does."""


def open_raw(path: Path) -> BinaryIO:
    """The file as it is on disk.

    Raises:
        InputError: it cannot be opened.
    """
    try:
        return path.open("rb")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error


class _ZstdReader(io.RawIOBase):
    """Frames of zstd, one after another; unlike zstandard's reader it says where one is cut off."""

    def __init__(self, raw: BinaryIO) -> None:
        import zstandard  # only for such files

        self._zstandard = zstandard
        self._raw = raw
        self._decompressor = zstandard.ZstdDecompressor().decompressobj()
        self._rest = b""
        self._is_open = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "Buffer") -> int:
        view = memoryview(buffer)
        while not self._rest:
            data = self._raw.read(1 << 17)
            if not data:
                if self._is_open:
                    raise EOFError("a zstd frame ends before its content does")
                return 0
            self._rest = self._decompress(data)
        size = min(len(view), len(self._rest))
        view[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size

    def _decompress(self, data: bytes) -> bytes:
        found = []
        while data:
            self._is_open = True
            try:
                found.append(self._decompressor.decompress(data))
            except self._zstandard.ZstdError as error:
                raise EOFError(str(error)) from error
            data = self._decompressor.unused_data
            if self._decompressor.eof:
                self._is_open = False
                self._decompressor = self._zstandard.ZstdDecompressor().decompressobj()
        return b"".join(found)


@contextmanager
def open_bytes(path: Path) -> Iterator[BinaryIO]:
    """The file's content, decompressed by what its first bytes say and not by its name.

    Raises:
        InputError: the file cannot be opened.
    """
    with open_raw(path) as raw:
        magic = raw.read(4)
        raw.seek(0)
        if magic.startswith(GZIP_MAGIC):
            with gzip.GzipFile(fileobj=raw) as file:
                yield cast("BinaryIO", file)
        elif magic == ZSTD_MAGIC:
            with io.BufferedReader(_ZstdReader(raw), 1 << 20) as buffered:
                yield cast("BinaryIO", buffered)
        else:
            yield raw


def read_head(path: Path, size: int = 1 << 16) -> bytes:
    """The first bytes of the content; less where the archive is cut off."""
    head = b""
    with open_bytes(path) as file, contextlib.suppress(*READ_ERRORS):
        while len(head) < size and (block := file.read(1024)):
            head += block
    return head


def frames_of(path: Path) -> Iterator[Line]:
    """The messages of the collector's framing as lines: 4 bytes of length, then the message.

    Messages are JSON or protobuf, each compressed for itself by zstd or not at all.

    Raises:
        TruncatedArchiveError: a frame is damaged.
    """
    number = byte = 0
    with open_bytes(path) as file:
        while header := _read(file, 4):
            length = int.from_bytes(header, "big")
            if length > LONGEST_OF_ALL:
                raise TruncatedArchiveError(f"message {number + 1} says it has {length} bytes")
            payload = _read(file, length)
            number += 1
            if len(header) < 4 or len(payload) < length:
                yield Line(number, byte, header + payload, is_terminated=False)
                return
            yield Line(number, byte, _decompressed(payload), is_terminated=True)
            byte += 4 + length


def _read(file: BinaryIO, size: int) -> bytes:
    found = b""
    try:
        while len(found) < size and (block := file.read(size - len(found))):
            found += block
    except READ_ERRORS as error:
        raise TruncatedArchiveError(str(error)) from error
    return found


def _decompressed(message: bytes) -> bytes:
    if not message.startswith(ZSTD_MAGIC):
        return message
    import zstandard

    try:
        return zstandard.ZstdDecompressor().decompressobj().decompress(message)
    except zstandard.ZstdError as error:
        raise TruncatedArchiveError(str(error)) from error


def lines_of(path: Path, start: int = 0, first_number: int = 1) -> Iterator[Line]:
    """Every line of the content from byte `start` on.

    Raises:
        TruncatedArchiveError: after the last whole line, if the archive is cut off.
    """
    number, byte = first_number - 1, start
    with open_bytes(path) as file:
        if start:
            file.seek(start)
        while True:
            try:
                text = file.readline(LONGEST_OF_ALL)
            except READ_ERRORS as error:
                raise TruncatedArchiveError(str(error)) from error
            if not text:
                return
            number += 1
            if len(text) >= LONGEST_OF_ALL:
                raise InputError(f"{path}: line {number} is longer than {LONGEST_OF_ALL} bytes")
            yield Line(number, byte, text, text.endswith(b"\n"))
            byte += len(text)


def unfinished_tail(path: Path, size: int) -> int:
    """How many bytes behind the last line end of an uncompressed file of `size` bytes."""
    with open_raw(path) as file:
        end, block = size, 1 << 16
        while end > 0:
            start = max(0, end - block)
            file.seek(start)
            found = file.read(end - start).rfind(b"\n")
            if found >= 0:
                return size - (start + found + 1)
            end = start
    return size
