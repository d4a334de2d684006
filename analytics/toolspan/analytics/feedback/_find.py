"""Which files hold feedback: those that are named, and those that lie beside the spans."""

import os
from collections.abc import Sequence
from pathlib import Path

from toolspan.analytics.errors import InputError
from toolspan.analytics.feedback._records import is_otlp
from toolspan.analytics.read import find_files

SUFFIXES = (".csv", ".tsv", ".parquet", ".json", ".jsonl", ".ndjson")
COMPRESSIONS = ("", ".gz", ".zst")


def find_feedback(
    paths: Sequence[str | os.PathLike[str]], objects: Path | None = None
) -> tuple[list[Path], list[Path]]:
    """The files that the paths stand for: those of OTLP/JSON, and the others.

    Args:
        paths: files, folders and glob patterns, or objects by their names.
        objects: where copies of objects are kept; None for as long as the process lives.

    Raises:
        InputError: a path is missing, or a folder holds nothing that could be feedback.
    """
    found: dict[Path, None] = {}
    for path in paths:
        files = _in_folder(Path(path)) if Path(path).is_dir() else find_files([path], objects)
        found.update(dict.fromkeys(files))
    otlp = [file for file in found if is_otlp(file)]
    return otlp, [file for file in found if file not in otlp]


def events_beside(paths: Sequence[str | os.PathLike[str]] | None) -> list[Path]:
    """The event files in the folders of span files that were named one by one."""
    found: dict[Path, None] = {}
    for path in map(Path, paths or ()):
        if path.is_file():
            found.update(dict.fromkeys(sorted(path.parent.glob("events*.jsonl*"))))
    named = {os.path.realpath(path) for path in paths or ()}
    return [file for file in found if os.path.realpath(file) not in named]


def _in_folder(folder: Path) -> list[Path]:
    wanted = tuple(suffix + end for suffix in SUFFIXES for end in COMPRESSIONS)
    found = sorted(
        file
        for file in folder.rglob("*")
        if file.name.endswith(wanted) and not file.name.startswith(".") and file.is_file()
    )
    if not found:
        raise InputError(f"{folder}: no feedback in it (looked for {', '.join(SUFFIXES)})")
    return found
