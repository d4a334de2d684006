"""Runs the frameworks' programs, each in its cached environment, and shows their trees."""

import os
import re
import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from support import on_demand_frameworks
from support.cached_environments import python_of
from support.reference import REPOSITORY
from support.trees import tree

HERE = REPOSITORY / "tests" / "instrumentation" / "frameworks"
OURS = ("toolspan.instrumentation", "toolspan.instrumentation.smolagents", "pydantic-ai", "user")
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
    "every-framework": "nested_runs.py",
    **{name: on_demand_frameworks.program_of(name) for name in on_demand_frameworks.FRAMEWORKS},
}
EVERY_COMMIT = ("openai-agents", "langgraph", "smolagents", "pydantic-ai")
ON_DEMAND = tuple(f"{name}-oldest" for name in EVERY_COMMIT)
PEERS = {
    "openai-agents-openinference": "openinference.instrumentation.openai_agents",
    "openai-agents-genai": "opentelemetry.instrumentation.genai.openai_agents",
    "langgraph-openinference": "openinference.instrumentation.langchain",
    "langgraph-genai": "opentelemetry.instrumentation.genai.langchain",
    "smolagents-openinference": "openinference.instrumentation.smolagents",
    "smolagents-genai": "opentelemetry.instrumentation.genai.smolagents",
    "crewai-openinference": "openinference.instrumentation.crewai",
}
# Changes pydantic-ai's own spans instead of adding any.
CHANGING_PEER = "pydantic-ai-openinference"


def program_of(environment: str) -> Path:
    name = max((one for one in PROGRAMS if environment.startswith(one)), key=len)
    return HERE / "programs" / PROGRAMS[name]


def run(
    environment: str, *scenarios: str, program: Path | None = None, **env: str
) -> tuple[subprocess.CompletedProcess[str], Path]:
    python = python_of(environment)
    folder = Path(mkdtemp(prefix=f"{environment}-"))
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    command = [python.with_name("toolspan"), "run", "--dir", folder, "--", python]
    done = subprocess.run(
        [*map(str, command), str(program or program_of(environment)), *scenarios],
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


def tree_of(spans: Iterable[dict[str, Any]], noise: Iterable[str] = ()) -> str:
    spans = [{**span, "attributes": dict(span["attributes"])} for span in spans]
    for span in spans:
        attributes = span["attributes"]
        # pydantic-ai makes one up for each run.
        if span["scope"] == "pydantic-ai":
            attributes.pop("gen_ai.conversation.id", None)
        if "session.id" in attributes:
            attributes["session"] = attributes.pop("session.id")
    shown = tree(spans, leave_out=[*LEFT_OUT, *noise])
    return re.sub(r"elapsed: [\d.]+s", "elapsed", shown)
