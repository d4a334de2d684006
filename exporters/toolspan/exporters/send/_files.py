"""From paths, folders and patterns to files."""

import glob
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from toolspan.conventions.environment import data_directory

_SUFFIXES: Final = tuple(
    suffix + compression
    for suffix in (".jsonl", ".json", ".ndjson")
    for compression in ("", ".gz", ".zst")
)
STANDARD_INPUT: Final = Path("-")


class UsageError(Exception):
    """What was asked for cannot be done; the message says why and what to do."""


def find_files(paths: Sequence[str]) -> list[Path]:
    """The files that `paths` stand for, in order, each once.

    Args:
        paths: files, folders (searched with all below), patterns and `-` for standard input;
            `$TOOLSPAN_DIR`, else `./toolspan-data`, when empty.

    Raises:
        UsageError: a path is missing, or holds no files.
    """
    found = dict.fromkeys(
        file for path in (paths or [str(data_directory())]) for file in _files_of(path)
    )
    return list(found)


def _files_of(path: str) -> Iterator[Path]:
    if Path(path) == STANDARD_INPUT:
        yield STANDARD_INPUT
    elif Path(path).is_dir():
        files = [file for file in sorted(Path(path).rglob("*")) if _is_wanted(file, Path(path))]
        if not files:
            raise UsageError(f"{path}: no span or event files in it (*.jsonl, *.json, .gz, .zst)")
        yield from files
    elif Path(path).exists():
        yield Path(path)
    elif glob.has_magic(path):
        matches = sorted(glob.glob(path, recursive=True))  # noqa: PTH207  # patterns may be absolute
        if not matches:
            raise UsageError(f"no file matches {path}")
        for match in matches:
            yield from _files_of(match)
    else:
        raise UsageError(f"{path}: no such file or folder")


def _is_wanted(file: Path, below: Path) -> bool:
    hidden = any(part.startswith(".") for part in file.relative_to(below).parts)
    return file.name.endswith(_SUFFIXES) and not hidden and file.is_file()
