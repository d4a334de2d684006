"""Every answer worked out by hand for the newsletter example (its drawings: docs/model.md)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from toolspan.analytics import Traces, open_traces

OTHER = ("cancelled", "denied", "interrupted", "abandoned")


@pytest.fixture(scope="module")
def traces() -> Iterator[Traces]:
    folder = Path(__file__).parent / "data" / "newsletter"
    with open_traces([folder / "spans.jsonl", folder / "events.jsonl"]) as opened:
        yield opened


def about(value: Any) -> Any:
    return pytest.approx(value, abs=5e-7) if isinstance(value, int | float) else value


def agree(found: dict[str, Any], expected: dict[str, Any]) -> None:
    for key, value in expected.items():
        assert found[key] == about(value), key


def one(traces: Traces, query: str) -> dict[str, Any]:
    (record,) = traces.sql_records(query)
    return record


def test_spans(traces: Traces, answers: dict[str, Any]) -> None:
    found = one(
        traces,
        """
        SELECT
            count(*) AS "unique", count(DISTINCT trace_id) AS traces,
            count(*) FILTER (unit = 'tool') AS logical_calls,
            count(*) FILTER (unit = 'pseudo') AS pseudo_calls,
            count(*) FILTER (layer = 'attempt') AS attempt_spans,
            count(*) FILTER (layer = 'client') AS client_layer_spans,
            count(*) FILTER (layer = 'server') AS server_layer_spans,
            count(*) FILTER (kind = 'llm') AS llm_spans,
            count(*) FILTER (unit = 'llm') AS llm_calls,
            count(*) FILTER (unit = 'agent') AS agent_runs,
            count(*) FILTER (unit = 'workflow') AS workflow_runs,
            count(*) FILTER (unit = 'step') AS workflow_steps,
            count(*) FILTER (parent_span_id IS NOT NULL AND depth = 0) AS orphans
        FROM spans
        """,
    )
    found |= {
        "delivered": traces.summary.spans_delivered,
        "delivered_twice": traces.summary.spans_delivered - traces.summary.spans,
        "lost_roots": traces.records("workflows")[0]["lost_roots"],
    }
    assert found == answers["spans"]
    for table in ("agent_runs", "workflow_runs", "workflow_steps", "llm_calls"):
        assert len(traces.table_records(table)) == answers["spans"][table]


@pytest.mark.requirement("analytics.05-timeouts")
def test_all_tools(traces: Traces, answers: dict[str, Any]) -> None:
    (record,) = traces.records("tools", by="workflow_name")
    other = sum(record[kind] for kind in OTHER)
    agree({**record, "failures": record["errors"], "other": other}, answers["all_tools"])


def test_pseudo_tools(traces: Traces, answers: dict[str, Any]) -> None:
    assert traces.pseudo_tools() == answers["pseudo_tools"]


def test_recovery_by_attempt(traces: Traces, answers: dict[str, Any]) -> None:
    found: dict[str, Any] = {}
    for record in traces.records("recovery"):
        found.setdefault(record["tool_name"], {})[str(record["attempt_number"])] = {
            "made": record["made"],
            "ok": record["ok"],
            "rate": record["recovery_rate"],
        }
    assert found == answers["recovery_by_attempt"]


@pytest.mark.requirement("analytics.05-fallback-rescue")
def test_fallbacks(traces: Traces, answers: dict[str, Any]) -> None:
    pairs = {
        f"{record['fallback_from']} > {record['tool_name']}": {
            "used": record["used"],
            "rescued": record["rescued"],
            "rescue_rate": record["rescue_rate"],
        }
        for record in traces.records("fallbacks")
    }
    assert pairs == answers["fallbacks"]["pairs"]
    tools = traces.records("tools")
    assert sum(tool["fallback_calls"] for tool in tools) == answers["fallbacks"]["used"]
    assert sum(tool["rescued_calls"] for tool in tools) == answers["fallbacks"]["rescued"]


def test_layers(traces: Traces, answers: dict[str, Any]) -> None:
    found = traces.sql_records(
        """
        SELECT session_id AS session, tool_name AS tool, duration_ms AS logical_ms,
            client_ms, server_ms
        FROM tool_calls WHERE server_ms IS NOT NULL ORDER BY session_id
        """
    )
    assert found == answers["layers"]
    (server,) = traces.records("servers")
    assert (server["mcp_server"], server["calls"], server["calls_seen_by_server"]) == (
        "clock-server",
        2,
        2,
    )


def test_agents(traces: Traces, answers: dict[str, Any]) -> None:
    for record in traces.records("agents"):
        other = sum(record[kind] for kind in OTHER)
        agree(
            {**record, "failures": record["errors"], "other": other},
            answers["agents"][record["agent_name"]],
        )


def test_workflows(traces: Traces, answers: dict[str, Any]) -> None:
    (record,) = traces.records("workflows")
    other = sum(record[kind] for kind in OTHER)
    agree(
        {**record, "failures": record["errors"], "other": other},
        answers["workflows"][record["workflow_name"]],
    )


def test_steps(traces: Traces, answers: dict[str, Any]) -> None:
    records = traces.records("steps")
    assert [r["step_name"] for r in records] == ["gather", "write"]
    for record in records:
        other = sum(record[kind] for kind in OTHER)
        found = {**record, "index": record["step_index"], "failures": record["errors"]}
        name = f"{record['workflow_name']} / {record['step_name']}"
        agree({**found, "other": other}, answers["steps"][name])


def test_sessions(traces: Traces, answers: dict[str, Any]) -> None:
    records = traces.records("sessions")
    assert [r["session_id"] for r in records] == list(answers["sessions"])
    for record in records:
        agree(record, answers["sessions"][record["session_id"]])
    expected = answers["all_sessions"]
    assert len(records) == expected.pop("count")
    for key, value in expected.items():
        assert sum(record[key] or 0 for record in records) == about(value), key


def test_models(traces: Traces, answers: dict[str, Any]) -> None:
    found = {record["model"]: record for record in traces.records("models")}
    assert found.keys() == answers["models"].keys()
    for model, expected in answers["models"].items():
        agree(found[model], expected)
    assert found["gpt-4.1"]["cost"] is None


def test_error_groups(traces: Traces, answers: dict[str, Any]) -> None:
    found = [
        {
            "tool": record["tool_name"],
            "error_type": record["error_type"],
            "message": record["message"],
            "count": record["count"],
        }
        for record in traces.records("errors")
    ]
    assert found == answers["error_groups"]


@pytest.mark.requirement("analytics.07-transitions")
def test_transitions(traces: Traces, answers: dict[str, Any]) -> None:
    (first, *_) = traces.records("transitions")
    assert (first["share"], first["after_failure"], first["p50_gap_ms"]) == (1, 1, -1400)
    assert 0 < first["share_low"] < first["share_high"] == pytest.approx(1)
    found = {
        f"{r['from_tool']} > {r['to_tool']}": r["count"] for r in traces.records("transitions")
    }
    assert found == answers["transitions"]


def test_loops(traces: Traces, answers: dict[str, Any]) -> None:
    found = [
        {"session": r["session_id"], "tool": r["tool_name"], "calls": r["calls"]}
        for r in traces.records("loops")
    ]
    assert found == answers["loops"]


@pytest.mark.requirement("analytics.05-dead-ends")
def test_dead_ends(traces: Traces, answers: dict[str, Any]) -> None:
    found = {record["tool_name"]: record["sessions"] for record in traces.records("dead_ends")}
    assert found == answers["dead_ends"]


def test_concurrency(traces: Traces, answers: dict[str, Any]) -> None:
    found = {r["session_key"]: r["most_at_once"] for r in traces.records("concurrency")}
    assert found.pop(None) == answers["concurrency"]["overall"]
    assert found == answers["concurrency"]["sessions"]
    (day,) = traces.records("trends")
    assert day["most_at_once"] == answers["concurrency"]["overall"]


def test_share_of_session_time(traces: Traces, answers: dict[str, Any]) -> None:
    expected = answers["share_of_session_time"]
    rows = traces.records("tools", with_pseudo=False)
    found = {
        record["tool_name"]: {
            "ms": record["session_time_ms"],
            "share": about(round(record["session_time_share"], 6)),
        }
        for record in rows
    }
    (any_tool,) = traces.records("tools", by="workflow_name")
    found["any tool"] = {
        "ms": any_tool["session_time_ms"],
        "share": about(round(any_tool["session_time_share"], 6)),
    }
    assert found == expected


def test_feedback(traces: Traces, answers: dict[str, Any]) -> None:
    for record in traces.records("feedback_summary"):
        expected = answers["feedback"][record["score_name"]]
        agree({**record, "unique": record["n"]}, {
            key: expected[key]
            for key in ("unique", "matched", "unmatched", "sessions_missing", "mean")
        })  # fmt: skip


@pytest.mark.requirement("analytics.06-critical-path", "analytics.06-what-if")
def test_critical_path(traces: Traces, answers: dict[str, Any]) -> None:
    found = {
        session: {f"{unit} {name}": ns / 1e6 for (unit, name), ns in path.items() if ns}
        for session, path in traces.critical_paths().items()
    }
    assert found == answers["critical_path"]
    records = traces.critical_path_records()
    assert {f"{r['unit']} {r['name']}": r["path_ms"] for r in records} == answers[
        "critical_path_total"
    ]
    halved = {r["name"]: r["half_saves_ms"] for r in records if r["unit"] == "tool"}
    assert halved == answers["what_if_halved_ms"]
    assert sum(r["share"] for r in records) == pytest.approx(1)
    assert list(traces.critical_path()["path_ms"]) == [r["path_ms"] for r in records]


@pytest.mark.requirement("analytics.06-missed-parallelism")
def test_missed_parallelism(traces: Traces, answers: dict[str, Any]) -> None:
    records = traces.records("missed_parallelism")
    found = [
        {
            "session": r["session_id"],
            "agent": r["agent_name"],
            "step": r["step_name"],
            "tools": r["tools"].split(", "),
            "saving_ms": r["saving_ms"],
        }
        for r in sorted(records, key=lambda r: r["session_id"])
    ]
    expected = answers["missed_parallelism"]
    assert found == expected["runs"]
    assert sum(r["saving_ms"] for r in records) == expected["saving_ms"]
