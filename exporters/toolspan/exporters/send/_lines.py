"""The lines of a file, decompressed, each with its place.

Compression is told by the first bytes, not by the name: plain, gzip, zstd, and what the
collector's file exporter writes with `compression: zstd`, which no other tool reads: for each
line four bytes with its length, big-endian, and a zstd frame of its own.
"""

import gzip
import hashlib
import os
import shutil
import stat
import sys
import tempfile
import zlib
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from toolspan.exporters.send._files import STANDARD_INPUT, UsageError

_GZIP: Final = b"\x1f\x8b"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"


@dataclass(frozen=True, slots=True)
class Line:
    """One line.

    Attributes:
        start: where it begins, in bytes of the decompressed file.
        end: where the next begins.
        text: its content.
        is_terminated: whether it has an end; the last line of a file that is being written may
            have none yet.
    """

    start: int
    end: int
    text: bytes
    is_terminated: bool = True


class LineFile:
    """A file to read lines from; open only while they are read.

    Attributes:
        path: where it is.
        size: of the file as it is on the disk.
        fingerprint: tells it from other files, also after it was renamed or compressed.
        is_cut_off: whether it is an archive that ends too soon; known once all lines were read.
        consumed: how many bytes on the disk have been read so far.
    """

    def __init__(self, path: Path) -> None:
        """Look at the file; `-` is standard input. A pipe is read to its end first.

        Raises:
            UsageError: it cannot be opened, or needs a decompressor that is not installed.
        """
        self.path = path
        self._copy = _copy_of_stream(path)
        self.size = self.consumed = 0
        self.is_cut_off = False
        lines = self.lines()
        first = next(lines, None)
        lines.close()
        text = first.text.rstrip(b"\n") if first else b""
        self.fingerprint = hashlib.sha256(text).hexdigest()[:32]

    def lines(self, start: int = 0) -> Generator[Line]:
        """The lines that are not blank, from the one that begins at `start`."""
        self.is_cut_off = False
        try:
            raw = self._open()
        except OSError as error:
            raise UsageError(f"{self.path}: {error.strerror or error}") from error
        with raw:
            self.size = os.fstat(raw.fileno()).st_size
            head = raw.read(8)
            raw.seek(0)
            is_framed = head[4:8] == _ZSTD and not head.startswith(_ZSTD)
            try:
                for line in self._framed(raw) if is_framed else self._plain(raw, head, start):
                    self.consumed = raw.tell()
                    if line.start >= start:
                        yield line
            except (EOFError, zlib.error, OSError, _zstd_error()):
                self.is_cut_off = True

    def close(self) -> None:
        """Give up the copy of a pipe; nothing can be read after that."""
        if self._copy is not None:
            self._copy.close()

    def _open(self) -> BinaryIO:
        if self._copy is None:
            return self.path.open("rb")
        self._copy.seek(0)
        return os.fdopen(os.dup(self._copy.fileno()), "rb")

    def _plain(self, raw: BinaryIO, head: bytes, start: int) -> Iterator[Line]:
        if head.startswith(_ZSTD):
            yield from _numbered(_split(_decompressed(raw, _zstandard(self.path))), 0)
        elif head.startswith(_GZIP):
            yield from _numbered(gzip.GzipFile(fileobj=raw), 0)
        else:
            raw.seek(start)
            yield from _numbered(raw, start)

    def _framed(self, raw: BinaryIO) -> Iterator[Line]:
        zstandard = _zstandard(self.path)
        place = 0
        while header := raw.read(4):
            length = int.from_bytes(header, "big")
            frame = raw.read(length)
            if len(header) + len(frame) < 4 + length:
                raise EOFError
            text = zstandard.ZstdDecompressor().decompressobj().decompress(frame)
            begin, place = place, place + len(text) + 1
            yield Line(begin, place, text)


def _copy_of_stream(path: Path) -> BinaryIO | None:
    """What a pipe or standard input gives, in a file without a name, since we read it twice.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        if path == STANDARD_INPUT:
            stream: BinaryIO = sys.stdin.buffer
        elif stat.S_ISREG(path.stat().st_mode):
            return None
        else:
            stream = path.open("rb")
        copy = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115  # `LineFile.close` does
        with stream:
            shutil.copyfileobj(stream, copy)
        copy.flush()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from error
    return copy


def _numbered(texts: Iterable[bytes], place: int) -> Iterator[Line]:
    """The lines with their places, blank ones left out."""
    for text in texts:
        begin, place = place, place + len(text)
        if text.strip():
            yield Line(begin, place, text, text.endswith(b"\n"))


def _decompressed(raw: BinaryIO, zstandard: Any) -> Iterator[bytes]:
    """The content of zstd frames, one after the other.

    Raises:
        EOFError: the last frame is not whole; the library's own readers take that for the end.
    """
    frame = None
    while chunk := raw.read(1 << 17):
        while chunk:
            frame = frame or zstandard.ZstdDecompressor().decompressobj()
            yield frame.decompress(chunk)
            chunk = b""
            if frame.eof:
                chunk, frame = frame.unused_data, None
    if frame is not None:
        raise EOFError


def _split(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks as lines, each with its end."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line + b"\n"
    if rest:
        yield rest


def _zstandard(path: Path) -> Any:
    try:
        import zstandard  # only for such files
    except ModuleNotFoundError:
        raise UsageError(
            f"{path}: compressed with zstd, which needs zstandard: pip install zstandard"
        ) from None
    return zstandard


def _zstd_error() -> type[Exception]:
    """What the decompressor raises, where it is installed."""
    try:
        import zstandard
    except ModuleNotFoundError:
        return EOFError
    return cast("type[Exception]", zstandard.ZstdError)
