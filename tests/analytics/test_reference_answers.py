"""Real data and the hand-worked example give the answers that others worked out."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from support.reference import shared
from toolspan.analytics import open_traces
from toolspan.analytics.output import to_json

STATISTICS = ("mean", "p50", "p90", "p95", "p99", "max")


def tau2(name: str) -> Path:
    return shared("data", "tau2-bench", name)


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    with gzip.open(tau2("reference_answers.json.gz"), "rt", encoding="utf-8") as file:
        return json.load(file)


@pytest.mark.requirement("project.tau2-tools", "design.5-percentiles")
@pytest.mark.shared
def test_tools_of_real_traces_equal_the_reference(cli, reference) -> None:
    records = cli.json("tools", tau2("traces.jsonl.gz"))
    found = {record["tool_name"]: record for record in records}
    assert len(records) == len(found) == 154
    assert found.keys() == reference["tools"].keys()
    for name, expected in reference["tools"].items():
        record = found[name]
        assert (record["calls"], record["errors"], record["sessions"]) == (
            expected["calls"],
            expected["errors"],
            expected["sessions"],
        ), name
        assert record["error_rate"] == pytest.approx(expected["error_rate"], rel=1e-9)
        for statistic in STATISTICS:
            assert record[f"{statistic}_ms"] == pytest.approx(
                expected["duration_ms"][statistic], rel=1e-9, abs=1e-12
            ), (name, statistic)


@pytest.mark.requirement("project.tau2-agents")
@pytest.mark.shared
def test_agents_of_real_traces_equal_the_reference(cli, reference) -> None:
    records = cli.json("agents", tau2("traces.jsonl.gz"))
    found = {record["agent_name"]: record for record in records}
    assert found.keys() == reference["agents"].keys()
    for name, expected in reference["agents"].items():
        record = found[name]
        assert (record["runs"], record["errors"]) == (expected["runs"], expected["errors"])
        for statistic in STATISTICS:
            assert record[f"{statistic}_ms"] == pytest.approx(
                expected["duration_ms"][statistic], rel=1e-9
            ), (name, statistic)


@pytest.mark.shared
def test_the_example_here_is_the_reference_example(newsletter: Path) -> None:
    for name in ("spans.jsonl", "events.jsonl"):
        assert (newsletter / name).read_bytes() == shared("data", "golden", name).read_bytes()
    expected = json.loads(shared("data", "golden", "expected.json").read_text(encoding="utf-8"))
    assert json.loads((newsletter / "expected.json").read_text(encoding="utf-8")) == expected


@pytest.mark.requirement("design.3-success-rate", "design.5-same-span-once")
def test_tools_of_the_example_have_the_hand_worked_answers(newsletter, answers, cli) -> None:
    found = {record["tool_name"]: record for record in cli.json("tools", newsletter)}
    assert found.keys() == answers["tools"].keys()
    for name, expected in answers["tools"].items():
        for key, value in expected.items():
            assert found[name][key] == (
                value if value is None else pytest.approx(value, abs=5e-7)
            ), (name, key)
    assert "final_answer 1" in cli.err


def test_agents_of_the_example_have_the_hand_worked_answers(newsletter, answers, cli) -> None:
    found = {record["agent_name"]: record for record in cli.json("agents", newsletter)}
    assert found.keys() == answers["agents"].keys()
    for name, expected in answers["agents"].items():
        record = dict(found[name], failures=found[name]["errors"])
        record["other"] = sum(
            record[kind] for kind in ("cancelled", "denied", "interrupted", "abandoned")
        )
        for key in expected.keys() & record.keys():
            assert record[key] == pytest.approx(expected[key], abs=5e-7), (name, key)


def test_feedback_of_the_example_is_counted_once_and_never_pooled(newsletter, answers) -> None:
    with open_traces(newsletter) as traces:
        records = traces.records("feedback_summary")
    for record in records:
        expected = answers["feedback"][record["score_name"]]
        assert (record["n"], record["matched"], record["unmatched"]) == (
            expected["unique"],
            expected["matched"],
            expected["unmatched"],
        )
        assert record["mean"] == pytest.approx(expected["mean"])
    assert [(r["score_name"], r["source_kind"], r["source_id"]) for r in records] == [
        ("links_ok", "code", "link-checker"),
        ("quality", "human", "editor"),
    ]


def test_frames_have_the_same_numbers_as_the_command(newsletter, cli) -> None:
    with open_traces(newsletter) as traces:
        tools, agents = traces.tools(), traces.agents()
    found = tools.astype(object).where(tools.notna(), None).to_dict("records")
    assert json.loads(to_json(found)) == cli.json("tools", newsletter)
    assert list(agents["agent_name"]) == [r["agent_name"] for r in cli.json("agents", newsletter)]


def test_framework_plumbing_is_shown_on_demand(newsletter, cli) -> None:
    names = [record["tool_name"] for record in cli.json("tools", newsletter, "--all")]
    assert "final_answer" in names


def test_files_of_every_origin_are_read_together(cli) -> None:
    names = {row["tool_name"] for row in cli.json("tools", shared("data", "dialects"))}
    assert {"get_current_time", "search_traces", "write_file", "getWeather", "HelloTool"} <= names
