"""What the agent's program says, as calls of ours."""

import logging
import weakref
from collections.abc import Callable, Hashable, Mapping
from typing import Any, Final

from opentelemetry.context import Context

from toolspan.conventions.outcomes import Outcome
from toolspan.instrumentation.content import safe_name
from toolspan.instrumentation.frameworks._arguments import (
    describe_json_arguments,
    prepare_content,
)
from toolspan.instrumentation.frameworks._runs import Runs
from toolspan.instrumentation.record import Kind, Prepared, attach, detach, usage_attributes

_log: Final = logging.getLogger("toolspan")

_AGENT: Final = "claude"
_SUB_AGENT_TOOLS: Final = frozenset({"Task", "Agent"})


def guarded(function: Callable[..., None], *args: Any) -> None:
    """Call it; what goes wrong in there is none of the host's business."""
    try:
        function(*args)
    except Exception:
        _log.debug("toolspan could not follow claude-agent-sdk", exc_info=True)


class _Conversation:
    """One connection to the agent's program."""

    __slots__ = ("asked_in", "open_tools")

    def __init__(self) -> None:
        self.asked_in: Context | None = None
        """Where the host asked the question that is being answered."""
        self.open_tools: Final[dict[str, tuple[str, Any]]] = {}


class Listener:
    """A turn is an agent run, from the first message to its result."""

    def __init__(self) -> None:
        self._runs: Final = Runs()
        self._known: Final[weakref.WeakKeyDictionary[Any, _Conversation]] = (
            weakref.WeakKeyDictionary()
        )

    def asked(self, query: Any, context: Context) -> None:
        """The host asks something, here."""
        self._conversation(query).asked_in = context

    def message(self, query: Any, message: Mapping[str, Any]) -> None:
        """One message of the agent's program, as it arrives."""
        kind = message.get("type")
        if kind not in ("system", "assistant", "user", "result"):
            return
        if kind == "result":
            self._turn_ended(query, message)
            return
        if self._runs.own(id(query)) is None and (kind == "assistant" or _is_start(message)):
            self._turn_began(query, message)
        said = message.get("message")
        content = said.get("content") if isinstance(said, Mapping) else None
        for block in content if isinstance(content, list) else ():
            if kind == "assistant" and block.get("type") == "tool_use":
                self._tool_began(query, block, message.get("parent_tool_use_id"))
            elif kind == "user" and block.get("type") == "tool_result":
                self._tool_ended(query, block)

    def _turn_began(self, query: Any, message: Mapping[str, Any]) -> None:
        session = message.get("session_id")
        session = session if isinstance(session, str) and session else None
        asked_in = self._conversation(query).asked_in
        token = attach(asked_in) if asked_in is not None else None
        try:
            self._runs.start(
                id(query),
                Prepared(Kind.AGENT, _AGENT),
                session_id=session,
                conversation_id=session,
                is_attached=False,
            )
        finally:
            if token is not None:
                detach(token)

    def _tool_began(self, query: Any, block: Mapping[str, Any], above: Any) -> None:
        tool_id, asked = block["id"], block.get("input")
        name, is_mcp = _tool_name(str(block.get("name")))
        parent: Hashable = (id(query), above, "agent") if above else id(query)
        if self._runs.own(parent) is None:
            parent = id(query)
        prepared = Prepared(Kind.TOOL, safe_name(name), tool_type="extension" if is_mcp else None)
        key = (id(query), tool_id)
        call = self._runs.start(key, prepared, parent=parent, is_attached=False)
        if call is None:
            return
        self._conversation(query).open_tools[tool_id] = str(block.get("name")), asked
        call.absorbs_same_name = True
        call.set_tool_call_id(tool_id)
        prepare_content(call)
        describe_json_arguments(call, asked)
        agent = asked.get("subagent_type") if isinstance(asked, Mapping) else None
        if name in _SUB_AGENT_TOOLS and isinstance(agent, str):
            self._runs.start(
                (*key, "agent"),
                Prepared(Kind.AGENT, safe_name(agent)),
                parent=key,
                is_attached=False,
            )

    def _tool_ended(self, query: Any, block: Mapping[str, Any]) -> None:
        key = (id(query), block.get("tool_use_id"))
        run = self._runs.own(key)
        self._conversation(query).open_tools.pop(str(block.get("tool_use_id")), None)
        self._runs.end((*key, "agent"))
        if run is None:
            return
        if block.get("is_error") is True:
            run.call.fail(message=_text(block.get("content")))
        self._runs.end(key, None, block.get("content"))

    def _turn_ended(self, query: Any, message: Mapping[str, Any]) -> None:
        run = self._runs.own(id(query))
        if run is None:
            return
        usage = message.get("usage")
        if isinstance(usage, Mapping):
            run.call.set_attributes(
                usage_attributes(
                    input_tokens=usage.get("input_tokens"),
                    output_tokens=usage.get("output_tokens"),
                    cache_read_tokens=usage.get("cache_read_input_tokens"),
                    cache_write_tokens=usage.get("cache_creation_input_tokens"),
                )
            )
        if message.get("is_error") is True:
            kind = str(message.get("subtype") or "error")
            run.call.set_outcome(
                Outcome.ERROR, error_type=kind, message=_text(message.get("result"))
            )
        self._runs.end(id(query))

    def closed(self, query: Any, error: BaseException | None) -> None:
        """Nothing more will be said: a turn that has no result was broken off."""
        run = self._runs.own(id(query))
        if run is None:
            return
        if error is None:
            run.told = Outcome.ABANDONED, None, None
        self._runs.end(id(query), error)

    def context_of_tool(self, query: Any, server: Any, message: Any) -> Context | None:
        """Where a tool of the host's own runs that the agent's program asks for."""
        try:
            if message.get("method") != "tools/call":
                return None
            asked = message.get("params") or {}
            wanted = f"mcp__{server}__{asked.get('name')}", asked.get("arguments")
            for tool_id, known in self._conversation(query).open_tools.items():
                run = self._runs.own((id(query), tool_id))
                if known == wanted and run is not None:
                    return run.call.context
        except Exception:
            _log.debug("a tool of the host is not below its call", exc_info=True)
        return None

    def _conversation(self, query: Any) -> _Conversation:
        return self._known.setdefault(query, _Conversation())


def _is_start(message: Mapping[str, Any]) -> bool:
    return message.get("type") == "system" and message.get("subtype") == "init"


def _tool_name(name: str) -> tuple[str, bool]:
    """A tool of an MCP server, without the server's name."""
    if name.startswith("mcp__") and name.count("__") > 1:
        return name.split("__", 2)[2], True
    return name, False


def _text(content: Any) -> str | None:
    if isinstance(content, list):
        content = next((one.get("text") for one in content if isinstance(one, Mapping)), None)
    return content if isinstance(content, str) else None
