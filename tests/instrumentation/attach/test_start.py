"""What a program's start imports because of us: nothing of a framework, nothing heavy of ours."""

import json
from pathlib import Path

import pytest

from support.cached_environments import python_of
from support.zero_code import Workplace

LOADED = "import sys, json; print(json.dumps(sorted(sys.modules)))"
FRAMEWORKS = {
    *("mcp", "mcp_types", "openai", "agents", "langgraph", "langchain_core", "langsmith"),
    *("smolagents", "pydantic_ai", "logfire_api", "pydantic", "httpx", "starlette", "anyio"),
}


@pytest.mark.requirement("design.7-import")
def test_a_start_imports_no_framework_where_every_one_is_installed(tmp_path: Path) -> None:
    workplace = Workplace(tmp_path, python_of("every-framework"))
    installed = workplace.start(
        workplace.python,
        "-c",
        "import importlib.util as u, json, sys;"
        "print(json.dumps([n for n in sys.argv[1:] if u.find_spec(n)]))",
        *FRAMEWORKS,
    )
    assert set(json.loads(installed.stdout)) >= FRAMEWORKS - {"langsmith"}
    done = workplace.toolspan_run("-c", LOADED)
    assert (done.returncode, done.stderr) == (0, "")
    loaded = json.loads(done.stdout)
    assert {name.partition(".")[0] for name in loaded} & FRAMEWORKS == set()
    # Ours: the instrumentors, the files and identity, but no doctor, no targets, no MCP hooks.
    ours = {name for name in loaded if name.startswith("toolspan.")}
    assert "toolspan.exporters" in ours
    assert [
        name
        for name in ours
        if any(part in name for part in (".doctor", ".targets", ".facts", "._all_hooks"))
    ] == []
    assert {"yaml", "importlib.resources", "ast", "tomllib"} & set(loaded) == set()
