"""What a chat with a model repeats with every request, recorded where it is said first.

Each request carries all messages before it and the definitions of all tools; the run around the
requests repeats the messages once more. Of a run, each message, each tool's result, and each list
of tools is kept once.
"""

import json
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from toolspan.conventions.attributes import (
    GEN_AI_AGENT_CALL_ID,
    GEN_AI_INPUT_MESSAGES,
    GEN_AI_OUTPUT_MESSAGES,
    GEN_AI_SYSTEM_INSTRUCTIONS,
    GEN_AI_TOOL_CALL_ID,
    GEN_AI_TOOL_CALL_RESULT,
    GEN_AI_TOOL_DEFINITIONS,
    TOOLSPAN_CONTENT_EARLIER_MESSAGE_COUNT,
)

_ONCE: Final = (GEN_AI_TOOL_DEFINITIONS, GEN_AI_SYSTEM_INSTRUCTIONS)


class SaidOnce:
    """What was said so far in one agent run."""

    def __init__(self) -> None:
        self._said: Final[dict[str, Any]] = {}
        self._messages: list[int] = []
        self._results: Final[set[str]] = set()
        self._lock: Final = threading.Lock()

    def new_in(
        self, attributes: Mapping[str, Any], known: Mapping[str, Any], *, has_content: bool
    ) -> dict[str, Any]:
        """Of the attributes that a span of this run is given, what was not said before.

        `known` are those it has. Where content is not recorded, neither are the tools.
        """
        new = dict(attributes)
        if not has_content:
            new.pop(GEN_AI_TOOL_DEFINITIONS, None)
            return new
        if GEN_AI_TOOL_CALL_RESULT in new:
            self._results.add(str(known.get(GEN_AI_TOOL_CALL_ID)))
        with self._lock:
            for key in _ONCE:
                if key in new and self._said.get(key) == new[key]:
                    del new[key]
                elif key in new:
                    self._said[key] = new[key]
            if GEN_AI_INPUT_MESSAGES in new:
                new.update(self._new_messages(new[GEN_AI_INPUT_MESSAGES]))
            if GEN_AI_OUTPUT_MESSAGES in new:
                self._messages.extend(map(_mark, _list_of(new[GEN_AI_OUTPUT_MESSAGES])))
        return new

    def without_messages(
        self, attributes: Mapping[str, Any], repeated: Iterable[str]
    ) -> dict[str, Any]:
        """Of the attributes of the run itself, those that do not repeat its requests."""
        if not self._messages:
            return dict(attributes)
        left_out = {*repeated, GEN_AI_SYSTEM_INSTRUCTIONS}
        return {key: value for key, value in attributes.items() if key not in left_out}

    def _new_messages(self, text: Any) -> dict[str, Any]:
        messages = _list_of(text)
        marks = [_mark(message) for message in messages]
        known = 0
        for mark, earlier in zip(marks, self._messages, strict=False):
            if mark != earlier:
                break
            known += 1
        self._messages = marks
        new = [self._without_results(message) for message in messages[known:]]
        if not known and new == messages:
            return {GEN_AI_INPUT_MESSAGES: text}
        said = {GEN_AI_INPUT_MESSAGES: json.dumps(new, ensure_ascii=False, separators=(",", ":"))}
        return {**said, TOOLSPAN_CONTENT_EARLIER_MESSAGE_COUNT: known} if known else said

    def _without_results(self, message: Any) -> Any:
        """A message without the results that stand on the tool calls they are of."""
        parts = message.get("parts") if isinstance(message, Mapping) else None
        if not isinstance(parts, list):
            return message
        return {**message, "parts": [self._without_result(part) for part in parts]}

    def _without_result(self, part: Any) -> Any:
        if not isinstance(part, Mapping) or part.get("type") != "tool_call_response":
            return part
        if part.get("id") not in self._results:
            return part
        return {key: value for key, value in part.items() if key not in ("result", "response")}


class SaidInRuns:
    """By agent run; beyond `most` that run at once, the oldest is forgotten."""

    def __init__(self, most: int = 1_000) -> None:
        self._most: Final = most
        self._runs: Final[OrderedDict[str, SaidOnce]] = OrderedDict()
        self._lock: Final = threading.Lock()

    def of(self, attributes: Mapping[str, Any]) -> SaidOnce:
        """What was said in the run of a span; one outside of any run has nothing before it."""
        run = attributes.get(GEN_AI_AGENT_CALL_ID)
        if not isinstance(run, str) or not run:
            return SaidOnce()
        with self._lock:
            said = self._runs.setdefault(run, SaidOnce())
            if len(self._runs) > self._most:
                self._runs.popitem(last=False)
        return said

    def forget(self, attributes: Mapping[str, Any]) -> None:
        """The run of this span is over."""
        with self._lock:
            self._runs.pop(str(attributes.get(GEN_AI_AGENT_CALL_ID)), None)


def _list_of(text: Any) -> list[Any]:
    try:
        value = json.loads(text)
    except (TypeError, ValueError):
        return []
    return value if isinstance(value, list) else []


def _mark(message: Any) -> int:
    """By which a message is known again: how it was finished is said only where it is new."""
    if isinstance(message, Mapping):
        message = [message.get("role"), message.get("parts")]
    return hash(json.dumps(message, sort_keys=True))
