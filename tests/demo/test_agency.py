"""The agency by itself: plain code that needs no toolspan, and whose story a seed decides."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.newsletter import AGENCY, NEWSLETTER, run_agency

KNOWS_TOOLSPAN = {"rating_desk.py", "demo.py"}

WITHOUT_TOOLSPAN = """
import runpy, sys
sys.modules["toolspan"] = sys.modules["opentelemetry.sdk"] = None
sys.argv = sys.argv[1:]
sys.path.insert(0, {folder!r})
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def imported_packages(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    return names


@pytest.mark.requirement("project.demo-by-targets")
@pytest.mark.parametrize(
    "path",
    sorted(path for path in NEWSLETTER.rglob("*.py") if path.name not in KNOWS_TOOLSPAN),
    ids=lambda path: path.name,
)
def test_no_agent_tool_or_server_imports_telemetry(path: Path):
    assert imported_packages(path) & {"toolspan", "opentelemetry"} == set()


@pytest.mark.slow
def test_the_same_seed_writes_the_same_worklog_recorded_or_not_whatever_runs_side_by_side(
    recorded, tmp_path
):
    out = tmp_path / "agency"
    result = run_agency(
        [sys.executable, "-c", WITHOUT_TOOLSPAN.format(folder=str(NEWSLETTER)), str(AGENCY)],
        out=out,
        at_once=2,
    )
    assert result.stderr == ""
    for name in ("worklog.log", "ratings.csv"):
        assert (out / name).read_text() == (recorded.out / name).read_text(), name


def test_a_server_that_does_not_start_is_named_with_the_reason(tmp_path):
    (tmp_path / "mcp_server_git.py").write_text("raise SystemExit('no repository today')")
    result = subprocess.run(
        [sys.executable, str(AGENCY), "--sessions", "1"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    assert result.returncode == 1
    assert result.stderr == "agency: the git server did not start: no repository today\n"
