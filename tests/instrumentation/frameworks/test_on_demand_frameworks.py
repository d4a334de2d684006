"""Frameworks of the second rank, on demand: the same scenarios, the same questions.

The whole span tree of every scenario is compared with `trees/{name}.txt` (`WRITE_TREES=1` writes
it anew), and the tables with the tree: every call once, as it ended.
"""

import os
import re
from pathlib import Path

import pytest

from support.agent_frameworks import HERE, ran, run, tree_of
from support.on_demand_frameworks import FRAMEWORKS, program_of
from support.reference import REPOSITORY
from support.spans import otlp_json_spans
from toolspan.conventions.operations import KIND_BY_OPERATION
from toolspan.conventions.pseudo_tools import is_pseudo_tool

EXAMPLES = REPOSITORY / "examples" / "frameworks"
pytestmark = pytest.mark.frameworks


@pytest.fixture(params=FRAMEWORKS)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


def test_every_scenario_leaves_the_tree_that_is_written_down(name: str) -> None:
    done, folder = ran(name)
    assert done.returncode == 0, done.stderr
    assert "LEFT A SPAN" not in done.stdout
    assert "toolspan" not in done.stderr, done.stderr
    shown = tree_of(otlp_json_spans(folder), FRAMEWORKS[name].noise) + "\n"
    shown = re.sub(r"(?<![0-9a-f])[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "UUID", shown)
    file = HERE / "trees" / f"{name}.txt"
    if os.environ.get("WRITE_TREES"):
        file.write_text(shown, encoding="utf-8")
    assert shown == file.read_text(encoding="utf-8")


def test_every_unit_of_work_says_how_it_ended(name: str) -> None:
    for span in otlp_json_spans(ran(name)[1]):
        kind = KIND_BY_OPERATION.get(span["attributes"].get("gen_ai.operation.name"))
        if kind is not None and layer_of(span) != "duplicate":
            assert "toolspan.outcome" in span["attributes"], span


def test_every_call_is_in_the_tables_once_as_it_ended(name: str) -> None:
    folder = ran(name)[1]
    calls = [span for span in otlp_json_spans(folder) if layer_of(span) == "logical"]
    recorded = sorted(
        (
            span["attributes"].get("gen_ai.tool.name", span["name"].partition(" ")[2]),
            span["attributes"].get("gen_ai.tool.call.id", ""),
            span["attributes"]["toolspan.outcome"],
            span["attributes"].get("error.type", ""),
            is_pseudo_tool(span["scope"], span["attributes"].get("gen_ai.tool.name")),
        )
        for span in calls
    )
    assert recorded == rows(
        folder,
        "SELECT tool_name, coalesce(tool_call_id, ''), outcome, coalesce(error_type, ''), is_pseudo"
        " FROM tool_calls",
    )


def test_sessions_are_the_frameworks_and_the_users(name: str) -> None:
    turns = rows(
        ran(name)[1],
        "SELECT session_id, count(*) FROM tool_calls"
        " WHERE session_id IN ('thread-7', 'visit-1') AND NOT is_pseudo GROUP BY ALL",
    )
    knows_sessions = FRAMEWORKS[name].knows_sessions
    assert turns == ([("thread-7", 2), ("visit-1", 1)] if knows_sessions else [("visit-1", 1)])


def test_content_is_recorded_only_under_its_switch(name: str) -> None:
    def texts(folder: Path) -> str:
        return "\n".join(path.read_text(encoding="utf-8") for path in folder.glob("spans-*.jsonl"))

    without = texts(ran(name)[1])
    switched = run(name, "two_tools", OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT="true")[1]
    calls = [
        span["attributes"]
        for span in otlp_json_spans(switched)
        if layer_of(span) == "logical"
        and span["attributes"].get("gen_ai.tool.name", "").endswith("search")
    ]
    assert "otters" not in without
    assert ["otters" in call["gen_ai.tool.call.arguments"] for call in calls] == [True]
    assert ["results for otters" in call["gen_ai.tool.call.result"] for call in calls] == [True]


def test_switched_off_the_framework_runs_as_ever_and_we_add_nothing(name: str) -> None:
    framework = FRAMEWORKS[name]
    off = {"OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": framework.switch}
    done, folder = run(name, "two_tools", **off)
    assert "two_tools ended: done" in done.stdout, done.stderr
    spans = list(otlp_json_spans(folder))
    assert not [span for span in spans if span["scope"].startswith("toolspan.")]
    assert not [span for span in spans if "toolspan.outcome" in span["attributes"]]


def layer_of(span: dict) -> str | None:
    return span["attributes"].get("toolspan.tool_call.layer")


def rows(folder: Path, query: str) -> list[tuple]:
    from toolspan.analytics import open_traces

    frame = open_traces([folder]).sql(query)
    return sorted(map(tuple, frame.astype(object).values.tolist()))


def test_the_example_runs_and_its_tool_call_is_recorded(name: str) -> None:
    done, folder = run(name, program=EXAMPLES / program_of(name).replace("_runs", "_agent"))
    assert done.returncode == 0, done.stderr
    calls = [span for span in otlp_json_spans(folder) if layer_of(span) == "logical"]
    named = [(call["attributes"]["gen_ai.tool.name"], call["attributes"]) for call in calls]
    ended = [(tool, attributes["toolspan.outcome"]) for tool, attributes in named]
    assert [(tool.rpartition("-")[2], outcome) for tool, outcome in ended if tool != "finish"] == [
        ("weather", "ok")
    ]
