"""From paths, folders and globs to files; every refusal says what was expected."""

import atexit
import glob
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from toolspan.analytics.errors import InputError
from toolspan.analytics.read._damage import ReadSummary
from toolspan.analytics.read._kept import (
    KEPT_TABLES,
    MANIFEST,
    kept_damages,
    kept_files,
    kept_table,
)
from toolspan.analytics.read._objects import fetched, is_url, local_path, name_of
from toolspan.analytics.read._pieces import Source
from toolspan.analytics.read._sniff import sniff
from toolspan.conventions.environment import TOOLSPAN_DIR, data_directory

Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]

# What a folder is searched for. A file that is named outright may be called anything.
SUFFIXES = (".jsonl", ".json", ".ndjson", ".pb", ".binpb")
COMPRESSIONS = ("", ".gz", ".zst")


def listed(paths: Paths | None) -> Sequence[str | os.PathLike[str]] | None:
    """One path as a list of one; several as they are."""
    return [paths] if isinstance(paths, str | os.PathLike) else paths


def find_files(
    paths: Sequence[str | os.PathLike[str]] | None = None, objects: Path | None = None
) -> list[Path]:
    """The files that `paths` stand for, in order, each once.

    Args:
        paths: files, folders (searched with all below) and glob patterns, here or in an object
            store; default the data directory, `$TOOLSPAN_DIR` or else `./toolspan-data`.
        objects: where copies of objects are kept; None for as long as the process lives.

    Raises:
        InputError: a path is missing or may not be read, or nothing is there to read.
    """
    if not paths:
        return _default_files()
    found: dict[Path, None] = {}
    for path in paths:
        text = local_path(os.fspath(path))
        files = fetched(text, _wanted(), objects) if is_url(text) else _files_of(text)
        found.update(dict.fromkeys(files))
    return list(found)


def _wanted() -> tuple[str, ...]:
    """What names of files in a folder end with."""
    return tuple(suffix + end for suffix in SUFFIXES for end in COMPRESSIONS)


def sources_of(
    paths: Sequence[str | os.PathLike[str]] | None,
    feedback: Sequence[str | os.PathLike[str]] | None,
    summary: ReadSummary,
    objects: Path | None = None,
) -> list[Source]:
    """The files to read, with what each holds; `summary` is told of all of them.

    A path `-` is standard input. Copies of objects are kept in `objects`.

    Raises:
        InputError: a path is missing or may not be read, or nothing is there to read.
    """
    files = find_files(paths, objects)
    if feedback:
        files += [file for file in find_files(feedback, objects) if file not in files]
    summary.kept_damages = kept_damages(files)
    sources = []
    for file in files:
        path, name = (_spooled(), "standard input") if str(file) == "-" else (file, name_of(file))
        container = sniff(path)
        if container.kind == "unknown":
            summary.not_understood[name] = container.reason
            continue
        source = Source(path, name, container, path.stat().st_size)
        summary.files.append(name)
        summary.bytes += source.size
        sources.append(source)
    return sources


def _spooled() -> Path:
    """Standard input as a file, gone when the process ends."""
    handle, name = tempfile.mkstemp(prefix="toolspan-stdin-", suffix=".jsonl")
    atexit.register(lambda: Path(name).unlink(missing_ok=True))
    with open(handle, "wb") as file:  # noqa: PTH123 the handle is open already
        shutil.copyfileobj(sys.stdin.buffer, file)
    return Path(name)


def _default_files() -> list[Path]:
    folder = data_directory()
    if not folder.exists():
        where = f"${TOOLSPAN_DIR}" if os.environ.get(TOOLSPAN_DIR) else "the default"
        raise InputError(
            f"no traces: {folder} ({where}) does not exist. Name a file or folder, or record "
            "some first: toolspan run -- python your_agent.py"
        )
    return _files_of(os.fspath(folder))


def _files_of(path: str) -> list[Path]:
    if path == "-":
        return [Path(path)]
    try:
        if Path(path).is_dir():
            return _files_in(Path(path))
        if Path(path).exists():
            return kept_files(Path(path).parent) if Path(path).name == MANIFEST else [Path(path)]
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    if glob.has_magic(path):
        matches = [Path(match) for match in sorted(glob.glob(path, recursive=True))]  # noqa: PTH207
        files = [file for match in matches for file in _expand(match)]
        if not files:
            raise InputError(f"no file matches {path}")
        return files
    raise InputError(f"{path}: no such file or folder")


def _expand(path: Path) -> Iterable[Path]:
    return _files_in(path) if path.is_dir() else (path,)


def _files_in(folder: Path) -> list[Path]:
    wanted = _wanted()
    found: list[Path] = []

    def refuse(error: OSError) -> None:
        raise InputError(f"{error.filename}: {error.strerror}") from error

    for parent, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        if MANIFEST in names:
            found += kept_files(Path(parent))
            names.remove(MANIFEST)
            folders[:] = [name for name in folders if name not in KEPT_TABLES]
        found += [
            Path(parent, name)
            for name in sorted(names)
            if not name.startswith(".") and (name.endswith(wanted) or _is_kept(Path(parent, name)))
        ]
    if not found:
        raise InputError(
            f"{folder}: no span files in it (looked for {', '.join(SUFFIXES)}, also .gz and .zst)"
        )
    return found


def _is_kept(path: Path) -> bool:
    """Whether a file in a folder is of a dataset of which but a part is named."""
    return path.suffix == ".parquet" and kept_table(path) is not None
