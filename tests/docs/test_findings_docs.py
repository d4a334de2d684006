"""The pages on feedback and findings say what is so: every command, snippet, column and verdict."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.reference import REPOSITORY
from support.sessions import Session, write_sessions
from support.traces import agent, otlp, tool, write_lines
from toolspan.analytics import open_traces
from toolspan.analytics.findings import EXPOSURES, VERDICTS
from toolspan.launcher import main

DOCS = REPOSITORY / "docs"
BLOCK = re.compile(
    r"(?:<!-- file: (?P<file>\S+) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


def blocks(page: str) -> Iterator[tuple[str, str, str]]:
    for match in BLOCK.finditer((DOCS / page).read_text(encoding="utf-8")):
        yield match["file"] or "", match["language"], match["text"]


def section(page: str, title: str) -> str:
    text = (DOCS / page).read_text(encoding="utf-8")
    return text.split(f"\n## {title}\n")[1].split("\n## ")[0]


def first_cells(table: str) -> list[str]:
    """What the first cells of the rows name in code quotes."""
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row.split(" | ")[0])]


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A folder with three chats in `traces`, and a table of ratings."""
    traces = tmp_path / "traces"
    traces.mkdir()
    spans = []
    for number, order in ((1, "o-17"), (2, "o-18"), (3, "o-19")):
        about = {"session__id": f"chat-{number}", "trace": number, "order__id": order}
        spans += [agent("helper", 1, **about), tool("search", 2, 1, **about)]
    write_lines(traces / "spans.jsonl", otlp(spans))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOOLSPAN_DIR", str(traces))
    return tmp_path


def test_the_how_to_does_what_it_says(folder, capsys) -> None:
    printed = {}
    for file, language, text in blocks("how-to/feedback.md"):
        if file:
            (folder / file).write_text(text, encoding="utf-8")
        elif language == "python":
            exec(compile(text, "feedback.md", "exec"), {})
        elif language == "sh":
            for command in text.splitlines():
                capsys.readouterr()
                assert main(shlex.split(command)[1:]) == 0, (command, capsys.readouterr())
                printed[command.split("--")[0].strip()] = capsys.readouterr().out
    assert "3 of 3 match" in printed["toolspan feedback import ratings.csv"]
    assert "Stars (unknown): 3 of 3 match" in printed["toolspan feedback import survey.csv"]
    assert "returned (unknown): 2 of 2 match" in printed["toolspan feedback import returns.csv"]
    assert "tone (unknown): 2 of 3 sessions rated" in printed["toolspan correlate traces"]


@pytest.fixture
def findings(tmp_path):
    sessions = [Session(["base"] + ["search"] * (n % 2), 1 + n % 5) for n in range(40)]
    sessions += [Session(["base"], None)]
    with open_traces(*write_sessions(tmp_path, sessions)) as traces:
        yield traces.correlation()


def test_every_column_of_a_finding_is_documented_and_no_other(findings) -> None:
    documented = first_cells(section("reference/findings.md", "Columns"))
    assert sorted(documented) == sorted(findings.records[0])


def test_every_key_of_an_audit_is_documented_and_no_other(findings) -> None:
    documented = first_cells(section("reference/findings.md", "The audit"))
    assert sorted(documented) == sorted(findings.audits[0])


def test_every_verdict_and_exposure_is_documented_and_no_other() -> None:
    assert first_cells(section("reference/findings.md", "Verdicts")) == list(VERDICTS)
    assert first_cells(section("reference/findings.md", "Exposures")) == list(EXPOSURES)


def test_the_snippet_of_the_reference_runs(tmp_path, monkeypatch, capsys) -> None:
    (tmp_path / "traces").mkdir()
    sessions = [Session(["base"] + ["search"] * (n % 2), 1 + n % 5) for n in range(40)]
    write_sessions(tmp_path / "traces", sessions, file="ratings.csv")
    (tmp_path / "traces" / "ratings.csv").rename(tmp_path / "ratings.csv")
    monkeypatch.chdir(tmp_path)
    for _, language, text in blocks("reference/findings.md"):
        if language == "python":
            exec(compile(text, "findings.md", "exec"), {})
    assert "quality 40 of 40 rated" in capsys.readouterr().out


@pytest.mark.parametrize(
    "page", ["how-to/feedback.md", "reference/findings.md", "explanation/statistics.md"]
)
def test_every_link_leads_somewhere(page) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert ((DOCS / page).parent / target).exists(), target
