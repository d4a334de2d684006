"""Spans as Arize Phoenix gives them: its API's JSON, and its data frames of spans.

Both keep what a span is, `openinference.span.kind`, in a member of its own, and neither says by
which instrumentation it was made. A frame has a column for each attribute (`attributes.NAME`), with
an empty cell where a span has none.
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from toolspan.analytics.read.containers._cells import value_of
from toolspan.analytics.read.containers._normal import (
    STATUSES,
    any_id,
    dicts,
    envelope,
    first,
    iso_nanoseconds,
    nanoseconds,
    pairs,
    word,
)
from toolspan.conventions import attributes as a

KIND_KEY = "openinference.span.kind"
FRAME_COLUMNS = frozenset({"context.span_id", "context.trace_id", "start_time", "span_kind"})
_PREFIX = "attributes."
_NO_KIND = ("", "UNKNOWN")


def is_phoenix(document: Any) -> bool:
    """Whether the document is a span of Phoenix's, or several."""
    return next(_spans(document), None) is not None


def _spans(document: Any) -> Iterator[dict[str, Any]]:
    if isinstance(document, list):
        yield from (item for item in dicts(document) if _is_span(item))
    elif isinstance(document, dict) and _is_span(document):
        yield document
    elif isinstance(document, dict) and document.keys() >= FRAME_COLUMNS:
        yield from _turned(document)
    elif isinstance(document, dict):
        yield from (item for item in dicts(document.get("data")) if _is_span(item))


def _is_span(item: dict[str, Any]) -> bool:
    if item.keys() >= FRAME_COLUMNS:
        return not isinstance(item["context.span_id"], dict)
    return "span_kind" in item and "status_code" in item and isinstance(item.get("context"), dict)


def _turned(columns: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The rows of a frame that was written column by column, pandas' own way."""
    rows = columns["context.span_id"]
    for row in rows if isinstance(rows, dict) else ():
        yield {
            name: cells.get(row) for name, cells in columns.items() if isinstance(cells, Mapping)
        }


def phoenix(document: Any, report: Callable[[str], None]) -> Iterator[dict[str, Any]]:
    """The spans as OTLP."""
    made = []
    for span in _spans(document):
        try:
            made.append(_span(span))
        except ValueError as error:
            report(str(error))
    yield envelope(made)


def _span(span: dict[str, Any]) -> dict[str, Any]:
    context = span.get("context")
    context = context if isinstance(context, dict) else {}
    trace_id = first(context, "trace_id") or span.get("context.trace_id")
    span_id = first(context, "span_id") or span.get("context.span_id")
    start, end = _time(span.get("start_time")), _time(span.get("end_time"))
    if start is None or not trace_id or not span_id:
        raise ValueError(f"a span of Phoenix's without id or time: {str(span)[:80]}")
    attributes = _attributes(span)
    kind = span.get("span_kind")
    # Of spans that speak another vocabulary Phoenix tells the kind from that.
    if isinstance(kind, str) and kind not in _NO_KIND and a.GEN_AI_OPERATION_NAME not in attributes:
        attributes.setdefault(KIND_KEY, kind)
    made = {
        "traceId": any_id(trace_id, 32),
        "spanId": any_id(span_id, 16),
        "name": str(span.get("name") or ""),
        "kind": 1,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(end or 0),
        "attributes": pairs(attributes),
        "events": [
            {
                "timeUnixNano": str(_time(event.get("timestamp")) or 0),
                "name": str(event.get("name") or ""),
                "attributes": pairs(_flat(event.get("attributes"))),
            }
            for event in dicts(value_of(span.get("events")))
        ],
        "status": {
            "code": word(span.get("status_code"), STATUSES),
            "message": _given(span.get("status_message")) or "",
        },
    }
    parent = _given(span.get("parent_id"))
    return {**made, "parentSpanId": any_id(parent, 16)} if parent else made


def _time(value: Any) -> int | None:
    """ISO 8601, or milliseconds since 1970 as pandas writes them; nanoseconds are told apart."""
    if isinstance(value, str):
        return iso_nanoseconds(value)
    found = nanoseconds(value)
    return found * 1_000_000 if found is not None and found < 1 << 53 else found


def _attributes(span: dict[str, Any]) -> dict[str, Any]:
    if isinstance(span.get("attributes"), dict):
        return _flat(span["attributes"])
    return _flat(
        {
            # Text that is JSON was text, such as the arguments of a tool.
            name.removeprefix(_PREFIX): cell
            if isinstance(cell, str) and _is_json(cell)
            else value_of(cell)
            for name, cell in span.items()
            if name.startswith(_PREFIX)
        }
    )


def _flat(values: Any, prefix: str = "") -> dict[str, Any]:
    """Attributes with objects in them as attributes with longer names, without empty cells."""
    found: dict[str, Any] = {}
    for name, value in values.items() if isinstance(values, dict) else ():
        if isinstance(value, dict):
            found |= _flat(value, f"{prefix}{name}.")
        elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
            found[prefix + name] = json.dumps(value, ensure_ascii=False, default=str)
        elif isinstance(value, float) and value.is_integer():
            # A column of whole numbers with a cell empty is one of floating ones.
            found[prefix + name] = int(value)
        elif value is not None and value != "" and value == value:  # noqa: PLR0124 not a NaN
            found[prefix + name] = value
    return found


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _given(cell: Any) -> str | None:
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return None
    return str(cell) or None
