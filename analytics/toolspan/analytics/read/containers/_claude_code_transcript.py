"""Claude Code's transcripts: the lines of `~/.claude/projects/*/*.jsonl` as spans.

A line is a message, or a part of one: what the user or a tool said, what the model answered. A
tool call begins with the line in which the model asks for it and ends with that of its result, so
its time includes that for permission, and for calls before it in the same answer.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from toolspan.analytics.read.containers._claude_code import (
    MAIN_AGENT,
    PROJECT_KEY,
    SUBAGENT,
    agent_says,
    document,
    llm_says,
    span,
    tool_says,
)
from toolspan.analytics.read.containers._normal import dicts, nanoseconds
from toolspan.conventions import attributes as a

_MAIN = "agent"
_SYNTHETIC = "<synthetic>"
_INTERRUPTED = "[Request interrupted by user"
# What tools say that were not let: versions that have no member for it.
_REFUSED = (
    "The user doesn't want to proceed with this tool use",
    "The user doesn't want to take this action right now",
    "Claude requested permissions to ",
)


def is_transcript_line(value: dict[str, Any]) -> bool:
    """Whether the object is a line of a transcript, or what is kept beside that of a sub-agent."""
    if not isinstance(value.get("type"), str):
        return {"agentType", "toolUseId"} <= value.keys()
    return (
        isinstance(value.get("sessionId"), str)
        or {"summary", "leafUuid"} <= value.keys()
        or {"messageId", "snapshot"} <= value.keys()
    )


@dataclass(slots=True)
class _Run:
    """A run of the agent for a prompt, or of one below it."""

    start: int
    end: int
    says: dict[str, Any]
    version: Any
    name: str | None = None
    outcome: str = "ok"
    calls: int = 0


@dataclass(slots=True)
class _Request:
    """A request to the model: its answer comes in one line or in several."""

    start: int
    end: int
    run: "_Place"
    says: dict[str, Any]
    message: dict[str, Any] = field(default_factory=dict)
    error: str | None = None


@dataclass(slots=True)
class _Call:
    """A tool call without a result so far."""

    start: int
    run: "_Place"
    says: dict[str, Any]


# A run: the prompt's id, and `_MAIN` or the id of a sub-agent.
_Place = tuple[str, str]


class Transcript:
    """Turns the lines of one file into spans."""

    def __init__(self) -> None:
        self._times: dict[str, int] = {}
        self._agents: dict[str, str] = {}
        self._prompts: dict[str, str] = {}
        self._runs: dict[_Place, _Run] = {}
        self._requests: dict[tuple[str, str], _Request] = {}
        self._calls: dict[str, _Call] = {}
        self._version: Any = None

    def add(self, line: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Take note of a line; the tool calls that end with it, as documents of OTLP/JSON."""
        time = nanoseconds(line.get("timestamp"))
        if time is None:
            return
        identifier = line.get("uuid") or line.get("id")
        if isinstance(identifier, str):
            self._times[identifier] = time
        message = line.get("message")
        is_said = line["type"] in ("user", "assistant") and not line.get("isMeta")
        if not is_said or not isinstance(message, dict):
            return
        place, run = self._place(line, message, time)
        run.end = max(run.end, time)
        self._version = line.get("version")
        if line["type"] == "assistant":
            self._answer(line, message, place, time)
            return
        if _text(message.get("content")).startswith(_INTERRUPTED):
            run.outcome = "interrupted"
        spans = [
            made
            for block in dicts(message.get("content"))
            if block.get("type") == "tool_result"
            for made in self._result(line, block, time)
        ]
        if spans:
            yield document(spans, "transcript", self._version)

    def rest(self) -> Iterator[dict[str, Any]]:
        """What only the end of the file completes: requests, runs, and calls without a result."""
        spans = [self._request(key, request) for (_, key), request in self._requests.items()]
        spans += [
            _tool_span(call, call_id, None, call.says) for call_id, call in self._calls.items()
        ]
        for (prompt, agent), run in self._runs.items():
            if run.calls:
                name = MAIN_AGENT if agent == _MAIN else run.name or SUBAGENT
                says = agent_says(name, run.outcome) | run.says
                times = (run.start, run.end)
                parent = None if agent == _MAIN else _MAIN
                spans.append(
                    span(f"invoke_agent {name}", prompt, agent, parent, times=times, says=says)
                )
        if spans:
            yield document(spans, "transcript", self._version)

    def _place(
        self, line: dict[str, Any], message: dict[str, Any], time: int
    ) -> tuple[_Place, _Run]:
        """The run a line is part of."""
        agent = self._agent(line)
        prompt = line.get("promptId")
        if not prompt and line["type"] == "user" and agent == _MAIN and _is_prompt(line, message):
            prompt = line.get("uuid")
        if prompt:
            self._prompts[agent] = str(prompt)
        known = self._prompts.get(agent) or self._prompts.get(_MAIN)
        place = (known or str(line.get("sessionId")), agent)
        run = self._runs.get(place)
        if run is None:
            says = {a.SESSION_ID: line.get("sessionId"), PROJECT_KEY: line.get("cwd")}
            run = self._runs[place] = _Run(time, time, says, line.get("version"))
        return place, run

    def _agent(self, line: dict[str, Any]) -> str:
        """The sub-agent that a line is of, by its id or else by the line it began with."""
        if not line.get("isSidechain"):
            return _MAIN
        agent = str(line.get("agentId") or "") or self._agents.get(str(line.get("parentUuid")))
        identifier = str(line.get("uuid"))
        agent = self._agents[identifier] = agent or identifier
        return agent

    def _answer(
        self, line: dict[str, Any], message: dict[str, Any], place: _Place, time: int
    ) -> None:
        run = self._runs[place]
        run.name = line.get("attributionAgent") or run.name
        if message.get("model") == _SYNTHETIC and not line.get("isApiErrorMessage"):
            return
        run.calls += 1
        key = str(line.get("requestId") or message.get("id") or line.get("uuid"))
        request = self._requests.get((place[0], key))
        if request is None:
            began = self._times.get(str(line.get("requestRef")))
            began = began or self._times.get(str(line.get("parentUuid")), time)
            request = _Request(min(began, time), time, place, run.says)
            self._requests[place[0], key] = request
        # Each line repeats what is known of the whole; the last knows all.
        request.end, request.message = max(request.end, time), message
        if line.get("isApiErrorMessage"):
            request.error = _text(message.get("content"))
        for block in dicts(message.get("content")):
            if block.get("type") == "tool_use" and isinstance(block.get("id"), str):
                says = tool_says(str(block.get("name") or "unknown"), block["id"]) | run.says
                says[a.GEN_AI_TOOL_CALL_ARGUMENTS] = _json(block.get("input"))
                self._calls[block["id"]] = _Call(time, place, says)

    def _result(
        self, line: dict[str, Any], block: dict[str, Any], time: int
    ) -> Iterator[dict[str, Any]]:
        call_id = str(block.get("tool_use_id"))
        call = self._calls.pop(call_id, None)
        if call is None:
            return
        text = _text(block.get("content"))
        outcome = _outcome(line, block, text)
        says = call.says | {
            a.TOOLSPAN_OUTCOME: outcome,
            a.ERROR_TYPE: "tool_error" if outcome == "tool_error" else None,
            a.GEN_AI_TOOL_CALL_RESULT: text or None,
        }
        yield _tool_span(call, call_id, time, says, text)
        told = line.get("toolUseResult")
        # Here alone the call of a sub-agent and its run are named together.
        if isinstance(told, dict) and told.get("agentId") and line.get("promptId"):
            prompt, agent = call.run[0], str(told["agentId"])
            name = str(told.get("agentType") or SUBAGENT)
            says = agent_says(name) | self._runs[call.run].says
            times = (call.start, time)
            yield span(f"invoke_agent {name}", prompt, agent, call_id, times=times, says=says)

    def _request(self, key: str, request: _Request) -> dict[str, Any]:
        prompt, agent = request.run
        usage = request.message.get("usage")
        usage = usage if isinstance(usage, dict) else {}
        model = request.message.get("model")
        model = None if model == _SYNTHETIC else model
        kinds = ("input_tokens", "output_tokens", "cache_read_input_tokens")
        tokens = (*map(usage.get, kinds), usage.get("cache_creation_input_tokens"))
        says = llm_says(model, tokens if request.error is None else (None,) * 4) | request.says
        if request.error is not None:
            says |= {a.TOOLSPAN_OUTCOME: "error", a.ERROR_TYPE: "api_error"}
        times = (request.start, request.end)
        name = f"chat {model}" if model else "chat"
        return span(name, prompt, key, agent, times=times, says=says, message=request.error)


def _tool_span(
    call: _Call, call_id: str, end: int | None, says: dict[str, Any], text: str | None = None
) -> dict[str, Any]:
    prompt, agent = call.run
    name = f"execute_tool {says[a.GEN_AI_TOOL_NAME]}"
    times = (call.start, end)
    return span(name, prompt, call_id, agent, times=times, says=says, message=text)


def _outcome(line: dict[str, Any], block: dict[str, Any], text: str) -> str:
    decision = line.get("permissionDecision")
    refused = isinstance(decision, dict) and decision.get("decision") == "reject"
    told = line.get("toolUseResult")
    if isinstance(told, dict) and told.get("interrupted") is True:
        return "interrupted"
    if not block.get("is_error"):
        return "ok"
    if refused or line.get("toolDenialKind") or text.startswith(_REFUSED):
        return "denied"
    return "interrupted" if text.startswith(_INTERRUPTED) else "tool_error"


def _is_prompt(line: dict[str, Any], message: dict[str, Any]) -> bool:
    """Whether the user began something new with the line."""
    if line.get("isCompactSummary"):
        return False
    content = message.get("content")
    is_result = any(block.get("type") == "tool_result" for block in dicts(content))
    return not is_result and not _text(content).startswith(_INTERRUPTED)


def _text(content: Any) -> str:
    """The text of a message's content, or of a result's."""
    if isinstance(content, str):
        return content
    texts = (block.get("text") for block in dicts(content) if block.get("type") == "text")
    return "\n".join(text for text in texts if isinstance(text, str))


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
