"""The report says in plain words what fails and what is slow."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from support.traces import agent, otlp, span, tool, write_lines
from toolspan.analytics import open_traces
from toolspan.analytics.report import gather


def sick(tmp_path: Path) -> Path:
    """Forty sessions: `broken` fails in most, `fine` never, `slow` takes its time."""
    lines = [
        otlp(
            [
                agent("helper", 1, trace=n, session__id=f"s{n}", ms=9000),
                tool("broken", 2, 1, trace=n, error="ValueError" if n % 4 else None),
                tool("fine", 3, 1, trace=n, at=200),
                tool("slow", 4, 1, trace=n, at=400, ms=5000 + 10 * n),
            ]
        )
        for n in range(1, 41)
    ]
    return write_lines(tmp_path / "spans.jsonl", *lines)


def test_what_fails_and_what_is_slow_is_said(tmp_path: Path) -> None:
    with open_traces(sick(tmp_path)) as traces:
        facts = gather(traces)
    assert facts.headline == "broken fails too often; 75 % of 120 finished calls succeeded."
    assert [(t.level, t.text) for t in facts.troubles] == [
        (
            "bad",
            (
                "broken failed in 30 of 40 calls (75 %: 30 raised); "
                "its true success rate is likely between 14 and 41 %."
            ),
        ),
        (
            "warn",
            "slow is slow: one call in twenty takes 5.38 s or longer (half of them 5.21 s).",
        ),
        (
            "warn",
            (
                "30 of 120 finished calls (25 %, likely between 18 and 34 %) led nowhere: 30 failed "
                "and were not followed up. What went into them (3 s) is at most what could have "
                "been avoided."
            ),
        ),
    ]
    assert facts.works == ["2 of 3 tools are reliable (success surely above 90 %): fine, slow."]
    assert {tool["tool_name"]: tool["level"] for tool in facts.tools} == {
        "broken": "bad",
        "fine": "ok",
        "slow": "ok",
    }


@pytest.mark.requirement("analytics.03-wasted")
def test_what_went_into_calls_that_led_nowhere_is_said_where_it_is_surely_not_little(
    tmp_path: Path,
) -> None:
    def said(failing: int) -> list[str]:
        charge = {"toolspan__tool__cost__amount": 0.5}
        lines = [
            otlp(
                [
                    tool("t", 1, trace=n, **charge, error="E" if n <= failing else None),
                    tool("t", 2, trace=n, at=300, **charge),
                ]
            )
            for n in range(1, 41)
        ]
        with open_traces(write_lines(tmp_path / f"{failing}.jsonl", *lines)) as traces:
            return [t.text for t in gather(traces).troubles if "led nowhere" in t.text]

    assert said(2) == []  # 2 of 80: that may be less than one in twenty
    (text,) = said(16)
    assert text == (
        "16 of 80 finished calls (20 %, likely between 13 and 30 %) led nowhere: 16 failed and were "
        "followed by another try. What went into them (1.6 s, 8 of the tools' own charge) is at most "
        "what could have been avoided."
    )


def test_a_trace_of_plumbing_alone_is_no_session(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "spans.jsonl",
        otlp([tool("fine", 1, trace=1, session__id="s1")]),
        otlp([span("MCP send server/discover", 2, trace=2, mcp__method__name="server/discover")]),
    )
    with open_traces(path) as traces:
        assert gather(traces).totals["sessions"] == 1


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.references: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br", "link", "img"):
            self.open.append(tag)
        self.references += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.requirement("analytics.08-one-page")
def test_the_page_stands_alone(cli, newsletter: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert cli("report", newsletter, "--html", page) == 0
    assert cli.out.endswith(f"\nWritten: {page}\n")
    text = page.read_text(encoding="utf-8")
    parsed = _Page()
    parsed.feed(text)
    assert parsed.open == []
    assert parsed.references == []
    without_names = text.replace('xmlns="http://www.w3.org/2000/svg"', "").replace(
        'xmlns:xlink="http://www.w3.org/1999/xlink"', ""
    )
    assert not re.search(r"https?://|@import|url\(", without_names)
    for words in (
        "What does not",
        "What to do",
        "fetch_page",
        "researcher",
        "quality",
        "human · editor",
        "counted once",
        "prefers-color-scheme: dark",
        "@media print",
    ):
        assert words in text
    assert len(text) < 400_000


@pytest.mark.requirement("design.9-html-escaped")
def test_nothing_in_traces_becomes_markup(cli, tmp_path: Path) -> None:
    """Names, messages, ids and file names are text: in tables, in charts and in sentences."""
    evil = "<script>alert('x')</script>\x1b[31m"
    lines = [
        otlp(
            [
                agent(evil, 1, trace=n, session__id=f"{evil}{n}", ms=9000),
                tool(evil, 2, 1, trace=n, error=evil if n % 2 else None, message=evil),
                tool("fine", 3, 1, trace=n),
            ],
            resource={"service.name": evil},
        )
        for n in range(1, 41)
    ]
    scores = tmp_path / "scores.csv"
    rows = "\n".join(f"{evil}{n},{n % 2},{evil}" for n in range(1, 41))
    scores.write_text(f"session_id,score,comment\n{rows}\n", encoding="utf-8")
    path = write_lines(tmp_path / "spans.jsonl", *lines)
    page, text = tmp_path / "page.html", tmp_path / "page.md"
    options = ("report", path, "--feedback", scores, "--html", page)
    assert cli(*options, "--format", "markdown", "-o", text) == 0
    for made in (page.read_text(encoding="utf-8"), text.read_text(encoding="utf-8")):
        assert "alert(" in made
        assert "<script>alert" not in made
        assert "\x1b" not in made
    assert cli("report", path, "--feedback", scores) == 0
    assert "\x1b" not in cli.out


def test_the_terminal_report_says_what_to_do_and_shows_every_table(cli, newsletter: Path) -> None:
    assert cli("report", newsletter) == 0
    for words in (
        "fact_check failed in 2 of 4 calls",
        "What to do",
        "researcher",
        "link-checker",
        "0.75",
    ):
        assert words in cli.out
    assert "\x1b" not in cli.out
    assert max(map(len, cli.out.splitlines())) <= 110


def test_formats_for_people_and_programs(cli, newsletter: Path, tmp_path: Path) -> None:
    assert cli("report", newsletter, "--format", "json") == 0
    data = json.loads(cli.out)
    assert data["headline"].endswith("finished calls succeeded.")
    assert {"vitals", "works", "troubles", "recommendations", "tools", "findings"} <= set(data)
    assert cli("report", newsletter, "--format", "markdown") == 0
    assert cli.out.startswith("# Agents and their tools\n\n**")
    assert "| fetch\\_page |" in cli.out
    page = tmp_path / "page.html"
    assert cli("report", newsletter, "--format", "html", "-o", page) == 0
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert cli.out == ""


def test_a_page_that_cannot_be_written_is_one_line(cli, newsletter: Path, tmp_path: Path) -> None:
    assert cli("report", newsletter, "--html", tmp_path / "no" / "page.html") == 2
    assert "cannot be written" in cli.err


def test_the_page_of_nothing_says_so(cli, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "spans.jsonl", otlp([span("GET /", 1)]))
    page = tmp_path / "page.html"
    assert cli("report", path, "--html", page) == 0
    assert "No tool calls in 1 spans." in cli.out
    assert "No tool calls in 1 spans." in page.read_text(encoding="utf-8")
