"""Whole span trees as text, one line a span, to be compared with what a test writes down."""

import re
import textwrap
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan

# Values that differ from run to run; the others are compared as they are.
_VARYING = {
    "toolspan.tool_call.arguments_hash": "HASH",
    "mcp.session.id": "SESSION",
    "client.port": "PORT",
    "server.port": "PORT",
    "session.id": None,
    "user.id": None,
}


def plain_spans(spans: Iterable[ReadableSpan]) -> list[dict[str, Any]]:
    """Spans of the SDK in the shape of `otlp_json_spans`, as far as trees need it."""
    return [
        {
            "trace_id": format(span.context.trace_id, "032x"),
            "span_id": format(span.context.span_id, "016x"),
            "parent_span_id": format(span.parent.span_id, "016x") if span.parent else "",
            "scope": span.instrumentation_scope.name if span.instrumentation_scope else "",
            "name": span.name,
            "kind": span.kind.name,
            "status": span.status.status_code.name,
            "description": span.status.description or "",
            "attributes": dict(span.attributes or {}),
            "events": [{"name": event.name} for event in span.events],
            "links": [
                {
                    "span_id": format(link.context.span_id, "016x"),
                    "attributes": dict(link.attributes or {}),
                }
                for link in span.links
            ],
            "start": span.start_time or 0,
            "end": span.end_time or 0,
        }
        for span in spans
    ]


def tree(spans: Iterable[Mapping[str, Any]], *, leave_out: Iterable[str] = ()) -> str:
    """One line a span, children indented, in start order; those of one name that ran at the same
    time, which have no order of their own, in that of their lines.

    `scope | name | KIND | STATUS description | attributes`, the attributes sorted, without those
    in `leave_out` and with a word for values that differ from run to run. A span whose parent is
    missing is marked `!`; events are appended, and so are links that say of what kind they are.
    """
    spans = list(spans)
    left_out = set(leave_out)
    ids = {span["span_id"] for span in spans}
    names = {span["span_id"]: span["name"] for span in spans}
    children: dict[str, list[Mapping[str, Any]]] = {}
    for span in sorted(spans, key=lambda span: (span["start"], span["span_id"])):
        parent = span["parent_span_id"] if span["parent_span_id"] in ids else ""
        children.setdefault(parent, []).append(span)

    def rendered(parent: str, depth: int) -> list[str]:
        side_by_side: list[list[str]] = []
        lines: list[str] = []
        previous: Mapping[str, Any] | None = None
        for span in children.get(parent, ()):
            orphan = "! " if not parent and span["parent_span_id"] else ""
            line = "  " * depth + orphan + _line(span, left_out, names)
            below = rendered(span["span_id"], depth + 1)
            if previous is None or not _ran_together(previous, span):
                lines += chain.from_iterable(sorted(side_by_side))
                side_by_side = []
            side_by_side.append([line, *below])
            previous = span
        return [*lines, *chain.from_iterable(sorted(side_by_side))]

    return "\n".join(rendered("", 0))


def _ran_together(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two spans of one name were under way at the same time; `one` started first."""
    return bool(one["name"] == other["name"] and other["start"] < one["end"])


def expected(text: str) -> str:
    """A tree as a test writes it: dedented, and a line that ends in a backslash goes on."""
    return re.sub(r"(?<=\S) {2,}", " ", textwrap.dedent(text).strip())


def _line(span: Mapping[str, Any], left_out: set[str], names: Mapping[str, str]) -> str:
    attributes = {
        key: _VARYING.get(key, value)
        for key, value in sorted(span["attributes"].items())
        if key not in left_out and _VARYING.get(key, value) is not None
    }
    shown = " ".join(f"{key}={value}" for key, value in attributes.items())
    status = f"{span['status']} {span['description']}".strip()
    events = "".join(f" +{event['name']}" for event in span["events"])
    links = "".join(
        f" ->{link['attributes']['toolspan.link.kind']} {names.get(link['span_id'], '?')}"
        for link in span.get("links", ())
        if "toolspan.link.kind" in link["attributes"]
    )
    line = f"{span['scope']} | {span['name']} | {span['kind']} | {status} | {shown}".rstrip(" |")
    return line + events + links
