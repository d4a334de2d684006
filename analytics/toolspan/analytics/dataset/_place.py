"""Where a dataset is written: beside what is there, and in its place only when it is whole.

A new dataset is a folder that is renamed. One that is added to gets its new files under names that
nothing has yet; then the manifest is exchanged, which alone says what is in it; then the files that
it names no more are removed. Whatever happens in between, the dataset is what the manifest says.
"""

import glob
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from toolspan.analytics.errors import InputError
from toolspan.analytics.read import KEPT_TABLES, MANIFEST, load_manifest

try:
    import fcntl
except ImportError:  # pragma: no cover - no such thing on Windows
    fcntl = None  # type: ignore[assignment]

_UNFINISHED = ".toolspan-unfinished-"


def existing(folder: Path) -> dict[str, Any] | None:
    """The manifest of the dataset to add to; None where a new one may be made.

    Raises:
        InputError: the folder holds something else.
    """
    manifest = load_manifest(folder)
    if manifest is None and folder.exists():
        if not folder.is_dir():
            raise InputError(f"{folder}: it is a file; a dataset is a folder")
        try:
            is_empty = next(folder.iterdir(), None) is None
        except OSError as error:
            raise InputError(f"{folder}: {error.strerror or error}") from error
        if not is_empty:
            raise InputError(
                f"{folder}: it is no dataset of toolspan's, and not empty: nothing is written "
                "there. Name another folder with --out"
            )
    return manifest


@contextmanager
def workplace(folder: Path, *, is_new: bool) -> Iterator[Path]:
    """A folder beside or in that of the dataset, on the same disk; gone afterwards.

    Raises:
        InputError: it cannot be made, or another process is writing there.
    """
    import duckdb

    parent = folder.parent if is_new else folder
    prefix = f"{_UNFINISHED}{folder.name}-"
    try:
        parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _alone(folder if not is_new else None):
            _remove_abandoned(parent, prefix)
            if not is_new:
                _remove_unnamed(folder, load_manifest(folder) or {})
            place = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
            try:
                with _alone(place):
                    yield place
            finally:
                shutil.rmtree(place, ignore_errors=True)
    except OSError as error:
        where = error.filename or folder
        raise InputError(f"{where}: cannot be written to: {error.strerror or error}") from error
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        raise InputError(f"{folder}: {str(error).splitlines()[0]}") from error


@contextmanager
def _alone(folder: Path | None) -> Iterator[None]:
    """Nobody else of us writes to the folder, until this or the process ends."""
    if folder is None or fcntl is None:
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError(f"{folder}: another toolspan compact is writing to it") from error
        yield
    finally:
        os.close(descriptor)


def _remove_abandoned(parent: Path, prefix: str) -> None:
    """Remove the workplaces of processes that were killed."""
    for place in parent.glob(f"{glob.escape(prefix)}*"):
        with suppress(InputError, OSError), _alone(place):
            shutil.rmtree(place, ignore_errors=True)


def publish(made: Path, folder: Path, manifest: dict[str, Any], *, is_new: bool) -> None:
    """Make what was written the dataset.

    Args:
        made: a folder with the new files, at the places they shall have.
        folder: of the dataset.
        manifest: what it shall say; it names every file that shall be in it.
        is_new: whether there was no dataset before.

    Raises:
        OSError: it cannot be written; then what was there is still there.
    """
    for path in sorted(made.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
        _make_durable(path)
    text = json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"
    _write(made / MANIFEST, text)
    if is_new:
        made.chmod(0o700)
        _make_durable(made)
        made.rename(folder)
        _make_durable(folder.parent)
        return
    for table in KEPT_TABLES:
        for path in sorted(made.glob(f"{table}/*/*.parquet")):
            partition = folder / path.relative_to(made).parent
            partition.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.rename(partition / path.name)
            _make_durable(partition)
    (made / MANIFEST).replace(folder / MANIFEST)
    _make_durable(folder)
    _remove_unnamed(folder, manifest)


def _remove_unnamed(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Remove files of tables that the manifest does not name, and days without any."""
    named = {file["path"] for file in manifest["files"]}
    for table in KEPT_TABLES:
        for path in folder.glob(f"{table}/date=*/*.parquet"):
            if path.relative_to(folder).as_posix() not in named:
                path.unlink(missing_ok=True)
        for partition in folder.glob(f"{table}/date=*"):
            with suppress(OSError):
                partition.rmdir()


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
    _make_durable(path)


def _make_durable(path: Path) -> None:
    """Have the disk write what the system holds back: the files it was made of may be deleted."""
    with suppress(PermissionError):  # folders, where there is no such thing
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
