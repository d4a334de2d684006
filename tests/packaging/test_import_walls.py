"""The walls between the floors, as a fresh interpreter sees them.

A name counts as imported when it was asked for, so that a guarded import of a library that is not
installed here is seen too.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from support.reference import REPOSITORY

ASKED_FOR = """
import json, sys

class Watch:
    asked = []
    def find_spec(self, name, path=None, target=None):
        self.asked.append(name)

before = set(sys.modules)
sys.meta_path.insert(0, Watch())
{program}
print(json.dumps(sorted({{*Watch.asked, *sys.modules}} - before)))
"""

ANALYSIS = frozenset({"duckdb", "jinja2", "numpy", "pandas", "pyarrow", "rich", "scipy"})
FRAMEWORKS = frozenset(
    {
        *("ag2", "agent_framework", "agents", "agno", "anthropic", "autogen", "autogen_agentchat"),
        *("autogen_core", "claude_agent_sdk", "crewai", "dspy", "fastmcp", "google", "haystack"),
        *("langchain", "langchain_core", "langgraph", "litellm", "llama_index", "mcp", "openai"),
        *("pydantic", "pydantic_ai", "semantic_kernel", "smolagents", "stamina", "strands"),
        *("tenacity", "transformers"),
    }
)


def asked_for(program: str, *arguments: str | Path) -> set[str]:
    """The modules that `program` asks for in a fresh interpreter; its last line must be ours."""
    done = subprocess.run(
        [sys.executable, "-c", ASKED_FOR.format(program=program), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def within(modules: set[str], *packages: str) -> list[str]:
    """Those of `modules` that are, or are below, one of `packages`."""
    below = tuple(f"{package}." for package in packages)
    return sorted(name for name in modules if name in packages or name.startswith(below))


NOT_IN_THE_AGENT = ANALYSIS | FRAMEWORKS | {"toolspan.analytics"}
WALLS = {
    "toolspan.instrumentation": {
        *(NOT_IN_THE_AGENT | {"toolspan.exporters"}),
        *("opentelemetry.sdk", "opentelemetry.exporter"),
    },
    "toolspan.exporters": NOT_IN_THE_AGENT | {"toolspan.instrumentation"},
    "toolspan.analytics": {*FRAMEWORKS, "scipy", "toolspan.instrumentation", "toolspan.exporters"},
}
# Asked for by the interpreter itself: coverage of child processes; `pickle` looks for Jython.
STRAY = ("coverage", "org")


@pytest.mark.requirement("design.2-wall-conventions")
@pytest.mark.parametrize(
    "program",
    [
        "from toolspan.conventions import attributes, environment, layers, operations, outcomes",
        "from toolspan.conventions import pseudo_tools, scopes",
        "from toolspan.launcher import main; main(['--help'])",
        "from toolspan.launcher import main; main(['--version'])",
        "from toolspan.launcher import main; main(['no-such-verb'])",
    ],
    ids=["names", "emitters", "help", "version", "unknown verb"],
)
def test_the_conventions_and_the_launcher_need_the_standard_library_only(program: str):
    asked = asked_for(program)
    foreign = {name for name in asked if name.partition(".")[0] not in sys.stdlib_module_names}
    ours = within(foreign, "toolspan.conventions", "toolspan.launcher")
    assert foreign - {"toolspan", *ours, *within(foreign, *STRAY)} == set()


@pytest.mark.requirement("design.2-no-framework-import")
@pytest.mark.parametrize(
    "floor",
    [
        pytest.param(floor, marks=pytest.mark.requirement(f"design.2-wall-{floor.split('.')[1]}"))
        for floor in WALLS
    ],
)
def test_importing_a_floor_leaves_the_others_and_all_frameworks_alone(floor: str):
    asked = asked_for(f"import {floor}")
    assert floor in asked
    assert within(asked, *WALLS[floor]) == []


if (REPOSITORY / "instrumentation/toolspan/instrumentation/attach/__init__.py").exists():

    @pytest.mark.requirement("design.2-no-framework-import")
    def test_instrumenting_imports_no_framework():
        asked = asked_for(
            "from toolspan.instrumentation.attach import ToolspanInstrumentor\n"
            "ToolspanInstrumentor().instrument()"
        )
        assert within(asked, *NOT_IN_THE_AGENT) == []


SPAN = {
    "traceId": "0" * 31 + "1",
    "spanId": "0" * 15 + "1",
    "name": "execute_tool search",
    "startTimeUnixNano": "1000000000",
    "endTimeUnixNano": "2000000000",
    "attributes": [
        {"key": "gen_ai.operation.name", "value": {"stringValue": "execute_tool"}},
        {"key": "gen_ai.tool.name", "value": {"stringValue": "search"}},
    ],
}


@pytest.mark.requirement("design.2-no-scipy-in-tools")
def test_the_table_of_tools_needs_no_scipy(tmp_path: Path):
    line = {"resourceSpans": [{"scopeSpans": [{"spans": [SPAN]}]}]}
    (tmp_path / "spans.jsonl").write_text(f"{json.dumps(line)}\n", encoding="utf-8")
    asked = asked_for(
        "from toolspan.launcher import main\n"
        "assert main(['tools', sys.argv[1], '--format', 'json']) == 0",
        tmp_path / "spans.jsonl",
    )
    assert "toolspan.analytics" in asked
    assert within(asked, "scipy", "toolspan.instrumentation", "toolspan.exporters") == []


def test_the_namespace_alone_is_empty():
    asked = asked_for(
        "import toolspan; assert not hasattr(toolspan, '__file__') or toolspan.__file__ is None"
    )
    assert within(asked, "toolspan") == ["toolspan"]
