"""Tables for programs and documents."""

import csv
import html
import io
import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from toolspan.analytics.output._text import Column, cell
from toolspan.analytics.output._values import clean

# A spreadsheet runs what begins like a formula (OWASP, CSV injection).
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")


def to_json(records: Sequence[Mapping[str, Any]]) -> str:
    """An array of records, one a line; times in ISO 8601 with `Z`."""
    lines = [_json(record) for record in records]
    return "[\n" + ",\n".join(lines) + "\n]\n" if lines else "[]\n"


def to_json_lines(records: Sequence[Mapping[str, Any]]) -> str:
    """One record a line."""
    return "".join(f"{_json(record)}\n" for record in records)


def _json(record: Mapping[str, Any]) -> str:
    # JSON has no word for numbers that are none.
    sound = {
        key: None if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in record.items()
    }
    return json.dumps(sound, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().removesuffix("+00:00") + "Z"
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def to_csv(records: Sequence[Mapping[str, Any]], columns: Sequence[str] | None = None) -> str:
    """Comma-separated values with a header; text that looks like a formula gets a `'` before it."""
    out = io.StringIO()
    names = list(columns or (records[0] if records else ()))
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    for record in records:
        writer.writerow([_safe(record[name]) for name in names])
    return out.getvalue()


def _safe(value: Any) -> Any:
    if isinstance(value, str):
        if value.startswith(_FORMULA_STARTS) and not _NUMBER.fullmatch(value):
            return "'" + value
        return value
    return _plain(value) if isinstance(value, date) else value


def to_markdown(records: Sequence[Mapping[str, Any]], columns: Sequence[Column]) -> str:
    """A table of GitHub-flavoured Markdown with the same cells as the text table."""
    lines = [
        "| " + " | ".join(escaped(column.title) for column in columns) + " |",
        "|" + "|".join(" ---: " if column.is_number else " --- " for column in columns) + "|",
    ]
    lines += [
        "| " + " | ".join(escaped(cell(column, record)) for column in columns) + " |"
        for record in records
    ]
    return "\n".join(lines) + "\n"


def to_html(records: Sequence[Mapping[str, Any]], columns: Sequence[Column]) -> str:
    """A table of HTML with the same cells as the text table; all text is escaped."""
    head = "".join(f"<th>{html.escape(column.title)}</th>" for column in columns)
    rows = [
        "<tr>"
        + "".join(
            f"<td{' align=right' * column.is_number}>{html.escape(cell(column, record))}</td>"
            for column in columns
        )
        + "</tr>"
        for record in records
    ]
    body = "\n".join(rows)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>\n"


def escaped(text: str, longest: int = 200) -> str:
    """Untrusted text for Markdown, and not endless."""
    text = clean(text, longest).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
    return re.sub(r"([*_`\[\]])", r"\\\1", text)
