"""Every table of the model for one small run, whole: a workflow with a step, an agent, its calls."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.tables import columns, whole
from support.traces import agent, otlp, span, tool, value, write_lines
from toolspan.analytics import Traces, open_traces
from toolspan.analytics.traces import TABLES

BASE = {"workflow_name": "news", "session_id": "s-1", "user_id": "u-1"}
IN_STEP = {**BASE, "step_name": "gather", "workflow_run_id": 1}
IN_AGENT = {**IN_STEP, "agent_name": "researcher", "step_id": 2}
CALL = {
    **IN_AGENT,
    "parent_unit_id": 3,
    "agent_run_id": 3,
    "attempts": 1,
    "is_retried": False,
    "wasted_retry_ms": 0.0,
    "is_pseudo": False,
}


def run() -> list[dict[str, Any]]:
    """0 to 1 000 ms: the step from 10, the agent from 20, a model call, three tool calls."""
    return [
        span(
            "invoke_workflow news", 1, ms=1000, session__id="s-1", user__id="u-1",
            gen_ai__operation__name="invoke_workflow", gen_ai__workflow__name="news",
        ),
        span(
            "step gather", 2, 1, at=10, ms=900, toolspan__step="gather", toolspan__step__index=0,
            toolspan__outcome="ok",
        ),
        agent("researcher", 3, 2, at=20, ms=800),
        span(
            "chat m", 4, 3, at=30, kind=3, gen_ai__operation__name="chat",
            gen_ai__request__model="m", gen_ai__provider__name="openai",
            gen_ai__usage__input_tokens=10, gen_ai__usage__output_tokens=5,
            gen_ai__usage__cost__amount=0.25, gen_ai__usage__cost__currency="USD",
        ),
        tool(
            "fetch", 5, 3, at=200, ms=300, toolspan__tool_call__layer="logical",
            toolspan__attempt__count=2, toolspan__outcome="ok", gen_ai__tool__call__id="c-1",
            toolspan__tool_call__arguments_hash="h1", toolspan__tool__cost__amount=0.5,
            toolspan__tool__cost__currency="USD",
        ),
        span(
            "attempt fetch", 6, 5, at=200, error="TimeoutError", message="too slow",
            toolspan__tool_call__layer="attempt", toolspan__attempt__number=1,
            toolspan__attempt__error_type="TimeoutError", toolspan__outcome="timeout",
        ),
        span(
            "attempt fetch", 7, 5, at=350, ms=150, toolspan__tool_call__layer="attempt",
            toolspan__attempt__number=2, toolspan__outcome="ok",
        ),
        tool("clock", 8, 3, at=600, error="tool_error"),
        span(
            "tools/call clock", 9, 8, at=610, ms=80, kind=3, mcp__method__name="tools/call",
            gen_ai__tool__name="clock", error="tool_error",
        ),
        span(
            "tools/call clock", 10, 9, at=620, ms=60, kind=2, mcp__method__name="tools/call",
            gen_ai__tool__name="clock", error="tool_error",
        ),
        tool(
            "clock", 11, 3, at=710, ms=50, toolspan__fallback__from="fetch",
            toolspan__fallback__position=1,
        ),
    ]  # fmt: skip


def rating(name: str, score: float, **more: str) -> dict[str, Any]:
    says = {"gen_ai.evaluation.name": name, "gen_ai.evaluation.score.value": score, **more}
    record = {
        "timeUnixNano": "1772442060000000000",
        "eventName": "gen_ai.evaluation.result",
        "attributes": [{"key": key, "value": value(item)} for key, item in says.items()],
        "traceId": f"{1:032x}",
    }
    return {"resourceLogs": [{"scopeLogs": [{"scope": {}, "logRecords": [record]}]}]}


@pytest.fixture(scope="module")
def traces(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traces]:
    folder = tmp_path_factory.mktemp("run")
    write_lines(folder / "spans.jsonl", otlp(run()))
    source = {"toolspan.feedback.source_kind": "human", "toolspan.feedback.id": "fb-1"}
    write_lines(folder / "events.jsonl", rating("quality", 0.5, **source))
    with open_traces(folder) as opened:
        yield opened


@pytest.mark.requirement("design.5-table-spans")
def test_spans_have_a_row_each_with_its_place(traces: Traces) -> None:
    assert columns(
        traces, "spans", "span_id", "parent_span_id", "depth", "unit", "kind", "layer", "tool_name",
        "parent_unit_id", "agent_run_id", "step_id", "workflow_run_id", "start_time", "end_time",
        "outcome",
    ) == [
        (1, None, 0, "workflow", "workflow", None, None, None, None, None, None, 0, 1000, "ok"),
        (2, 1, 1, "step", "step", None, None, 1, None, None, 1, 10, 910, "ok"),
        (3, 2, 2, "agent", "agent", None, None, 2, None, 2, 1, 20, 820, "ok"),
        (4, 3, 3, "llm", "llm", None, None, 3, 3, 2, 1, 30, 130, "ok"),
        (5, 3, 3, "tool", "tool", "logical", "fetch", 3, 3, 2, 1, 200, 500, "ok"),
        (6, 5, 4, None, "tool", "attempt", None, 5, 3, 2, 1, 200, 300, "timeout"),
        (7, 5, 4, None, "tool", "attempt", None, 5, 3, 2, 1, 350, 500, "ok"),
        (8, 3, 3, "tool", "tool", "logical", "clock", 3, 3, 2, 1, 600, 700, "tool_error"),
        (9, 8, 4, None, "tool", "client", "clock", 8, 3, 2, 1, 610, 690, "tool_error"),
        (10, 9, 5, None, "tool", "server", "clock", 8, 3, 2, 1, 620, 680, "tool_error"),
        (11, 3, 3, "tool", "tool", "logical", "clock", 3, 3, 2, 1, 710, 760, "ok"),
    ]  # fmt: skip


@pytest.mark.requirement("design.5-table-tool-calls")
def test_tool_calls_have_a_row_for_each_logical_call(traces: Traces) -> None:
    assert whole(traces, "tool_calls") == [
        {
            **CALL, "tool_name": "fetch", "span_id": 5,
            "start_time": 200, "end_time": 500, "duration_ms": 300.0, "outcome": "ok",
            "attempts": 2, "is_retried": True, "wasted_retry_ms": 150.0,
            "tool_call_id": "c-1", "arguments_hash": "h1", "cost": 0.5, "cost_currency": "USD",
        },
        {
            **CALL, "tool_name": "clock", "span_id": 8,
            "start_time": 600, "end_time": 700, "duration_ms": 100.0,
            "outcome": "tool_error", "error_type": "tool_error",
            "client_ms": 80.0, "server_ms": 60.0, "mcp_server": "tests",
        },
        {
            **CALL, "tool_name": "clock", "span_id": 11,
            "start_time": 710, "end_time": 760, "duration_ms": 50.0, "outcome": "ok",
            "fallback_from": "fetch", "fallback_position": 1,
        },
    ]  # fmt: skip


@pytest.mark.requirement("design.5-table-attempts")
def test_attempts_have_a_row_for_each_try(traces: Traces) -> None:
    attempt = {
        "tool_name": "fetch", "agent_name": "researcher", "workflow_name": "news",
        "step_name": "gather", "session_id": "s-1", "tool_call_span_id": 5,
    }  # fmt: skip
    assert whole(traces, "attempts") == [
        {
            **attempt, "attempt_number": 1, "span_id": 6, "start_time": 200, "end_time": 300,
            "duration_ms": 100.0, "outcome": "timeout", "error_type": "TimeoutError",
            "error_message": "too slow",
        },
        {
            **attempt, "attempt_number": 2, "span_id": 7, "start_time": 350, "end_time": 500,
            "duration_ms": 150.0, "waited_ms": 50.0, "outcome": "ok",
        },
    ]  # fmt: skip


@pytest.mark.requirement("design.5-table-agent-runs")
def test_agent_runs_have_a_row_for_each_run(traces: Traces) -> None:
    assert whole(traces, "agent_runs") == [
        {
            **IN_AGENT, "parent_unit_id": 2, "span_id": 3,
            "start_time": 20, "end_time": 820, "duration_ms": 800.0, "outcome": "ok",
        }
    ]  # fmt: skip


@pytest.mark.requirement("design.5-table-workflow-runs", "design.5-table-workflow-steps")
def test_workflow_runs_and_steps_have_a_row_each(traces: Traces) -> None:
    assert whole(traces, "workflow_runs") == [
        {**BASE, "span_id": 1, "start_time": 0, "end_time": 1000, "duration_ms": 1000.0,
         "outcome": "ok"}
    ]  # fmt: skip
    assert whole(traces, "workflow_steps") == [
        {**IN_STEP, "step_index": 0, "parent_unit_id": 1, "span_id": 2,
         "start_time": 10, "end_time": 910, "duration_ms": 900.0, "outcome": "ok"}
    ]  # fmt: skip


@pytest.mark.requirement("design.5-table-llm-calls")
def test_llm_calls_have_a_row_for_each_model_call(traces: Traces) -> None:
    assert whole(traces, "llm_calls") == [
        {
            **IN_AGENT, "model": "m", "provider": "openai", "span_id": 4, "parent_unit_id": 3,
            "agent_run_id": 3, "start_time": 30, "end_time": 130, "duration_ms": 100.0,
            "outcome": "ok", "input_tokens": 10, "output_tokens": 5,
            "cost": 0.25, "cost_currency": "USD",
        }
    ]  # fmt: skip


@pytest.mark.requirement("design.5-table-sessions")
def test_sessions_have_a_row_for_each_session(traces: Traces) -> None:
    assert whole(traces, "sessions", order="session_key") == [
        {
            **BASE, "start_time": 0, "end_time": 1000, "duration_ms": 1000.0, "outcome": "ok",
            "traces": 1, "spans": 11, "llm_calls": 1, "input_tokens": 10, "output_tokens": 5,
            "cost": 0.25, "llm_calls_with_cost": 1,
        }
    ]  # fmt: skip


@pytest.mark.requirement("design.5-table-feedback")
def test_feedback_has_a_row_for_each_score_with_the_session_of_its_trace(traces: Traces) -> None:
    assert whole(traces, "feedback", order="feedback_id") == [
        {
            "score_name": "quality", "value": 0.5, "value_kind": "numeric", "source_kind": "human",
            "target_kind": "trace", "is_superseded": False, "is_no_judgement": False,
            "is_unknown_label": False, "matched_by": "trace", "time": 60_000,
            "feedback_id": "fb-1", "ingested_from": "opentelemetry",
        }
    ]  # fmt: skip
    assert columns(traces, "feedback", "session_key", order="1") == [("s-1",)]


@pytest.mark.requirement("design.5-times")
def test_times_are_utc_timestamps_to_the_nanosecond(tmp_path: Path) -> None:
    odd = tool("a", 1)
    odd["startTimeUnixNano"], odd["endTimeUnixNano"] = "1772442000000000001", "1772442000000001236"
    with open_traces(write_lines(tmp_path / "spans.jsonl", otlp([odd]))) as traces:
        frame = traces.tables.tool_calls
        assert str(frame["start_time"].dtype) == str(frame["end_time"].dtype)
        assert str(frame["start_time"].dtype) == "datetime64[ns, UTC]"
        assert frame["start_time"][0].value == 1772442000000000001
        assert frame["duration_ms"][0] == 0.001235


def test_every_table_is_there_for_empty_input(tmp_path: Path) -> None:
    (tmp_path / "spans.jsonl").write_bytes(b"")
    with open_traces(tmp_path) as traces:
        assert [len(getattr(traces.tables, name)) for name in TABLES] == [0] * len(TABLES)
