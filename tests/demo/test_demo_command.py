"""What `make demo` runs: it says what it does, leaves a page, and ends with commands that work."""

import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.newsletter import NEWSLETTER
from support.once import once_per_run
from support.reference import REPOSITORY

DEMO = NEWSLETTER / "demo.py"


def run(command: list[str], cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False, env=os.environ
    )


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder in which a short demo ran, and what it printed."""

    def run_demo(folder: Path) -> None:
        folder.mkdir()
        result = run([sys.executable, str(DEMO), "--sessions", "3"], folder)
        assert result.returncode == 0, result.stdout + result.stderr
        assert result.stderr == ""
        (folder / "output.txt").write_text(result.stdout, encoding="utf-8")

    folder = once_per_run(tmp_path_factory, "demo", run_demo)
    return folder, (folder / "output.txt").read_text(encoding="utf-8")


@pytest.mark.requirement("project.demo")
def test_says_what_it_does_at_each_step_and_prints_the_report(demo):
    _, output = demo
    steps = re.findall(r"^(\d)\. ", output, flags=re.MULTILINE)
    assert steps == ["1", "2", "3"]
    assert "3 newsletters in " in output
    for name in ("search_index", "check_fact", "git_show", "fact_checker", "quality"):
        assert name in output


def test_leaves_spans_events_and_a_page_without_external_resources(demo):
    folder, _ = demo
    data = folder / "demo-data"
    assert len(list(data.glob("spans-*.jsonl"))) == 4
    assert len(list(data.glob("events-*.jsonl"))) == 1
    page = (data / "report.html").read_text(encoding="utf-8")
    assert "search_index" in page
    assert re.findall(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", page) == []


def test_ends_with_three_commands_that_work(demo, tmp_path):
    folder, output = demo
    shutil.copytree(folder / "demo-data", tmp_path / "demo-data")
    commands = output[output.index("Try next:\n") :].splitlines()[1:]
    assert len(commands) == 3
    for command in commands:
        result = run(shlex.split(command), tmp_path)
        assert result.returncode == 0, command + result.stdout + result.stderr


def test_leaves_the_folders_of_others_alone(tmp_path):
    other = tmp_path / "thesis"
    other.mkdir()
    (other / "chapter-1.txt").write_text("It was a dark night.")
    result = run([sys.executable, str(DEMO), "--dir", "thesis"], tmp_path)
    assert result.returncode == 2
    assert "thesis holds something that no demo wrote" in result.stderr
    assert (other / "chapter-1.txt").exists()


def test_starts_anew_when_run_again(tmp_path):
    make_new = runpy.run_path(str(DEMO))["make_new"]
    directory = tmp_path / "demo-data"
    make_new(directory)
    (directory / "spans-stale.jsonl").write_text("{}\n")
    make_new(directory)
    assert not list(directory.glob("*.jsonl"))


def test_says_in_one_line_which_packages_are_missing(tmp_path):
    result = run([sys.executable, "-I", "-S", str(DEMO)], tmp_path)
    assert result.returncode == 2
    assert "lacks duckdb, mcp, mcp-server-git, mcp-server-time, toolspan[demo]" in " ".join(
        result.stderr.split()
    )
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


TUTORIAL = REPOSITORY / "docs" / "tutorial" / "from-traces-to-a-decision.md"


def test_every_command_of_the_tutorial_works_on_what_the_demo_left(demo, tmp_path):
    folder, _ = demo
    shutil.copytree(folder / "demo-data", tmp_path / "demo-data")
    text = TUTORIAL.read_text(encoding="utf-8")
    (rules,) = re.findall(r"<!-- file: rules.toml -->\n```toml\n(.*?)```", text, re.DOTALL)
    (tmp_path / "rules.toml").write_text(rules, encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    commands = [line for block in blocks for line in block.splitlines()]
    assert commands[0] == "python examples/newsletter/demo.py"
    for command in commands[1:]:
        # Three newsletters were made, not 48: too few for rules, and the last is another.
        words = shlex.split(command.replace("newsletter-7-047", "newsletter-7-002"))
        assert words[0] == "toolspan"
        result = run([str(Path(sys.executable).with_name("toolspan")), *words[1:]], tmp_path)
        expected = (0, 3) if words[1] == "check" else (0,)
        assert result.returncode in expected, command + result.stdout + result.stderr
        assert result.stdout
