"""What the doctor's run of a program recorded: counted, then thrown away."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from toolspan.conventions.attributes import (
    GEN_AI_OPERATION_NAME,
    TOOLSPAN_TOOL_CALL_LAYER,
)
from toolspan.conventions.layers import Layer


def recorded(directory: Path) -> dict[str, Any]:
    """The processes that recorded spans, by the name of their service, and what the spans are."""
    services: list[str] = []
    kinds: Counter[str] = Counter()
    serves_mcp: set[str] = set()
    for file in sorted(directory.glob("spans-*.jsonl")):
        service = ""
        for resource in _resource_spans(file):
            service = _attributes(resource["resource"]).get("service.name", "")
            spans = [span for scope in resource["scopeSpans"] for span in scope["spans"]]
            for span in spans:
                attributes = _attributes(span)
                kinds[_kind(span["name"], attributes)] += 1
                if attributes.get(TOOLSPAN_TOOL_CALL_LAYER) == Layer.SERVER:
                    serves_mcp.add(service)
        services.append(service)
    return {
        "processes": services,
        "spans": dict(sorted(kinds.items())),
        "servers": sorted(serves_mcp),
    }


def _kind(name: str, attributes: dict[str, str]) -> str:
    """The operation; for a span that has none, the first word of its name."""
    return attributes.get(GEN_AI_OPERATION_NAME) or name.partition(" ")[0]


def _resource_spans(file: Path) -> Iterator[dict[str, Any]]:
    for line in file.read_text(encoding="utf-8").splitlines():
        with suppress(ValueError):  # a line cut short: the program was killed
            yield from json.loads(line)["resourceSpans"]


def _attributes(holder: dict[str, Any]) -> dict[str, str]:
    found = holder.get("attributes", ())
    return {one["key"]: str(next(iter(one["value"].values()), "")) for one in found}
