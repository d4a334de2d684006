"""The records of a file, whatever its kind: CSV, JSON, JSON lines, Parquet."""

import csv
import io
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from toolspan.analytics.engine import connect, rows
from toolspan.analytics.errors import InputError
from toolspan.analytics.read._lines import TruncatedArchiveError, open_bytes, read_head

Record = Mapping[str, Any]

_PARQUET_MAGIC = b"PAR1"
# What APIs wrap their lists in.
_WRAPPERS = ("data", "scores", "annotations", "traces", "assessments", "feedback", "records")


def is_otlp(path: Path) -> bool:
    """Whether the file holds OTLP/JSON, which the reader of traces takes."""
    head = read_head(path)
    return b'"resourceLogs"' in head or b'"resourceSpans"' in head


def records_of(path: Path) -> tuple[str, Iterator[Record]]:
    """What kind of file it is, and its records.

    Raises:
        InputError: it cannot be read, or holds no records. Also while the records are taken.
    """
    head = read_head(path)
    if head.startswith(_PARQUET_MAGIC):
        return "parquet", iter(_parquet(path))
    if b"\x00" in head:
        raise InputError(f"{path}: it is binary, and no Parquet")
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise InputError(f"{path}: it is empty")
    if start[:1] in b"[{":
        return ("jsonl", _json_lines(path)) if _is_lines(start) else ("json", iter(_json(path)))
    return "csv", _csv(path, head)


def _is_lines(start: bytes) -> bool:
    """Whether the first line is a whole JSON object."""
    try:
        return isinstance(json.loads(start.partition(b"\n")[0]), dict)
    except ValueError:
        return False


def _json_lines(path: Path) -> Iterator[Record]:
    for number, line in enumerate(_text(path).splitlines(), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError as error:
            raise InputError(f"{path}, line {number}: it is no JSON ({error})") from error
        yield from _unwrapped(value, path)


def _json(path: Path) -> list[Record]:
    try:
        value = json.loads(_text(path))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: it is no JSON ({error})") from error
    return list(_unwrapped(value, path))


def _unwrapped(value: Any, path: Path) -> Iterator[Record]:
    if isinstance(value, dict):
        for name in _WRAPPERS:
            inner = value.get(name)
            is_trace = name == "data" and "info" in value
            if isinstance(inner, list) and not is_trace and "trace_id" not in value:
                value = inner
                break
    if isinstance(value, dict):
        yield value
        return
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise InputError(f"{path}: expected a list of objects")
    yield from value


def _csv(path: Path, head: bytes) -> Iterator[Record]:
    first = head.decode("utf-8-sig", "replace").splitlines()[0]
    delimiter = max(",;\t|", key=first.count)
    csv.field_size_limit(min(sys.maxsize, 1 << 28))  # a frame of traces has whole traces in cells
    reader = csv.DictReader(io.StringIO(_text(path)), delimiter=delimiter)
    try:
        for number, row in enumerate(reader, 2):
            if None in row:
                raise InputError(f"{path}, line {number}: more cells than the header has columns")
            yield row
    except csv.Error as error:
        raise InputError(f"{path}, line {reader.line_num}: {error}") from error


def _parquet(path: Path) -> list[Record]:
    import duckdb

    connection = connect()
    try:
        connection.execute("SELECT * FROM read_parquet(?)", [str(path)])
        return list(rows(connection))
    except duckdb.Error as error:
        raise InputError(f"{path}: {str(error).splitlines()[0]}") from error
    finally:
        connection.close()


def _text(path: Path) -> str:
    with open_bytes(path) as file:
        try:
            return file.read().decode("utf-8-sig", "replace")
        except (EOFError, OSError, TruncatedArchiveError) as error:
            raise InputError(f"{path}: {error}") from error
