"""Real traces of 1 176 sessions give the answers that others computed (tau2-bench; MIT)."""

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest

from support.reference import shared
from toolspan.analytics import Traces, open_traces

pytestmark = pytest.mark.shared

STATISTICS = ("mean", "p50", "p90", "p95", "p99", "max")


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    path = shared("data", "tau2-bench", "reference_answers.json.gz")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return json.load(file)


@pytest.fixture(scope="module")
def traces() -> Iterator[Traces]:
    path = shared("data", "tau2-bench", "traces.jsonl.gz")
    with open_traces(path, cache=False) as opened:
        yield opened


def same_lengths(record: dict[str, Any], expected: dict[str, float]) -> None:
    for statistic in STATISTICS:
        assert record[f"{statistic}_ms"] == pytest.approx(expected[statistic], rel=1e-9, abs=1e-12)


def test_workflows(traces: Traces, reference: dict[str, Any]) -> None:
    found = {record["workflow_name"]: record for record in traces.records("workflows")}
    assert found.keys() == reference["workflows"].keys()
    for name, expected in reference["workflows"].items():
        assert (found[name]["runs"], found[name]["errors"]) == (
            expected["runs"],
            expected["errors"],
        )
        same_lengths(found[name], expected["duration_ms"])
    calls = sum(record["tool_calls"] for record in found.values())
    assert calls == reference["dataset"]["tool_calls"]


def test_tools_of_each_agent(traces: Traces, reference: dict[str, Any]) -> None:
    found: dict[str, Any] = {}
    for record in traces.records("tools", by=("agent_name", "tool_name")):
        found.setdefault(record["agent_name"], {})[record["tool_name"]] = {
            "calls": record["calls"],
            "errors": record["errors"],
        }
    assert found == reference["tools_by_agent"]


@pytest.mark.requirement("pain.08-double-counting")
def test_tokens_and_cost_of_models(traces: Traces, reference: dict[str, Any]) -> None:
    found = {record["model"]: record for record in traces.records("models")}
    assert found.keys() == reference["models"].keys()
    for name, expected in reference["models"].items():
        record = found[name]
        for key in ("calls", "errors", "calls_with_usage", "calls_with_cost"):
            assert record[key] == expected[key], (name, key)
        for key in ("input_tokens", "output_tokens"):
            assert (record[key] or 0) == expected[key], (name, key)
        # The reference says 0.0 where no call has a cost: that is not known, rather than nothing.
        if expected["calls_with_cost"]:
            assert record["cost"] == pytest.approx(expected["cost_usd"], rel=1e-9)
        else:
            assert record["cost"] is None
        same_lengths(record, expected["duration_ms"])


@pytest.mark.requirement("analytics.01-roll-ups")
def test_sums_are_the_same_whoever_counts(traces: Traces, reference: dict[str, Any]) -> None:
    said = reference["dataset"]
    expected = (said["input_tokens"], said["output_tokens"], pytest.approx(said["cost_usd"]))
    for measure in ("models", "agents", "workflows", "sessions"):
        records = traces.records(measure)
        sums = [
            sum(record[key] or 0 for record in records)
            for key in ("input_tokens", "output_tokens", "cost")
        ]
        assert tuple(sums) == expected, measure
    (totals,) = traces.records("totals")
    assert (totals["input_tokens"], totals["output_tokens"], totals["cost"]) == expected
    assert totals["calls"] == sum(record["calls"] for record in traces.records("trends"))


def test_retries_after_errors_are_those_inferred(traces: Traces, reference: dict[str, Any]) -> None:
    expected = dict(reference["retries_after_error"])
    by_tool = expected.pop("by_tool")
    found = {record["tool_name"]: record for record in traces.records("repeats")}
    assert {
        name: {"retried": record["repeated"], "recovered": record["recovered"]}
        for name, record in found.items()
    } == by_tool
    assert {
        "errors": sum(record["errors"] for record in found.values()),
        "followed_by_same_tool": sum(record["repeated"] for record in found.values()),
        "with_identical_arguments": sum(r["with_same_arguments"] for r in found.values()),
        "recovered": sum(record["recovered"] for record in found.values()),
    } == expected
    # They are never attempts.
    assert traces.records("recovery") == []
    assert sum(record["attempts"] for record in traces.records("tools")) == 9130


def test_calls_by_day(traces: Traces, reference: dict[str, Any]) -> None:
    found = {
        f"{record['time']:%Y-%m-%d}": {"calls": record["calls"], "errors": record["errors"]}
        for record in traces.records("trends", every="day")
    }
    assert found == reference["tool_calls_by_day"]


def test_sessions(traces: Traces, reference: dict[str, Any]) -> None:
    expected = reference["sessions"]
    frame = traces.sessions()
    assert (len(frame), sum(frame["outcome"] == "error")) == (expected["count"], expected["errors"])
    names = {
        "duration_ms": "duration_ms",
        "tool_calls": "tool_calls",
        "failed_calls": "tool_errors",
    }
    names["llm_calls"] = "llm_calls"
    for ours, theirs in names.items():
        for key, value in expected[theirs].items():
            found = frame[ours]
            if key.startswith("p"):
                assert found.quantile(int(key[1:]) / 100) == pytest.approx(value, rel=1e-9)
            else:
                assert getattr(found, key)() == pytest.approx(value, rel=1e-9)
    # As for models: without any cost reported the cost of a session is not known.
    assert frame["cost"].isna().equals(frame["llm_calls_with_cost"] == 0)
    assert frame["cost"].fillna(0).mean() == pytest.approx(expected["cost"]["mean"])


def test_loops_and_dead_ends_are_found(traces: Traces) -> None:
    loops = traces.loops()
    assert list(loops["calls"][:3]) == [100, 99, 99]
    assert loops["tool_name"][0] == "transfer_to_human_agents"
    assert traces.dead_ends()["sessions"].sum() == 12
