"""Tables of spans or traces, as Parquet or CSV: each row is a line of JSON."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from toolspan.analytics.engine import literal
from toolspan.analytics.read._lines import READ_ERRORS, Line, TruncatedArchiveError, open_bytes
from toolspan.analytics.read.containers import TABLES

PARQUET_MAGIC = b"PAR1"
_ROWS = 512
# Nothing is guessed: a cell is text, and what reads the row knows what it means.
_CSV = "header = true, all_varchar = true, delim = ',', quote = '\"', escape = '\"'"


def is_csv_of_spans(head: bytes) -> bool:
    """Whether these first bytes are of a CSV table that some reader of rows knows."""
    header = head.partition(b"\n")[0].decode("utf-8", "replace")
    names = {name.strip().strip('"') for name in header.lstrip("\ufeff").split(",")}
    return any(columns <= names for columns in TABLES)


def is_parquet_of_spans(path: Path, *, is_compressed: bool) -> bool:
    """Whether a Parquet file has the columns that some reader of rows knows."""
    import duckdb

    try:
        with (
            _plain(path, None, is_compressed=is_compressed) as plain,
            duckdb.connect() as connection,
        ):
            sql = f"DESCRIBE FROM read_parquet({literal(str(plain))})"
            names = {row[0] for row in connection.execute(sql).fetchall()}
    except (duckdb.Error, TruncatedArchiveError):
        return False
    return any(columns <= names for columns in TABLES)


def rows_of(path: Path, folder: Path, *, is_compressed: bool) -> Iterator[Line]:
    """The rows of a table, numbered from 1, as JSON.

    Args:
        path: the file.
        folder: for a copy that is not compressed.
        is_compressed: whether it is.

    Raises:
        TruncatedArchiveError: the file is damaged.
    """
    import duckdb

    with _plain(path, folder, is_compressed=is_compressed) as plain, duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        with plain.open("rb") as file:
            is_parquet = file.read(4) == PARQUET_MAGIC
        name = literal(str(plain))
        source = f"read_parquet({name})" if is_parquet else f"read_csv({name}, {_CSV})"
        number = 0
        try:
            found = connection.execute(f"SELECT to_json(rows)::VARCHAR FROM {source} AS rows")
            while rows := found.fetchmany(_ROWS):
                for (text,) in rows:
                    number += 1
                    yield Line(number, 0, text.encode(), is_terminated=True)
        except duckdb.Error as error:
            raise TruncatedArchiveError(str(error).splitlines()[0]) from error


@contextmanager
def _plain(path: Path, folder: Path | None, *, is_compressed: bool) -> Iterator[Path]:
    """The file, or a copy of it that is not compressed."""
    if not is_compressed:
        yield path
        return
    handle, name = tempfile.mkstemp(dir=folder)
    try:
        with os.fdopen(handle, "wb") as out, open_bytes(path) as file:
            try:
                shutil.copyfileobj(file, out)
            except READ_ERRORS as error:
                raise TruncatedArchiveError(str(error)) from error
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)
