"""Everything as files: JSON, CSV, Parquet and Markdown."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolspan.analytics.engine import literal, quoted
from toolspan.analytics.errors import InputError, UsageError
from toolspan.analytics.output import Column, clean, duration, number, to_csv, to_json, to_markdown

if TYPE_CHECKING:
    from toolspan.analytics.traces import Traces

FORMATS = ("json", "csv", "parquet", "markdown")
SUFFIXES = {"json": ".json", "csv": ".csv", "parquet": ".parquet", "markdown": ".md"}

MEASURES = (
    "tools",
    "agents",
    "workflows",
    "steps",
    "models",
    "servers",
    "errors",
    "sessions",
    "transitions",
    "trends",
    "feedback_summary",
)


def export(
    traces: "Traces",
    directory: str | os.PathLike[str],
    formats: Sequence[str],
    tables: Sequence[str],
) -> list[Path]:
    """Write the measures, and the tables below `tables/`, in each of the formats.

    Tables are not written as Markdown: they have no end.

    Returns:
        The files that were written.

    Raises:
        InputError: the directory cannot be written.
        UsageError: a format is none we know.
    """
    unknown = sorted(set(formats) - set(FORMATS))
    if unknown or not formats:
        raise UsageError(f"a format is one of {', '.join(FORMATS)}, not {', '.join(unknown)}")
    folder = Path(directory)
    written = []
    try:
        for kind, names in (("", MEASURES), ("tables", tables)):
            place = folder / kind
            place.mkdir(parents=True, exist_ok=True)
            for name in names:
                query = traces.table_sql(name) if kind else traces.query(name)
                for style in formats:
                    if kind and style == "markdown":
                        continue
                    path = place / f"{name}{SUFFIXES[style]}"
                    _WRITERS[style](traces, query, path)
                    written.append(path)
    except OSError as error:
        raise InputError(f"{error.filename or folder}: {error.strerror or error}") from error
    return written


def _write_json(traces: "Traces", query: str, path: Path) -> None:
    path.write_text(to_json(traces.sql_records(query)), encoding="utf-8")


def _write_csv(traces: "Traces", query: str, path: Path) -> None:
    path.write_text(to_csv(*traces.sql_table(query)), encoding="utf-8")


def _write_markdown(traces: "Traces", query: str, path: Path) -> None:
    records, names = traces.sql_table(query)
    columns = [Column(name, _shower(name), is_number=_is_number(records, name)) for name in names]
    path.write_text(to_markdown(records, columns), encoding="utf-8")


def _write_parquet(traces: "Traces", query: str, path: Path) -> None:
    names = traces.sql_records(f"DESCRIBE {query}")
    columns = ", ".join(
        f"CAST({quoted(row['column_name'])} AS TIMESTAMPTZ_NS) AS {quoted(row['column_name'])}"
        if row["column_type"].startswith("TIMESTAMP")
        else quoted(row["column_name"])
        for row in names
    )
    traces.sql_records(
        f"COPY (SELECT {columns} FROM ({query})) TO {literal(str(path))} "
        "(FORMAT parquet, COMPRESSION zstd)"
    )


_WRITERS: dict[str, Callable[["Traces", str, Path], None]] = {
    "json": _write_json,
    "csv": _write_csv,
    "markdown": _write_markdown,
    "parquet": _write_parquet,
}


def _is_number(records: Sequence[dict[str, Any]], name: str) -> bool:
    return any(isinstance(record[name], int | float) for record in records)


def _shower(name: str) -> Callable[[Any], str]:
    def show(record: Any) -> str:
        value = record[name]
        if value is None:
            return ""
        if isinstance(value, float):
            return duration(value) if name.endswith("_ms") else number(value)
        return clean(value)

    return show
