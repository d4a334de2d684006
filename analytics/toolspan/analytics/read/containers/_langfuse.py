"""Langfuse exports: a trace with its observations, or the observations alone."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from toolspan.analytics.read.containers._normal import (
    any_id,
    dicts,
    envelope,
    first,
    nanoseconds,
    pairs,
)


def is_langfuse(document: dict[str, Any]) -> bool:
    """Whether the document is an export of Langfuse's."""
    trace = document.get("trace")
    observations = document.get("observations")
    if isinstance(trace, dict) and isinstance(observations, list):
        return True
    if isinstance(observations, list) and "timestamp" in document and "id" in document:
        return True
    data = document.get("data")
    return isinstance(data, list) and bool(data) and all(map(_is_observation, data))


def _is_observation(item: Any) -> bool:
    return isinstance(item, dict) and {"traceId", "startTime", "type", "id"} <= item.keys()


def langfuse(document: dict[str, Any], report: Callable[[str], None]) -> Iterator[dict[str, Any]]:
    """The observations as OTLP spans, with what Langfuse says of them as its attributes."""
    trace = document.get("trace")
    if not isinstance(trace, dict):
        trace = document if "observations" in document else {}
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
    for observation in dicts(first(document, "observations", "data")):
        metadata = _object(observation.get("metadata"))
        scope = _object(metadata.get("scope"))
        resource = _object(metadata.get("resourceAttributes"))
        try:
            span = _span(observation, trace, metadata)
        except ValueError as error:
            report(str(error))
            continue
        key = (
            json.dumps(resource, sort_keys=True),
            str(scope.get("name") or ""),
            str(scope.get("version") or ""),
        )
        groups[key].append(span)
    for (resource_text, name, version), spans in groups.items():
        attributes = pairs(json.loads(resource_text))
        yield envelope(spans, resource=attributes, scope=name, version=version)


def _object(value: Any) -> dict[str, Any]:
    """An object, from itself or its JSON text."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    return value if isinstance(value, dict) else {}


def _span(
    observation: dict[str, Any], trace: dict[str, Any], metadata: dict[str, Any]
) -> dict[str, Any]:
    start = nanoseconds(first(observation, "startTime", "start_time"))
    if start is None or observation.get("id") is None:
        raise ValueError(f"an observation without id or time: {str(observation)[:80]}")
    end = nanoseconds(first(observation, "endTime", "end_time"))
    stated = _object(metadata.get("attributes"))
    says: dict[str, Any] = {
        "langfuse.observation.type": observation.get("type"),
        "langfuse.observation.level": observation.get("level"),
        "langfuse.observation.status_message": observation.get("statusMessage"),
        "langfuse.observation.model.name": observation.get("model"),
        "langfuse.session.id": trace.get("sessionId"),
        "langfuse.user.id": trace.get("userId"),
        "langfuse.trace.name": trace.get("name"),
        "langfuse.observation.input": observation.get("input"),
        "langfuse.observation.output": observation.get("output"),
    }
    usage, cost = _object(observation.get("usageDetails")), _object(observation.get("costDetails"))
    says |= {f"langfuse.observation.usage_details.{key}": value for key, value in usage.items()}
    says |= {f"langfuse.observation.cost_details.{key}": value for key, value in cost.items()}
    made = {
        "traceId": any_id(first(observation, "traceId", "trace_id") or trace.get("id"), 32),
        "spanId": any_id(observation["id"], 16),
        "name": str(observation.get("name") or ""),
        "kind": 0,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(end or 0),
        "attributes": pairs(
            stated | {key: value for key, value in says.items() if value is not None}
        ),
        "status": {
            "code": 2 if observation.get("level") == "ERROR" else 0,
            "message": str(observation.get("statusMessage") or ""),
        },
    }
    parent = first(observation, "parentObservationId", "parent_observation_id")
    return {**made, "parentSpanId": any_id(parent, 16)} if parent else made
