"""Claude Code's log events (`claude_code.tool_result`, `claude_code.api_request`, ...) as spans.

An event that carries the id of a span is left: then Claude Code was told to send traces too, and
those say more. https://code.claude.com/docs/en/monitoring-usage lists the events.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from toolspan.analytics.read.containers._claude_code import (
    MAIN_AGENT,
    SCOPE,
    SUBAGENT,
    agent_says,
    document,
    llm_says,
    span,
    tool_says,
    whole,
)
from toolspan.analytics.read.containers._normal import dicts, nanoseconds
from toolspan.conventions import attributes as a

EVENTS_SCOPE = f"{SCOPE}.events"
"""A line of log records without this text has none of these events."""

_MAIN = "agent"


@dataclass(slots=True)
class _Run:
    """A run of the agent, or of one below it, as far as its events tell."""

    start: int
    end: int
    name: str
    says: dict[str, Any] = field(default_factory=dict)


class ClaudeCodeEvents:
    """Collects log records and makes spans of them."""

    def __init__(self) -> None:
        self._runs: dict[tuple[str, str], _Run] = {}
        self._spans: dict[str, list[dict[str, Any]]] = defaultdict(list)

    def add(self, logs: dict[str, Any]) -> None:
        """Take note of the records of one OTLP/JSON document."""
        for resource in dicts(logs.get("resourceLogs")):
            for scope_logs in dicts(resource.get("scopeLogs")):
                scope = scope_logs.get("scope")
                if not isinstance(scope, dict) or scope.get("name") != EVENTS_SCOPE:
                    continue
                for record in dicts(scope_logs.get("logRecords")):
                    if not str(record.get("traceId") or "").strip("0"):
                        self._record(record, str(scope.get("version") or ""))

    def documents(self) -> Iterator[dict[str, Any]]:
        """The spans, as documents of OTLP/JSON."""
        runs = []
        for (prompt, key), run in self._runs.items():
            says = agent_says(run.name) | run.says
            parent = None if key == _MAIN else _MAIN
            name = f"invoke_agent {run.name}"
            times = (run.start, run.end)
            runs.append(span(name, prompt, key, parent, times=times, says=says))
        if runs:
            yield document(runs, "events")
        for version, spans in self._spans.items():
            yield document(spans, "events", version)

    def _record(self, record: dict[str, Any], version: str) -> None:
        event = {
            pair["key"]: next(iter(pair["value"].values()), None)
            for pair in dicts(record.get("attributes"))
            if isinstance(pair.get("key"), str) and isinstance(pair.get("value"), dict)
        }
        end = nanoseconds(record.get("timeUnixNano")) or nanoseconds(event.get("event.timestamp"))
        make = _MADE_OF.get(str(event.get("event.name") or "").removeprefix("claude_code."))
        if make is None or not end:
            return
        start = max(0, end - round(_number(event.get("duration_ms")) * 1e6))
        prompt = str(event.get("prompt.id") or event.get("session.id") or "")
        common = {a.SESSION_ID: event.get("session.id"), a.USER_ID: event.get("user.id")}
        agent = str(event.get("agent_id") or _MAIN)
        self._note(prompt, agent, event, (start, end), common)
        made = make(event)
        if made is not None:
            name, key, says, message = made
            says = says | common
            times = (start, end)
            self._spans[version].append(
                span(name, prompt, key, agent, times=times, says=says, message=message)
            )

    def _note(
        self,
        prompt: str,
        agent: str,
        event: dict[str, Any],
        times: tuple[int, int],
        says: dict[str, Any],
    ) -> None:
        """Widen the runs the event is part of."""
        name = str(event.get("agent_type") or event.get("agent.name") or "")
        for key, known in ((_MAIN, MAIN_AGENT), (agent, name)):
            run = self._runs.get((prompt, key))
            if run is None:
                run = self._runs[prompt, key] = _Run(*times, known or SUBAGENT, says)
            run.start, run.end = min(run.start, times[0]), max(run.end, times[1])
            if known:
                run.name = known if key != _MAIN else MAIN_AGENT


_Made = tuple[str, str, dict[str, Any], str | None]


def _nothing(_: dict[str, Any]) -> None:
    """The event only tells when its run began or ended."""


def _tool_result(event: dict[str, Any]) -> _Made:
    failed = str(event.get("success")).lower() == "false"
    error = str(event.get("error") or "") or None
    says = {
        **_tool(event),
        a.TOOLSPAN_OUTCOME: "tool_error" if failed else "ok",
        a.ERROR_TYPE: (event.get("error_type") or "tool_error") if failed else None,
        a.GEN_AI_TOOL_CALL_ARGUMENTS: event.get("tool_input") or event.get("tool_parameters"),
    }
    return f"execute_tool {says[a.GEN_AI_TOOL_NAME]}", _call(event), says, error


def _tool_decision(event: dict[str, Any]) -> _Made | None:
    """A call that was refused; one that was allowed has a result."""
    if event.get("decision") != "reject":
        return None
    says = {
        **_tool(event),
        a.TOOLSPAN_OUTCOME: "denied",
        a.GEN_AI_TOOL_CALL_ARGUMENTS: event.get("tool_parameters"),
    }
    return f"execute_tool {says[a.GEN_AI_TOOL_NAME]}", _call(event), says, None


def _tool(event: dict[str, Any]) -> dict[str, Any]:
    name = str(event.get("tool_name") or event.get("name") or "unknown")
    try:
        parameters = json.loads(str(event.get("tool_parameters") or "{}"))
    except ValueError:
        parameters = {}
    if isinstance(parameters, dict) and parameters.get("mcp_tool_name"):
        name = f"mcp__{parameters.get('mcp_server_name')}__{parameters['mcp_tool_name']}"
    return tool_says(name, str(event.get("tool_use_id") or "") or None)


def _call(event: dict[str, Any]) -> str:
    return str(event.get("tool_use_id") or f"tool {event.get('event.sequence')}")


def _api_request(event: dict[str, Any]) -> _Made:
    kinds = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_creation_tokens")
    tokens = tuple(event.get(kind) for kind in kinds)
    cost = event.get("cost_usd")
    says = llm_says(event.get("model"), tokens) | {
        a.GEN_AI_USAGE_COST_AMOUNT: None if cost is None else _number(cost),
        a.GEN_AI_USAGE_COST_CURRENCY: None if cost is None else "USD",
    }
    return f"chat {event.get('model')}", _request(event), says, None


def _api_error(event: dict[str, Any]) -> _Made:
    status = whole(event.get("status_code"))
    says = llm_says(event.get("model"), (None, None, None, None)) | {
        a.TOOLSPAN_OUTCOME: "error",
        a.ERROR_TYPE: "api_error" if status is None else str(status),
    }
    message = str(event.get("error") or "") or None
    return f"chat {event.get('model')}", _request(event), says, message


def _request(event: dict[str, Any]) -> str:
    return str(event.get("request_id") or f"request {event.get('event.sequence')}")


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0


_MADE_OF = {
    "user_prompt": _nothing,
    "subagent_completed": _nothing,
    "tool_result": _tool_result,
    "tool_decision": _tool_decision,
    "api_request": _api_request,
    "api_error": _api_error,
}
