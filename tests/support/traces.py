"""Small traces written by hand: OTLP/JSON spans and lines from a few words."""

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

START_NS = 1_772_442_000_000_000_000  # 2026-03-02T09:00:00Z


def value(item: Any) -> dict[str, Any]:
    """A Python value as OTLP's `AnyValue`."""
    if isinstance(item, bool):
        return {"boolValue": item}
    if isinstance(item, int):
        return {"intValue": str(item)}
    if isinstance(item, float):
        return {"doubleValue": item}
    if isinstance(item, list):
        return {"arrayValue": {"values": [value(each) for each in item]}}
    return {} if item is None else {"stringValue": item}


def attributes(pairs: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": value(item)} for key, item in pairs.items()]


def span(
    name: str,
    number: int,
    parent: int | None = None,
    *,
    trace: int = 1,
    at: float = 0,
    ms: float = 100,
    kind: int = 1,
    error: str | None = None,
    message: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """One span: `at` and `ms` in milliseconds; `error` sets status ERROR and `error.type`.

    `more` are attributes, with `__` for the dots: `gen_ai__tool__name="search"`.
    """
    pairs = {key.replace("__", "."): item for key, item in more.items()}
    if error:
        pairs["error.type"] = error
    start = START_NS + round(at * 1e6)
    made = {
        "traceId": f"{trace:032x}",
        "spanId": f"{number:016x}",
        "name": name,
        "kind": kind,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + round(ms * 1e6)),
        "attributes": attributes(pairs),
        "status": {"code": 2, "message": message or ""} if error else {},
    }
    if parent is not None:
        made["parentSpanId"] = f"{parent:016x}"
    return made


def tool(name: str, number: int, parent: int | None = None, **more: Any) -> dict[str, Any]:
    """An `execute_tool` span."""
    more = {"gen_ai__operation__name": "execute_tool", "gen_ai__tool__name": name, **more}
    return span(f"execute_tool {name}", number, parent, **more)


def agent(name: str, number: int, parent: int | None = None, **more: Any) -> dict[str, Any]:
    """An `invoke_agent` span."""
    more = {"gen_ai__operation__name": "invoke_agent", "gen_ai__agent__name": name, **more}
    return span(f"invoke_agent {name}", number, parent, **more)


def mcp_call(number: int, **more: Any) -> list[dict[str, Any]]:
    """One MCP tool call as three spans: the agent's view (with `more`), the client's, the server's."""
    first = number * 10
    more = {"toolspan__tool_call__layer": "logical", "toolspan__outcome": "ok", **more}
    return [
        tool("search", first, **more),
        span("tools/call search", first + 1, first, kind=3, toolspan__tool_call__layer="client"),
        tool("search", first + 2, first + 1, kind=2, toolspan__tool_call__layer="server"),
    ]


def otlp(
    spans: Iterable[dict[str, Any]],
    *,
    scope: str = "my.app",
    resource: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The spans in their envelope: one line of a file."""
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": attributes(resource or {"service.name": "tests"})},
                "scopeSpans": [{"scope": {"name": scope}, "spans": list(spans)}],
            }
        ]
    }


def write_lines(path: Path, *documents: dict[str, Any] | str | bytes) -> Path:
    """The documents as JSON lines (texts and bytes as they are); gzipped if the name says so."""
    lines = b"".join(
        item
        if isinstance(item, bytes)
        else (item if isinstance(item, str) else json.dumps(item)).encode() + b"\n"
        for item in documents
    )
    path.write_bytes(gzip.compress(lines) if path.suffix == ".gz" else lines)
    return path
