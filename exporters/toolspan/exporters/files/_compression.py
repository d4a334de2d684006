"""Replace a finished file by a compressed one that holds the same bytes."""

import gzip
import importlib
import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

SUFFIXES: Final = {"zstd": ".zst", "gzip": ".gz"}
_CHUNK_BYTES: Final = 1 << 20
_ZSTD_LEVEL: Final = 3
_GZIP_LEVEL: Final = 6


def is_available(compression: Literal["zstd", "gzip"]) -> bool:
    """Whether this Python can compress so: zstd comes with 3.14, or with `zstandard`."""
    return compression == "gzip" or _zstd_module() is not None


def compress(path: Path, compression: Literal["zstd", "gzip"]) -> Path:
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
    final = path.with_name(path.name + SUFFIXES[compression])
    part = path.with_name(f".{final.name}.part")
    try:
        with path.open("rb") as source:
            before = os.fstat(source.fileno())
            with _writing(part, compression) as target:
                shutil.copyfileobj(source, target, _CHUNK_BYTES)
            after, read = os.fstat(source.fileno()), source.tell()
        if after.st_size != read or not after.st_nlink:
            raise RuntimeError(f"{path} changed while it was compressed")  # noqa: TRY301
        os.utime(part, ns=(before.st_atime_ns, before.st_mtime_ns))
        part.rename(final)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    _sync_directory(path.parent)
    path.unlink()
    return final


@contextmanager
def _writing(part: Path, compression: Literal["zstd", "gzip"]) -> "Iterator[IO[bytes]]":
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
    with open(os.open(part, flags, 0o600), "wb") as file:  # noqa: PTH123 - a descriptor
        with _compressor(file, compression) as compressor:
            yield compressor
        file.flush()
        os.fsync(file.fileno())


def _compressor(file: IO[bytes], compression: Literal["zstd", "gzip"]) -> Any:
    if compression == "gzip":
        return gzip.GzipFile(fileobj=file, mode="wb", compresslevel=_GZIP_LEVEL, filename="")
    module = _zstd_module()
    if module.__name__ == "zstandard":
        compressor = module.ZstdCompressor(level=_ZSTD_LEVEL, write_checksum=True)
        return compressor.stream_writer(file, closefd=False)
    return module.ZstdFile(file, "wb", level=_ZSTD_LEVEL)


def _zstd_module() -> Any:
    for name in ("compression.zstd", "zstandard"):
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    return None


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
