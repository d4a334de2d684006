"""Replace a finished file by a compressed one that holds the same bytes."""

import gzip
import importlib
import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, Literal

from toolspan.exporters.files._descriptor import sync_directory

if TYPE_CHECKING:
    from collections.abc import Iterator

SUFFIXES: Final = {"zstd": ".zst", "gzip": ".gz"}
_CHUNK_BYTES: Final = 1 << 17
_ZSTD_LEVEL: Final = 3
_GZIP_LEVEL: Final = 6


def is_available(compression: Literal["zstd", "gzip"]) -> bool:
    """Whether this Python can compress so: zstd comes with 3.14, or with `zstandard`."""
    return compression == "gzip" or _zstd_module() is not None


class Compressor:
    """Compresses files that are finished, one after another.

    Keeps its working memory: what a thread gives back, the C library keeps for that thread, and
    each file may be compressed by another thread (16 of them kept 130 MB). Not for several
    threads at a time.
    """

    def __init__(self, compression: Literal["zstd", "gzip"]) -> None:
        self._compression: Literal["zstd", "gzip"] = compression
        self._zstd: Any = None

    def compress(self, path: Path) -> Path:
        """Compress a file that nobody writes to any more, and delete the original.

        The original goes only when the compressed one is whole and on the disk, so that a crash at
        any moment leaves at least one of them; until then the new one has a name that no reader
        looks for. Keeps the time of the last change, which retention goes by.

        Returns:
            The compressed file.

        Raises:
            OSError: there is no room, or no permission; the original is as it was.
            RuntimeError: the original changed meanwhile; it stays.
        """
        final = path.with_name(path.name + SUFFIXES[self._compression])
        part = path.with_name(f".{final.name}.part")
        try:
            with path.open("rb") as source:
                before = os.fstat(source.fileno())
                with _written_for_good(part) as target:
                    if self._compression == "gzip":
                        _gzip(source, target)
                    else:
                        self._write_zstd(source, target)
                after, read = os.fstat(source.fileno()), source.tell()
            if after.st_size != read or not after.st_nlink:
                raise RuntimeError(f"{path} changed while it was compressed")  # noqa: TRY301
            os.utime(part, ns=(before.st_atime_ns, before.st_mtime_ns))
            part.rename(final)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        sync_directory(path.parent)
        path.unlink()
        return final

    def _write_zstd(self, source: IO[bytes], target: IO[bytes]) -> None:
        # Taken away for the time being: one that was interrupted is not used again.
        compressor, self._zstd = self._zstd or _zstd_compressor(), None
        frame = compressor.compressobj() if hasattr(compressor, "compressobj") else compressor
        while chunk := source.read(_CHUNK_BYTES):
            target.write(frame.compress(chunk))
        target.write(frame.flush())
        self._zstd = compressor


def _gzip(source: IO[bytes], target: IO[bytes]) -> None:
    with gzip.GzipFile(
        fileobj=target, mode="wb", compresslevel=_GZIP_LEVEL, filename=""
    ) as compressor:
        shutil.copyfileobj(source, compressor, _CHUNK_BYTES)


@contextmanager
def _written_for_good(part: Path) -> "Iterator[IO[bytes]]":
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
    with open(os.open(part, flags, 0o600), "wb") as file:  # noqa: PTH123 - a descriptor
        yield file
        file.flush()
        os.fsync(file.fileno())


def _zstd_compressor() -> Any:
    """One that can write a frame after another: Python's own, or that of `zstandard`."""
    module = _zstd_module()
    if module.__name__ == "zstandard":
        return module.ZstdCompressor(level=_ZSTD_LEVEL, write_checksum=True)
    parameter = module.CompressionParameter
    return module.ZstdCompressor(
        options={parameter.compression_level: _ZSTD_LEVEL, parameter.checksum_flag: 1}
    )


def _zstd_module() -> Any:
    for name in ("compression.zstd", "zstandard"):
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    return None
