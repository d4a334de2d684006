"""Big files of long lines as many small ones, which the engine reads in less time.

DuckDB parses up to 2 048 lines at one go. Of lines that hold dozens of spans each that is more than
any processor's cache keeps, and reading takes a quarter longer. Where a file ends so does a go; and
copying a file within the kernel costs a third of what that saves.
"""

import os
from collections.abc import Sequence
from pathlib import Path

SLICE_BYTES = 1 << 19
# Smaller files, or shorter lines, are read as quickly as they are.
SLICE_ABOVE_BYTES = 8 << 20
LONG_LINE = 8 << 10


def sliced(files: Sequence[Path], folder: Path) -> list[Path]:
    """The files, or in place of each what it holds in slices.

    Slices stay in the folder, where later ones are written over them: a thousand files made and
    deleted for each batch take as long as what is copied into them.
    """
    slices: list[Path] = []
    return [part for file in files for part in _slices(file, folder, slices) or [file]]


def _slices(file: Path, folder: Path, made: list[Path]) -> list[Path]:
    """Slices of the file in their order, also added to `made`; none where that would not help."""
    if not hasattr(os, "copy_file_range") or file.suffix in (".gz", ".zst"):
        return []
    mine: list[Path] = []
    with file.open("rb") as source:
        size = os.fstat(source.fileno()).st_size
        if size <= SLICE_ABOVE_BYTES or source.read(1 << 20).count(b"\n") > (1 << 20) / LONG_LINE:
            return []
        start = 0
        while start < size:
            source.seek(min(size, start + SLICE_BYTES))
            source.readline()
            path = folder / f"slice-{len(made)}.jsonl"
            made.append(path)
            mine.append(path)
            try:
                _copy(source.fileno(), path, start, source.tell() - start)
            except OSError:
                # No room there, or a file system that cannot: then the file as it is.
                for path in mine:
                    path.unlink(missing_ok=True)
                return []
            start = source.tell()
    return mine


def _copy(source: int, path: Path, start: int, length: int) -> None:
    """Make the path hold a stretch of the file, in place of what it holds."""
    with path.open("r+b" if path.exists() else "wb") as target:
        target.truncate(length)
        while length > 0:
            count = os.copy_file_range(source, target.fileno(), length, start)
            if not count:
                raise OSError("the file became shorter")
            start, length = start + count, length - count
