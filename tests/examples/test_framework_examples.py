"""Each framework's page shows a whole program, how to run it, and what one then gets to see."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.cached_environments import python_of
from support.reference import REPOSITORY

PAGES = REPOSITORY / "docs" / "how-to" / "frameworks"
MORE = REPOSITORY / "docs" / "how-to" / "more-agent-frameworks.md"
EXAMPLES = REPOSITORY / "examples" / "frameworks"
ENVIRONMENTS = sorted(page.stem for page in PAGES.glob("*.md"))
BLOCK = re.compile(
    r"(?:<!-- file: (?P<file>\S+) -->\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


def blocks(page: str) -> list[tuple[str, str, str]]:
    """The fenced blocks of a page as (file or "", language, text), in order."""
    text = (PAGES / f"{page}.md").read_text(encoding="utf-8")
    return [
        (match["file"] or "", match["language"], match["text"]) for match in BLOCK.finditer(text)
    ]


def labels(shown: str) -> list[str]:
    """The lines of a waterfall without times: what there is, in which order, below what."""
    lines = [line for line in shown.splitlines() if line.strip() and line.lstrip()[0].isalpha()]
    times = r"\d+(\.\d+)? (µs|ms|s)\b"
    kept = [re.sub(rf" {{2,}}[-=x/]+ +{times}", " :", line) for line in lines]
    return [re.sub(r"ok, .* UTC", "ok", line) for line in kept]


@pytest.mark.parametrize("page", ENVIRONMENTS)
def test_the_program_of_the_page_is_the_example(page: str) -> None:
    ((file, _, text),) = [block for block in blocks(page) if block[0]]
    assert text == (EXAMPLES / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", ENVIRONMENTS)
def test_the_commands_of_the_page_print_what_it_shows(page: str, tmp_path: Path) -> None:
    python = python_of(page)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    # The program runs where the framework is, the analysis where the analytics are.
    where = {"run": python.parent, "session": Path(sys.executable).parent}
    shown, printed = [], []
    for file, language, text in blocks(page):
        if file:
            (tmp_path / file).write_text(text, encoding="utf-8")
        if language == "text":
            shown.append(text)
        if language != "sh" or text.startswith("pip install"):
            continue
        for command in text.splitlines():
            path = where.get(command.split()[1], where["session"])
            done = subprocess.run(
                ["bash", "-euc", command],
                cwd=tmp_path,
                env={**kept, "PATH": f"{path}{os.pathsep}{kept['PATH']}", "COLUMNS": "80"},
                capture_output=True,
                check=False,
                text=True,
                timeout=60,
            )
            assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
            printed.append(done.stdout)
    program, waterfall, table = printed
    assert program.splitlines()[-1] == "Your money is on its way."
    assert labels(waterfall) == labels(shown[0])
    assert [line.rstrip() for line in table.splitlines()] == shown[1].splitlines()


def test_every_framework_has_a_page_and_every_example_is_on_one() -> None:
    assert ENVIRONMENTS == ["langgraph", "openai-agents", "pydantic-ai", "smolagents"]
    on_pages = {file for page in ENVIRONMENTS for file, _, _ in blocks(page) if file}
    linked = re.findall(r"\(\.\./\.\./examples/frameworks/(\w+\.py)\)", MORE.read_text("utf-8"))
    assert sorted([*on_pages, *linked]) == sorted(path.name for path in EXAMPLES.glob("*.py"))
