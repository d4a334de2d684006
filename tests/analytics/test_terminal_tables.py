"""Tables for people: aligned, no wider than the terminal, and honest about what is not shown."""

# ruff: noqa: RUF001 dashes as in print

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.traces import otlp, tool, write_lines
from toolspan.analytics.output import (
    Column,
    clean,
    counted,
    duration,
    interval,
    number,
    percent,
    text_width,
    times,
    to_html,
    to_json,
    to_json_lines,
    to_text,
)
from toolspan.launcher._verbs import VERBS


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (percent(1), "100 %"), (percent(0.9999), ">99.9 %"), (percent(0.00001), "<0.1 %"),
        (percent(0), "0 %"), (percent(0.1234), "12.3 %"), (percent(None), "–"),
        (interval(0.281, 1), "28–100 %"), (interval(0.998, 1), "99–100 %"), (interval(0, 0.001), "0–1 %"),
        (interval(None, 1), "–"),
        (duration(0), "0 ms"), (duration(0.25), "250 µs"), (duration(12.3), "12.3 ms"),
        (duration(999.4), "999 ms"), (duration(999.7), "1 s"), (duration(1234), "1.23 s"),
        (duration(125_000), "2.08 min"), (duration(-1400), "-1.4 s"), (duration(8_000_000), "2.22 h"),
        (duration(864e6), "10 d"), (duration(None), "–"),
        (number(1234.5), "1,234"), (number(0.004), "0.004"), (number(None), "–"),
        (counted(1, "span"), "1 span"), (counted(1200, "span"), "1,200 spans"),
        (times(1), "once"), (times(2), "twice"), (times(7), "7 times"),
        (clean("a\x1b[31m\nb\u202ec"), "a [31m b c"), (clean("x" * 300), "x" * 199 + "…"),
    ],
)  # fmt: skip
def test_numbers_read_as_people_write_them(shown: str, said: str) -> None:
    assert shown == said


COLUMNS = (
    Column("tool", lambda r: r["tool"], is_number=False, weight=9),
    Column("calls", lambda r: str(r["calls"]), weight=9),
    Column("share", lambda r: "12.5 %", weight=5),
    Column("message", lambda r: r["message"], is_number=False, weight=7),
    Column("nothing", lambda r: "", weight=8),
)
RECORDS = [
    {"tool": "search_web", "calls": 12, "message": "no answer after 20 s, and none expected soon"},
    {"tool": "日本語", "calls": 3, "message": ""},
]


def test_a_table_is_aligned_and_leaves_out_columns_that_say_nothing() -> None:
    assert to_text(RECORDS, COLUMNS).splitlines() == [
        "tool        calls   share  message",
        "──────────  ─────  ──────  ────────────────────────────────────────────",
        "search_web     12  12.5 %  no answer after 20 s, and none expected soon",
        "日本語          3  12.5 %",
    ]


def test_a_narrow_table_cuts_texts_before_it_drops_columns_and_says_so() -> None:
    assert to_text(RECORDS, COLUMNS, 48).splitlines()[2] == (
        "search_web     12  12.5 %  no answer after 20 s…"
    )
    assert to_text(RECORDS, COLUMNS, 36).splitlines() == [
        "tool        calls  message",
        "──────────  ─────  ─────────────────",
        "search_web     12  no answer after…",
        "日本語          3",
        "(no room for: share)",
    ]


@given(st.integers(30, 200), st.lists(st.text(max_size=60), min_size=1, max_size=5))
def test_no_line_is_wider_than_the_terminal_and_no_number_is_cut(
    width: int, texts: Sequence[str]
) -> None:
    records = [{"tool": clean(t)[:10], "calls": 12, "message": clean(t)} for t in texts]
    lines = to_text(records, COLUMNS, width).splitlines()
    table = [line for line in lines if not line.startswith("(no room")]
    assert all(text_width(line) <= max(width, 20) for line in table[2:])
    assert all("12" in line for line in table[2:])


def test_json_has_no_numbers_that_are_none_and_html_escapes() -> None:
    record = {"a": float("nan"), "b": float("inf"), "c": 1.5, "d": "<b>"}
    assert json.loads(to_json([record])) == [{"a": None, "b": None, "c": 1.5, "d": "<b>"}]
    assert to_json_lines([record, record]).count("\n") == 2
    shown = to_html([record], [Column("<d>", lambda r: r["d"])])
    assert "<b>" not in shown
    assert "&lt;b&gt;" in shown


MEASURE_VERBS = (
    "tools", "agents", "workflows", "steps", "models", "servers", "sessions", "trends", "errors",
    "transitions", "loops", "dead-ends", "recovery", "waste", "repeats", "fallbacks", "concurrency",
    "search",
)  # fmt: skip


@pytest.mark.parametrize("columns", [80, pytest.param(140, marks=pytest.mark.slow)])
def test_every_verb_fits_the_terminal(
    newsletter: Path, cli, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setattr("toolspan.analytics.cli._common.terminal_width", lambda: columns)
    for verb in MEASURE_VERBS:
        assert cli(verb, newsletter / "spans.jsonl") == 0
        head, _, rest = cli.out.partition("\n\nNote: ")
        lines = head.splitlines()
        assert len(lines) >= 3, verb
        assert max(map(text_width, lines)) <= columns, verb
        assert not [line for line in lines if line.rstrip().endswith(" %  …")]
        assert "delivered more than once" in rest


@pytest.mark.requirement("design.9-terminal-controls", "design.9-csv-injection")
def test_content_of_traces_cannot_drive_a_terminal_or_a_spreadsheet(cli, tmp_path: Path) -> None:
    evil = "=HYPERLINK(1)\x1b]0;owned\x07\x9b31m\u202e"
    spans = [tool(evil, i, at=i, error=evil, message=evil, session__id=evil) for i in range(1, 4)]
    path = write_lines(tmp_path / "spans.jsonl", otlp(spans, resource={"service.name": evil}))
    for verb in (*MEASURE_VERBS, "report", "damage"):
        assert cli(verb, path) == 0
        assert not set(cli.out) & set("\x1b\x07\x9b\u202e"), verb
    for verb in MEASURE_VERBS:
        assert cli(verb, path, "--format", "csv") == 0
        cells = [cell for line in cli.out.splitlines() for cell in line.split(",")]
        assert not [cell for cell in cells if cell.strip('"').startswith(("=", "@"))], verb
    for view in ("tool", "session"):
        assert cli(view, evil, path) == 0
        assert not set(cli.out) & set("\x1b\x07\x9b\u202e"), view


def test_nothing_to_show_is_a_sentence(cli, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "spans.jsonl", otlp([tool("search", 1)]))
    for verb, said in {
        "errors": "no call failed",
        "loops": "no loop among them",
        "recovery": "no call has a second attempt",
        "fallbacks": "no call stood in for another",
        "agents": "none describes an agent run",
        "dead-ends": "no session failed after a tool call",
    }.items():
        assert cli(verb, path) == 0
        assert cli.out == f"Note: 1 span read, {said}\n"
    assert cli("tools", path, "--where", "tool_name=fetch", "--since", "2026-01-01") == 0
    assert cli.out == (
        "Note: 1 span read, none describes a tool call with tool_name=fetch, since 2026-01-01\n"
    )


def test_rows_are_sorted_and_limited_as_asked(newsletter: Path, cli) -> None:
    def names(*options: str) -> list[str]:
        return [r["tool_name"] for r in cli.json("tools", newsletter / "spans.jsonl", *options)]

    assert names("--sort", "p95_ms", "--limit", "2") == ["search_web", "fetch_page"]
    # What has no value comes last, either way.
    assert names("--sort=-p95_ms")[0] == names("--sort", "-p95_ms")[0] == "fact_check"
    assert names("--sort=-p95_ms")[-1] == names("--sort", "p95_ms")[-1] == "send_email"
    assert len(names("--limit", "0")) == 8
    assert cli("tools", newsletter, "--sort", "p95") == 2
    assert "no column 'p95' to sort by; did you mean 'p95_ms'" in cli.err
    with pytest.raises(SystemExit, match="2"):
        cli("tools", newsletter, "--limit", "-1")


def test_a_closed_pipe_is_no_error(newsletter: Path) -> None:
    program = shutil.which("toolspan", path=Path(sys.executable).parent)
    assert program
    with subprocess.Popen(
        [program, "search", newsletter / "spans.jsonl", "--format", "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as running:
        assert running.stdout
        assert running.stderr
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(60) == 0


def test_help_is_grouped_and_every_verb_has_examples(cli, capsys) -> None:
    assert cli("--help") == 0
    groups = [
        line for line in cli.out.splitlines() if line in ("Look:", "Explain:", "Decide:", "Move:")
    ]
    assert groups == ["Look:", "Explain:", "Decide:", "Move:"]
    for verb in (*MEASURE_VERBS, "status", "check", "sql", "export", "tool", "session"):
        assert verb in VERBS
        with pytest.raises(SystemExit, match="0"):
            cli(verb, "--help")
        assert f"\nexamples:\n  toolspan {verb}" in capsys.readouterr().out, verb


def test_output_survives_a_terminal_without_unicode(newsletter: Path) -> None:
    program = shutil.which("toolspan", path=Path(sys.executable).parent)
    assert program
    done = subprocess.run(
        [program, "status", newsletter / "spans.jsonl", "--until", "2026-03-02T10:00:00Z"],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert io.BytesIO(done.stdout).read().isascii()
