"""Spans become one logical call by containment, and only so."""

from pathlib import Path
from typing import Any

import pytest

from support.traces import agent, otlp, span, tool, write_lines
from toolspan.analytics import open_traces


def calls(tmp_path: Path, *spans: dict[str, Any], scope: str = "my.app") -> list[tuple[Any, ...]]:
    path = write_lines(tmp_path / "spans.jsonl", otlp(spans, scope=scope))
    with open_traces(path) as traces:
        frame = traces.sql(
            "SELECT tool_name, outcome, agent_name, duration_ms, client_ms, server_ms "
            "FROM tool_calls ORDER BY start_time, span_id"
        )
    return [
        tuple(None if item != item else item for item in row)
        for row in frame.itertuples(index=False)
    ]


def mcp(name: str, number: int, parent: int | None, kind: int, **more: Any) -> dict[str, Any]:
    more = {"mcp__method__name": "tools/call", **more}
    return span(name, number, parent, kind=kind, **more)


@pytest.mark.requirement("design.5-fold-containment")
def test_client_and_server_spans_of_mcp_are_part_of_the_call(tmp_path: Path) -> None:
    assert calls(
        tmp_path,
        agent("helper", 1),
        tool("clock", 2, 1, ms=100),
        mcp("MCP send tools/call clock", 3, 2, 3, ms=80),
        mcp("tools/call clock", 4, 3, 2, ms=60, gen_ai__tool__name="clock"),
    ) == [("clock", "ok", "helper", 100.0, 80.0, 60.0)]


def test_a_client_span_of_mcp_without_a_call_above_is_the_call(tmp_path: Path) -> None:
    assert calls(
        tmp_path,
        agent("helper", 1),
        mcp("MCP send tools/call clock", 3, 1, 3, ms=80),
        mcp("tools/call clock", 4, 3, 2, ms=60, gen_ai__tool__name="clock"),
    ) == [("clock", "ok", "helper", 80.0, 80.0, 60.0)]


def test_a_failure_only_the_server_saw_is_the_calls(tmp_path: Path) -> None:
    assert calls(
        tmp_path,
        tool("clock", 2, ms=100),
        mcp("MCP send tools/call clock", 3, 2, 3, ms=80),
        mcp("tools/call clock", 4, 3, 2, ms=60, gen_ai__tool__name="clock", error="tool_error"),
    ) == [("clock", "tool_error", None, 100.0, 80.0, 60.0)]


def test_a_framework_may_put_the_servers_name_before_the_tools(tmp_path: Path) -> None:
    assert calls(
        tmp_path,
        tool("time_server_get_time", 2, ms=100),
        mcp("MCP send tools/call get_time", 3, 2, 3, ms=80),
    ) == [("time_server_get_time", "ok", None, 100.0, 80.0, None)]


def test_another_tool_below_a_tool_is_a_call_of_its_own(tmp_path: Path) -> None:
    assert [call[0] for call in calls(tmp_path, tool("a", 1), tool("b", 2, 1, at=1))] == ["a", "b"]


def test_the_same_tool_below_an_agent_below_it_is_another_call(tmp_path: Path) -> None:
    found = calls(tmp_path, tool("ask", 1), agent("other", 2, 1, at=1), tool("ask", 3, 2, at=2))
    assert [(call[0], call[2]) for call in found] == [("ask", None), ("ask", "other")]


@pytest.mark.requirement("design.5-call-id-never-folds")
def test_equal_call_ids_never_fold(tmp_path: Path) -> None:
    found = calls(
        tmp_path,
        *(tool("search", n, at=n, gen_ai__tool__call__id="call_1") for n in range(1, 4)),
    )
    assert len(found) == 3


def test_two_instrumentations_of_one_call_are_one_call(tmp_path: Path) -> None:
    assert len(calls(tmp_path, tool("search", 1, ms=10), tool("search", 2, 1, ms=9))) == 1


def test_a_nested_agent_span_of_the_same_agent_is_the_same_run(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "spans.jsonl",
        otlp([agent("a", 1), agent("a", 2, 1), agent("b", 3, 2), tool("t", 4, 3)]),
    )
    with open_traces(path) as traces:
        assert [
            (r["agent_name"], r["runs"], r["tool_calls"]) for r in traces.records("agents")
        ] == [
            ("a", 1, 0),
            ("b", 1, 1),
        ]


def test_a_user_tool_may_be_called_like_framework_plumbing(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "spans.jsonl", otlp([tool("finish", 1), tool("final_answer", 2)]))
    with open_traces(path) as traces:
        assert [r["tool_name"] for r in traces.records("tools")] == ["final_answer", "finish"]


def test_spans_in_a_circle_stand_alone(tmp_path: Path) -> None:
    assert len(calls(tmp_path, tool("a", 1, 2), tool("b", 2, 1), tool("c", 3, 3))) == 3


def test_identity_comes_from_anywhere_in_the_trace(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "spans.jsonl",
        otlp(
            [tool("t", 2, 1), tool("lost", 3, 99), span("root", 1, gen_ai__conversation__id="c1")]
        ),
    )
    with open_traces(path) as traces:
        assert set(traces.sql("SELECT session_id FROM tool_calls")["session_id"]) == {"c1"}


def test_an_error_on_the_way_that_is_no_tool_changes_nothing(tmp_path: Path) -> None:
    found = calls(tmp_path, tool("get", 1), span("GET", 2, 1, kind=3, error="503"))
    assert [(call[0], call[1]) for call in found] == [("get", "ok")]


@pytest.mark.requirement("design.3-outcome-of-others")
def test_outcomes_follow_from_status_and_error_type(tmp_path: Path) -> None:
    found = calls(
        tmp_path,
        tool("ok", 1, at=1),
        tool("raised", 2, at=2, error="ValueError"),
        tool("returned", 3, at=3, error="tool_error"),
        tool("slow", 4, at=4, error="httpx.ReadTimeout"),
        tool("stopped", 5, at=5, error="asyncio.exceptions.CancelledError"),
        tool("waits", 6, at=6, error="langgraph.errors.GraphInterrupt"),
        dict(tool("open", 7, at=7), endTimeUnixNano="0"),
        tool("said", 8, at=8, toolspan__outcome="denied"),
    )
    assert [call[1] for call in found] == [
        "ok", "error", "tool_error", "timeout", "cancelled", "interrupted", "abandoned", "denied",
    ]  # fmt: skip


def test_old_names_of_the_conventions_are_read(tmp_path: Path) -> None:
    old = span(
        "chat m", 1, gen_ai__operation__name="chat", gen_ai__system="openai",
        gen_ai__request__model="m", gen_ai__usage__prompt_tokens=7,
        gen_ai__usage__completion_tokens=3,
    )  # fmt: skip
    path = write_lines(tmp_path / "spans.jsonl", otlp([old]))
    with open_traces(path) as traces:
        frame = traces.sql(
            "SELECT unit, provider, model, input_tokens, output_tokens FROM resolved"
        )
    assert frame.values.tolist() == [["llm", "openai", "m", 7, 3]]
