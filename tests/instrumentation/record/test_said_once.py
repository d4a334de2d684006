"""What the requests of an agent run repeat stands where it is said first."""

import json
from typing import Any

import pytest

from toolspan.instrumentation.record import SaidInRuns, SaidOnce

TOOLS = '[{"type":"function","name":"search"}]'
HI = {"role": "user", "parts": [{"type": "text", "content": "hi"}]}
ASKED = {"role": "assistant", "parts": [{"type": "tool_call", "id": "c1", "name": "search"}]}
FOUND = {"role": "user", "parts": [{"type": "tool_call_response", "id": "c1", "result": "found"}]}
DONE = {"role": "assistant", "parts": [{"type": "text", "content": "done"}]}


def request(*messages: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    return {
        "gen_ai.tool.definitions": TOOLS,
        "gen_ai.input.messages": json.dumps(messages),
        "gen_ai.output.messages": json.dumps([{**answer, "finish_reason": "stop"}]),
        "other": 1,
    }


def said_by(said: SaidOnce, *requests: dict[str, Any]) -> list[dict[str, Any]]:
    new = [said.new_in(attributes, {}, has_content=True) for attributes in requests]
    return [
        {
            key: json.loads(value) if key.endswith("messages") and key[0] == "g" else value
            for key, value in one.items()
            if key != "gen_ai.output.messages"
        }
        for one in new
    ]


def test_a_request_carries_the_messages_that_those_before_it_did_not() -> None:
    assert said_by(
        SaidOnce(),
        request(HI, answer=ASKED),
        request(HI, ASKED, FOUND, answer=DONE),
        request(HI, ASKED, FOUND, DONE, HI, answer=DONE),
    ) == [
        {"gen_ai.tool.definitions": TOOLS, "gen_ai.input.messages": [HI], "other": 1},
        {
            "gen_ai.input.messages": [FOUND],
            "toolspan.content.earlier_message_count": 2,
            "other": 1,
        },
        {"gen_ai.input.messages": [HI], "toolspan.content.earlier_message_count": 4, "other": 1},
    ]


def test_a_history_that_was_rewritten_is_recorded_from_where_it_differs() -> None:
    shortened = request(FOUND, answer=DONE)
    said = SaidOnce()
    said_by(said, request(HI, ASKED, FOUND, answer=DONE))
    assert said_by(said, shortened) == [{"gen_ai.input.messages": [FOUND], "other": 1}]


def test_a_changed_list_of_tools_is_recorded_again() -> None:
    said = SaidOnce()
    more = {"gen_ai.tool.definitions": "[]"}
    assert [
        said.new_in(attributes, {}, has_content=True)
        for attributes in ({"gen_ai.tool.definitions": TOOLS}, more, more)
    ] == [{"gen_ai.tool.definitions": TOOLS}, more, {}]


def test_a_result_that_stands_on_its_call_is_left_out_of_the_message() -> None:
    said = SaidOnce()
    known = {"gen_ai.tool.call.id": "c1"}
    said.new_in({"gen_ai.tool.call.result": "found"}, known, has_content=True)
    assert said_by(said, request(HI, ASKED, FOUND, answer=DONE))[0]["gen_ai.input.messages"] == [
        HI,
        ASKED,
        {"role": "user", "parts": [{"type": "tool_call_response", "id": "c1"}]},
    ]


def test_without_content_the_tools_are_left_out() -> None:
    new = SaidOnce().new_in({"gen_ai.tool.definitions": TOOLS, "a": 1}, {}, has_content=False)
    assert new == {"a": 1}


@pytest.mark.parametrize("text", ["", "{", "3", None, "[1, null]"])
def test_messages_that_are_none_are_left_as_they_are(text: Any) -> None:
    attributes = {"gen_ai.input.messages": text}
    assert SaidOnce().new_in(attributes, {}, has_content=True) == attributes


def test_a_run_that_repeats_no_request_keeps_its_messages() -> None:
    repeated = {"all": "x", "a": 1}
    said = SaidOnce()
    assert said.without_messages(repeated, ["all"]) == repeated
    said_by(said, request(HI, answer=DONE))
    assert said.without_messages(repeated, ["all"]) == {"a": 1}


def test_runs_know_nothing_of_each_other_and_are_forgotten() -> None:
    runs = SaidInRuns(most=2)
    first, second = ({"gen_ai.agent.call.id": name} for name in "ab")
    assert runs.of(first) is runs.of(first)
    assert runs.of(first) is not runs.of(second)
    assert runs.of({}) is not runs.of({})
    kept = runs.of(second)
    runs.of({"gen_ai.agent.call.id": "c"})
    assert runs.of(second) is kept
    runs.forget(second)
    assert runs.of(second) is not kept
