"""Agent frameworks with models that follow a script, each version in an environment of its own.

The whole span tree of every scenario is compared with `trees/{name}.txt`. With another library
active on the same framework, our tree must be the same, and every call must still count once.

    WRITE_TREES=1 pytest ...    writes the trees anew, to be read before they are committed
"""

import os
import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from support.cached_environments import python_of
from support.spans import otlp_json_spans
from support.trees import tree

HERE = Path(__file__).parent
OURS = ("toolspan.instrumentation", "toolspan.instrumentation.smolagents", "user")
TIMEOUT_S = 120
# What says the same on every span of its kind, or differs from run to run.
LEFT_OUT = (
    "gen_ai.operation.name",
    "gen_ai.tool.type",
    "gen_ai.response.model",
    "gen_ai.response.id",
    "gen_ai.agent.call.id",
    "gen_ai.system",
    "gen_ai.tool.definitions",
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "gen_ai.client.operation.time_to_first_chunk",
    "gen_ai.aggregated_usage.input_tokens",
    "gen_ai.aggregated_usage.output_tokens",
    "gen_ai.usage.details.input_tokens",
    "gen_ai.usage.details.output_tokens",
    "pydantic_ai.all_messages",
    "agent_name",
    "model_name",
    "model_request_parameters",
    "final_result",
    "logfire.json_schema",
    "logfire.msg",
    "operation.cost",
)
PROGRAMS = {
    "openai-agents": "openai_agents_runs.py",
    "langgraph": "langgraph_runs.py",
    "smolagents": "smolagents_runs.py",
    "pydantic-ai": "pydantic_ai_runs.py",
}
EVERY_COMMIT = ("openai-agents", "langgraph", "smolagents", "pydantic-ai")
ON_DEMAND = tuple(f"{name}-oldest" for name in EVERY_COMMIT)
PEERS = {
    "openai-agents-openinference": "openinference.instrumentation.openai_agents",
    "openai-agents-genai": "opentelemetry.instrumentation.genai.openai_agents",
    "langgraph-openinference": "openinference.instrumentation.langchain",
    "langgraph-genai": "opentelemetry.instrumentation.genai.langchain",
    "smolagents-openinference": "openinference.instrumentation.smolagents",
}


def on_demand(names: Iterable[str]) -> list[Any]:
    return [pytest.param(name, marks=pytest.mark.frameworks) for name in names]


def program_of(environment: str) -> Path:
    name = max((one for one in PROGRAMS if environment.startswith(one)), key=len)
    return HERE / "programs" / PROGRAMS[name]


def run(
    environment: str, *scenarios: str, **env: str
) -> tuple[subprocess.CompletedProcess[str], Path]:
    python = python_of(environment)
    folder = Path(mkdtemp(prefix=f"{environment}-"))
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    command = [python.with_name("toolspan"), "run", "--dir", folder, "--", python]
    done = subprocess.run(
        [*map(str, command), str(program_of(environment)), *scenarios],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
        cwd=folder,
        env={**kept, "OTEL_SERVICE_NAME": "agents", **env},
    )
    return done, folder


@cache
def ran(environment: str) -> tuple[subprocess.CompletedProcess[str], Path]:
    return run(environment)


def tree_of(spans: Iterable[dict[str, Any]]) -> str:
    spans = [{**span, "attributes": dict(span["attributes"])} for span in spans]
    for span in spans:
        attributes = span["attributes"]
        # pydantic-ai makes one up for each run.
        if span["scope"] == "pydantic-ai":
            attributes.pop("gen_ai.conversation.id", None)
        if "session.id" in attributes:
            attributes["session"] = attributes.pop("session.id")
    side_by_side = {"execute_tool meet", "step tools"}
    for span in spans:  # no order of their own
        if span["name"] in side_by_side and span["attributes"].get("gen_ai.tool.call.id") == "c2":
            span["span_id_order"] = 1
    return tree(sorted(spans, key=lambda span: span.get("span_id_order", 0)), leave_out=LEFT_OUT)


@pytest.mark.parametrize("environment", [*EVERY_COMMIT, *on_demand(ON_DEMAND)])
@pytest.mark.requirement(
    "pain.04-swallowed-errors",
    "pain.18-tool-call-id",
    "capability.C-framework-retries",
    "capability.D-call-id",
)
def test_every_scenario_leaves_the_tree_that_is_written_down(environment: str) -> None:
    done, folder = ran(environment)
    assert "LEFT A SPAN" not in done.stdout
    assert "toolspan" not in done.stderr, done.stderr
    shown = tree_of(otlp_json_spans(folder)) + "\n"
    file = HERE / "trees" / f"{environment}.txt"
    if os.environ.get("WRITE_TREES"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(shown, encoding="utf-8")
    assert shown == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("environment", on_demand(PEERS))
def test_with_a_peer_our_tree_is_the_same_and_its_spans_are_duplicates(environment: str) -> None:
    done, folder = ran(environment)
    assert "LEFT A SPAN" not in done.stdout
    spans = list(otlp_json_spans(folder))
    theirs = [span for span in spans if span["scope"] == PEERS[environment]]
    assert theirs, "the peer recorded nothing"
    layers = {span["attributes"].get("toolspan.tool_call.layer") for span in theirs}
    assert layers == {"duplicate"}
    framework = next(name for name in EVERY_COMMIT if environment.startswith(name))
    alone = (HERE / "trees" / f"{framework}.txt").read_text(encoding="utf-8")
    ours = [span for span in spans if span["scope"] in OURS]
    assert names_and_outcomes(ours) == names_and_outcomes_of_text(alone)


def names_and_outcomes(spans: Iterable[dict[str, Any]]) -> list[str]:
    return sorted(
        f"{span['name']} {span['attributes'].get('toolspan.outcome', '')}".strip() for span in spans
    )


def names_and_outcomes_of_text(text: str) -> list[str]:
    lines = []
    for line in text.splitlines():
        _, name, _, *rest = line.strip().removeprefix("! ").split(" | ")
        outcomes = [word for word in " ".join(rest).split() if word.startswith("toolspan.outcome=")]
        lines.append(f"{name} {outcomes[0].partition('=')[2] if outcomes else ''}".strip())
    return sorted(lines)


@pytest.mark.parametrize("environment", on_demand(PEERS))
def test_with_a_peer_every_call_counts_once_in_the_tables(environment: str) -> None:
    framework = next(name for name in EVERY_COMMIT if environment.startswith(name))
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
    assert [("otters" in call["gen_ai.tool.call.arguments"]) for call in calls] == [True]
    assert ["results for otters" in call["gen_ai.tool.call.result"] for call in calls] == [True]


@pytest.mark.parametrize("environment", EVERY_COMMIT)
def test_switched_off_the_framework_runs_as_ever_and_nothing_is_recorded(environment: str) -> None:
    off = "toolspan_openai_agents,toolspan_langchain,toolspan_smolagents,toolspan_pydantic_ai"
    done, folder = run(environment, "two_tools", OTEL_PYTHON_DISABLED_INSTRUMENTATIONS=off)
    assert done.stdout.startswith("two_tools ended: done"), done.stderr
    assert {span["scope"] for span in otlp_json_spans(folder)} == {"user"}
