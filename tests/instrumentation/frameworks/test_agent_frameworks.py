"""Agent frameworks with models that follow a script, each version in an environment of its own.

The whole span tree of every scenario is compared with `trees/{name}.txt`. With another library
active on the same framework, our tree must be the same, and every call must still count once.

    WRITE_TREES=1 pytest ...    writes the trees anew, to be read before they are committed
"""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from support.agent_frameworks import (
    CHANGING_PEER,
    EVERY_COMMIT,
    HERE,
    ON_DEMAND,
    OURS,
    PEERS,
    ran,
    run,
    tree_of,
)
from support.cached_environments import python_of
from support.spans import otlp_json_spans


def on_demand(names: Iterable[str]) -> list[Any]:
    return [pytest.param(name, marks=pytest.mark.frameworks) for name in names]


@pytest.mark.parametrize("environment", [*EVERY_COMMIT, "every-framework", *on_demand(ON_DEMAND)])
@pytest.mark.requirement(
    "pain.04-swallowed-errors",
    "pain.18-tool-call-id",
    "capability.C-framework-retries",
    "capability.D-call-id",
)
def test_every_scenario_leaves_the_tree_that_is_written_down(environment: str) -> None:
    done, folder = ran(environment)
    assert "LEFT A SPAN" not in done.stdout
    said = done.stderr.replace(str(python_of(environment).parents[1]), "")
    assert "toolspan" not in said, said
    assert "never awaited" not in said, said
    shown = tree_of(otlp_json_spans(folder)) + "\n"
    file = HERE / "trees" / f"{environment}.txt"
    if os.environ.get("WRITE_TREES"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(shown, encoding="utf-8")
    assert shown == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("environment", ["langgraph", *on_demand(["langgraph-oldest"])])
def test_a_stream_that_is_left_as_the_loop_ends_puts_nothing_into_the_log(environment: str) -> None:
    done, folder = run(environment, "stream_left_at_the_end")
    assert (done.stdout, done.stderr) == ("stream_left_at_the_end ended: None\n", "")
    names = {span["name"]: span["attributes"] for span in otlp_json_spans(folder)}
    assert names["invoke_agent worker"]["toolspan.outcome"] == "abandoned"


@pytest.mark.parametrize("environment", EVERY_COMMIT)
def test_agents_that_run_at_once_do_not_get_into_each_others_traces(environment: str) -> None:
    """In threads, and in tasks of one event loop."""
    done, folder = run(environment, "many_at_once")
    assert "many_at_once ended: None" in done.stdout, done.stderr
    by_trace: dict[str, list[dict[str, Any]]] = {}
    for span in otlp_json_spans(folder):
        if span["attributes"].get("session.id"):
            by_trace.setdefault(span["attributes"]["session.id"], []).append(span)
    assert len(by_trace) == 8
    shapes = {name: tree_of(spans).replace(name, "NAME") for name, spans in by_trace.items()}
    shapes = {name: shape.replace(name.replace("-", "_"), "NAME") for name, shape in shapes.items()}
    assert set(shapes.values()) == {shapes["agent-0"]}
    assert shapes["agent-0"].count("execute_tool search") == (1 if "smol" in environment else 2)


@pytest.mark.parametrize("environment", on_demand(PEERS))
def test_with_a_peer_our_tree_is_the_same_and_its_spans_are_duplicates(environment: str) -> None:
    done, folder = ran(environment)
    assert "LEFT A SPAN" not in done.stdout
    spans = list(otlp_json_spans(folder))
    theirs = [span for span in spans if span["scope"] == PEERS[environment]]
    assert theirs, "the peer recorded nothing"
    layers = {span["attributes"].get("toolspan.tool_call.layer") for span in theirs}
    assert layers == {"duplicate"}
    framework = environment.removesuffix("-openinference").removesuffix("-genai")
    alone = (HERE / "trees" / f"{framework}.txt").read_text(encoding="utf-8")
    found, wanted = names_and_outcomes(spans), names_and_outcomes_of_text(alone)
    if environment == "smolagents-openinference":  # leaves spans current that it never ends
        found, wanted = without_scenarios(found), without_scenarios(wanted)
    assert found == wanted


def without_scenarios(lines: Iterable[str]) -> list[str]:
    return sorted(re.sub("^scenario [a-z_]+ > ", "", line) for line in lines)


def names_and_outcomes(spans: Iterable[dict[str, Any]]) -> list[str]:
    """Where each span of ours stands among ours, whatever of others is between, and how it ended.

    Not those of the user's own: a peer's span may be between, or around, instead of ours.
    """
    spans = list(spans)
    by_id = {span["span_id"]: span for span in spans}

    def place(span: dict[str, Any] | None) -> list[str]:
        if span is None:
            return []
        above = place(by_id.get(span["parent_span_id"]))
        is_named = span["scope"] in OURS and span["scope"] != "user"
        is_root = not above and span["scope"] == "user"
        return [*above, span["name"]] if is_named or is_root else above

    return sorted(
        f"{' > '.join(place(span))} {span['attributes'].get('toolspan.outcome', '')}".strip()
        for span in spans
        if span["scope"] in OURS and span["scope"] != "user"
    )


def names_and_outcomes_of_text(text: str) -> list[str]:
    lines, above = [], [(-1, "")]
    for line in text.splitlines():
        depth = len(line) - len(line.lstrip())
        scope, name, _, *rest = line.strip().removeprefix("! ").split(" | ")
        while above[-1][0] >= depth:
            above.pop()
        if scope == "user" and len(above) > 1:
            continue
        above.append((depth, name))
        if scope == "user":
            continue
        words = " ".join(rest).split()
        outcome = next((word for word in words if word.startswith("toolspan.outcome=")), "=")
        path = " > ".join(name for _, name in above[1:])
        lines.append(f"{path} {outcome.partition('=')[2]}".strip())
    return sorted(lines)


@pytest.mark.parametrize("environment", on_demand([CHANGING_PEER]))
def test_a_peer_that_changes_the_same_spans_changes_neither_tree_nor_outcomes(
    environment: str,
) -> None:
    folder = ran(environment)[1]
    spans = list(otlp_json_spans(folder))
    alone = (HERE / "trees" / "pydantic-ai.txt").read_text(encoding="utf-8")
    assert names_and_outcomes(spans) == names_and_outcomes_of_text(alone)
    assert counts(folder) == counts(ran("pydantic-ai")[1])


@pytest.mark.parametrize("environment", on_demand(PEERS))
def test_with_a_peer_every_call_counts_once_in_the_tables(environment: str) -> None:
    framework = environment.removesuffix("-openinference").removesuffix("-genai")
    assert counts(ran(environment)[1]) == counts(ran(framework)[1])


def counts(folder: Path) -> dict[str, Any]:
    from toolspan.analytics import open_traces

    traces = open_traces([folder])
    return {
        table: traces.sql(f"SELECT {name}, count(*) FROM {table} GROUP BY ALL ORDER BY ALL")
        .astype(str)
        .values.tolist()
        for table, name in (
            ("tool_calls", "tool_name"),
            ("agent_runs", "agent_name"),
            ("workflow_runs", "workflow_name"),
            ("llm_calls", "agent_name"),
        )
    }


@pytest.mark.parametrize("environment", EVERY_COMMIT)
def test_content_is_recorded_only_under_its_switch(environment: str) -> None:
    def texts(folder: Path) -> str:
        return "\n".join(path.read_text(encoding="utf-8") for path in folder.glob("spans-*.jsonl"))

    without = texts(ran(environment)[1])
    switched = run(
        environment, "two_tools", OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT="true"
    )[1]
    calls = [
        span["attributes"]
        for span in otlp_json_spans(switched)
        if span["attributes"].get("gen_ai.tool.call.id") == "c1"
    ]
    assert "otters" not in without
    assert "gen_ai.tool.definitions" not in without
    assert [("otters" in call["gen_ai.tool.call.arguments"]) for call in calls] == [True]
    assert ["results for otters" in call["gen_ai.tool.call.result"] for call in calls] == [True]


@pytest.mark.parametrize("environment", [*EVERY_COMMIT, *on_demand(["pydantic-ai-oldest"])])
@pytest.mark.requirement("pain.07-repeated-payloads", "capability.B-tool-list-once")
def test_of_a_run_each_message_each_result_and_the_tools_are_stored_once(environment: str) -> None:
    folder = run(
        environment, "two_tools", OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT="true"
    )[1]
    spans = list(otlp_json_spans(folder))
    payloads = [
        str(value)
        for span in spans
        for key, value in span["attributes"].items()
        if key != "gen_ai.tool.call.arguments"
    ]
    stored = {word: sum(text.count(word) for text in payloads) for word in STORED_ONCE}
    has_messages = environment.startswith("pydantic-ai")
    assert stored == {
        "results for otters": 1,
        "ok 1": 1,
        '"parameters":': 2 if has_messages else 0,  # of two tools
        '"hi"': 1 if has_messages else 0,
    }
    listed = [span for span in spans if "gen_ai.tool.definitions" in span["attributes"]]
    assert len(listed) == (1 if has_messages else 0)


STORED_ONCE = ("results for otters", "ok 1", '"parameters":', '"hi"')


@pytest.mark.parametrize("environment", EVERY_COMMIT)
def test_switched_off_the_framework_runs_as_ever_and_nothing_is_recorded(environment: str) -> None:
    off = "toolspan_openai_agents,toolspan_langchain,toolspan_smolagents,toolspan_pydantic_ai"
    done, folder = run(environment, "two_tools", OTEL_PYTHON_DISABLED_INSTRUMENTATIONS=off)
    assert "two_tools ended: done" in done.stdout, done.stderr
    assert {span["scope"] for span in otlp_json_spans(folder)} == {"user"}
