"""Datasets that `toolspan compact` wrote: which files they are of, and whether we can read them.

    <dataset>/toolspan-dataset.json                        what is in it, and where it came from
    <dataset>/spans/date=2026-03-02/spans-1-0.parquet      spans as they were read, before any model
    <dataset>/log_records/date=2026-03-02/...              log records, feedback among them

The manifest names every file, with its size: what it does not name is no part of the dataset. Each
file carries a stamp, so that one alone is known too.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from toolspan.analytics.engine import literal, load_sql
from toolspan.analytics.errors import InputError
from toolspan.analytics.read._damage import Damage

MANIFEST = "toolspan-dataset.json"
# Raised when a reader of the format before would get it wrong; then also since which version of
# toolspan that is.
FORMAT = 1
FORMAT_SINCE = "0.1.0"
SPANS, LOG_RECORDS = "spans", "log_records"
KEPT_TABLES = (SPANS, LOG_RECORDS)

_STAMP = re.compile(rb'\{"toolspan_dataset": (\d+), "needs": "([^"]*)", "table": "(\w+)"\}')
_FOOTER_END = 8  # its length and the magic
_ROWS = 512


def stamp(table: str) -> str:
    """The text in the metadata of a file that says what it is."""
    return json.dumps({"toolspan_dataset": FORMAT, "needs": FORMAT_SINCE, "table": table})


def kept_table(path: Path) -> str | None:
    """Which table of a dataset a Parquet file is of; None if it is no such file.

    Raises:
        InputError: a newer version of toolspan wrote it.
    """
    found = _STAMP.search(_footer(path))
    if found is None:
        return None
    form, needs, table = int(found.group(1)), found.group(2).decode(), found.group(3).decode()
    _refuse_newer(path, form, needs)
    return table if table in KEPT_TABLES else None


def _footer(path: Path) -> bytes:
    """The metadata at the end of a Parquet file; its texts stand in it as they are."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _FOOTER_END))
        length = int.from_bytes(file.read(4), "little")
        if file.read(4) != b"PAR1" or length > size - _FOOTER_END:
            return b""
        file.seek(size - _FOOTER_END - length)
        return file.read(length)


def load_manifest(folder: Path) -> dict[str, Any] | None:
    """What a dataset's manifest says; None where the folder has none.

    Raises:
        InputError: it cannot be read, or a newer version of toolspan wrote it.
    """
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        form, needs = int(manifest["format"]), str(manifest["needs_toolspan"])
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: it is no manifest of a dataset of toolspan's") from error
    _refuse_newer(folder, form, needs)
    return dict(manifest)


def _refuse_newer(place: Path, form: int, needs: str) -> None:
    if form > FORMAT:
        raise InputError(
            f"{place}: a dataset of format {form}, which this toolspan does not know (it reads up "
            f"to {FORMAT}): toolspan {needs} or newer is needed"
        )


def kept_files(folder: Path) -> list[Path]:
    """The files of the dataset in a folder, none where there is no dataset.

    Raises:
        InputError: a file is missing or was changed, or a newer version of toolspan wrote it.
    """
    manifest = load_manifest(folder)
    found = []
    for file in (manifest or {}).get("files", ()):
        path = folder / file["path"]
        try:
            size = path.stat().st_size
        except OSError as error:
            raise InputError(
                f"{folder}: the dataset is not whole, {file['path']} is missing: copy all of it, "
                "or read what there is by naming its folders (spans, log_records)"
            ) from error
        if size != file["bytes"] or kept_table(path) is None:
            raise InputError(
                f"{path}: not the {file['bytes']} bytes that were written: its copy was "
                "interrupted, or something else wrote to it"
            )
        found.append(path)
    return found


def folder_of(path: Path) -> Path:
    """The folder whose files are read together: a dataset as a whole, otherwise the file's own."""
    partition = path.parent
    if partition.name.startswith("date=") and partition.parent.name in KEPT_TABLES:
        return partition.parent.parent
    return partition


def kept_damages(files: list[Path]) -> list[Damage]:
    """What was damaged in the files that the datasets of these files were made of.

    Raises:
        InputError: a newer version of toolspan wrote one.
    """
    folders = dict.fromkeys(folder_of(file) for file in files if file.suffix == ".parquet")
    return [
        Damage(**damage)
        for folder in folders
        for damage in (load_manifest(folder) or {}).get("damages", ())
    ]


def log_lines(path: Path) -> Iterator[bytes]:
    """The log records of a file as lines of OTLP/JSON.

    Raises:
        InputError: the file is damaged.
    """
    import duckdb

    sql = load_sql("read/kept_log_records.sql").replace("$files", literal([str(path)]))
    with duckdb.connect() as connection:
        try:
            found = connection.execute(sql)
            while rows := found.fetchmany(_ROWS):
                for (text,) in rows:
                    yield text.encode("utf-8", "replace")
        except duckdb.Error as error:
            raise InputError(f"{path}: {str(error).splitlines()[0]}") from error
