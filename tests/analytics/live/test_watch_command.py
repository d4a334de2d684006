"""`toolspan watch`: one page, a line each time, or a screen that is always up to date."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.servers import TIMEOUT_S
from support.traces import START_NS, agent, otlp, tool, write_lines
from toolspan.analytics import live, open_traces
from toolspan.analytics.cli import watch
from toolspan.analytics.live._tables import LiveTables
from toolspan.launcher import main

ENTER, LEAVE = b"\x1b[?1049h\x1b[?25l", b"\x1b[?25h\x1b[?1049l"
NOW_NS = START_NS + 60 * 10**9


@pytest.fixture
def at_nine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute after the traces of the tests began."""
    monkeypatch.setattr("time.time_ns", lambda: NOW_NS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two agents' calls, one of which failed; and a call whose agent has not ended yet."""
    write_lines(
        tmp_path / "spans.jsonl",
        otlp(
            [
                agent("writer", 1, at=0, ms=5000, session__id="s-1"),
                tool("search", 2, 1, at=100, ms=400),
                tool("search", 3, 1, at=1000, ms=200, error="TimeoutError", message="no answer"),
                agent("reader", 11, trace=2, at=20_000, ms=9000, session__id="s-2"),
                tool("fetch", 12, 11, trace=2, at=21_000, ms=1500),
                tool(
                    "fetch",
                    22,
                    21,
                    trace=3,
                    at=50_000,
                    ms=700,
                    session__id="s-3",
                    toolspan__agent="writer",
                ),
            ]
        ),
    )
    return tmp_path


@pytest.mark.usefixtures("at_nine")
@pytest.mark.requirement("analytics.09-tui")
def test_a_page_says_what_happened_in_the_window(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["watch", str(folder), "--once"]) == 0
    text = capsys.readouterr().out
    title, headline, activity, *_ = text.splitlines()
    assert title == f"{folder} · the last 15m · 09:01:00 UTC"
    assert headline == (
        "4 calls of 2 tools, 1 failed, success 75 %, 3 sessions, 1 under way, newest span 9 s ago"
    )
    assert re.fullmatch(
        r"calls [▁▂▃▄▅▆▇█]{60} at most 4 in 15 s|calls \S+ at most 2 in 15 s", activity
    )
    tables = [block.splitlines() for block in text.split("\n\n")[1:]]
    found = {
        " ".join(rows[0].split()): [" ".join(row.split()) for row in rows[2:]] for rows in tables
    }
    assert found == {
        "tool calls failed success 95 % interval p50 p95 slowest sessions": [
            "? search 2 1 50 % – 300 ms 390 ms 400 ms 1",  # noqa: RUF001 a dash
            "? fetch 2 0 100 % 1–100 % 1.1 s 1.46 s 1.5 s 2",  # noqa: RUF001
        ],
        "under way session begun last sign calls failed last tool": [
            "writer s-3 10 s ago 9 s ago 1 0 fetch"
        ],
        "failed call when agent session error message": [
            "search 58 s ago writer s-1 TimeoutError no answer"
        ],
        "agent runs failed success p50 p95 slowest sessions": [
            "reader 1 0 100 % 9 s 9 s 9 s 1",
            "writer 1 0 100 % 5 s 5 s 5 s 1",
        ],
        "session last sign outcome calls failed LLM calls lasted": [
            "s-3 9 s ago unknown 1 0 0 700 ms",
            "s-2 31 s ago ok 1 0 0 9 s",
            "s-1 55 s ago ok 2 1 0 5 s",
        ],
    }


@pytest.mark.usefixtures("at_nine")
def test_what_has_begun_and_not_ended_is_under_way_and_nothing_bad(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    running = [agent("writer", 1, at=0, session__id="s-1"), tool("search", 2, 1, at=30_000)]
    for span in running:
        span["endTimeUnixNano"] = "0"
    write_lines(tmp_path / "starts.jsonl", otlp(running))
    assert main(["watch", str(tmp_path), "--once"]) == 0
    rows = [" ".join(row.split()) for row in capsys.readouterr().out.splitlines()]
    assert "? search 1 0 1 1" in rows
    assert "writer s-1 60 s ago 30 s ago 0 0 search" in rows
    assert "s-1 30 s ago not ended 1 0 0 30 s" in rows


@pytest.mark.usefixtures("at_nine")
def test_the_numbers_are_those_of_tools_and_agents(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["watch", str(folder), "--format", "json", "--times", "1"]) == 0
    found = json.loads(capsys.readouterr().out)
    for verb, key in (("tools", "tool_name"), ("agents", "agent_name")):
        assert main([verb, str(folder), "--since", "15m", "--format", "json"]) == 0
        records = {record[key]: record for record in json.loads(capsys.readouterr().out)}
        assert records
        assert {row[key]: row for row in found[verb]} == {
            name: {column: record[column] for column in found[verb][0]}
            for name, record in records.items()
        }


@pytest.mark.usefixtures("at_nine")
def test_a_window_without_calls_says_when_the_newest_span_ended(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["watch", str(folder), "--once", "--since", "5s"]) == 0
    assert "no tool calls in the window; the newest span ended 9 s ago" in capsys.readouterr().out


@pytest.mark.usefixtures("at_nine")
def test_where_no_terminal_is_there_is_a_line_each_time(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["watch", str(folder), "--times", "2", "--every", "0.001"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == second
    assert first.startswith("09:01:00 UTC  4 calls of 2 tools, 1 failed, success 75 %, ")
    assert first.endswith("; 6 spans in all")


def test_where_nothing_arrives_what_was_found_only_grows_older(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [NOW_NS]
    monkeypatch.setattr("time.time_ns", lambda: now[0])
    looks: list[int] = []
    found = live.look

    def look(traces: live.LiveTraces) -> live.Look:
        looks.append(now[0])
        return found(traces)

    def pause(_: float) -> None:
        now[0] += 2 * 10**9
        if len(capsys.readouterr().out.splitlines()) and now[0] == NOW_NS + 6 * 10**9:
            late = tool("search", 9, at=64_000, ms=100)
            write_lines(folder / "late.jsonl", otlp([late]))

    monkeypatch.setattr(live, "look", look)
    monkeypatch.setattr(time, "sleep", pause)
    assert main(["watch", str(folder), "--times", "5"]) == 0
    assert looks == [NOW_NS, NOW_NS + 6 * 10**9]
    assert "5 calls of 2 tools" in (said := capsys.readouterr().out)
    assert "newest span 3 s ago" in said


def test_what_is_not_there_yet_is_waited_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "later"
    assert main(["watch", str(missing), "--times", "1"]) == 0
    assert f"waiting for spans: {missing}: no such file or folder" in capsys.readouterr().out
    assert main(["watch", str(missing), "--once"]) == 2
    assert capsys.readouterr().err == f"toolspan: {missing}: no such file or folder\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-"], "only files of this machine can be followed"),
        (["--since", "soon"], "'soon' is no time"),
        (["--every", "0"], "invalid number of seconds value: '0'"),
    ],
)
def test_what_makes_no_sense_is_refused(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(["watch", *arguments])
    except SystemExit as ended:
        code = ended.code  # type: ignore[assignment]  # argparse ends with a number
    assert code == 2
    assert message in capsys.readouterr().err


class Terminal:
    """A terminal of 24 lines in which the command runs."""

    def __init__(self, *arguments: object, columns: int = 80) -> None:
        self.seen = b""
        self._master, slave = pty.openpty()
        environment = {**os.environ, "COLUMNS": str(columns), "LINES": "24", "TERM": "xterm"}
        environment.pop("NO_COLOR", None)
        program = "import sys; from toolspan.launcher import main; sys.exit(main(sys.argv[1:]))"
        self.process = subprocess.Popen(
            [sys.executable, "-c", program, "watch", *map(str, arguments), "--every", "0.2"],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
        )
        os.close(slave)

    def shows(self, text: bytes) -> bytes:
        """What was printed up to the text, as soon as it is there."""
        end = time.monotonic() + TIMEOUT_S
        while text not in self.seen:
            ready, _, _ = select.select([self._master], [], [], end - time.monotonic())
            assert ready, f"{text!r} not in {self.seen!r}"
            self._read()
        found, _, self.seen = self.seen.partition(text)
        return found + text

    def _read(self) -> bool:
        try:
            data = os.read(self._master, 1 << 16)
        except OSError:  # nobody has the other end open any more
            return False
        self.seen += data
        return bool(data)

    def ends(self, number: int) -> int:
        """The exit code after a signal; what it still printed is in `seen`."""
        self.process.send_signal(number)
        while self._read():
            pass
        return self.process.wait(TIMEOUT_S)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._master)


@pytest.fixture
def terminal(request: pytest.FixtureRequest) -> Iterator[Terminal]:
    made = Terminal(request.getfixturevalue("tmp_path") / "spans", "--since", "52w", "--no-cache")
    yield made
    made.close()


@pytest.mark.requirement("analytics.09-tui")
def test_a_screen_follows_files_and_gives_the_terminal_back_on_ctrl_c(
    terminal: Terminal, tmp_path: Path
) -> None:
    assert terminal.shows(b"waiting for spans in").startswith(ENTER)
    (tmp_path / "spans").mkdir()
    now = time.time_ns() - START_NS
    path = tmp_path / "spans" / "spans.jsonl"
    calls = [tool("search", number, 1, at=now / 1e6 - 2000) for number in range(2, 5)]
    write_lines(path, otlp(calls[:1]))
    terminal.shows(b"1 call of 1 tool, 0 failed")
    write_lines(path, otlp(calls[:1]), otlp(calls[1:]))
    terminal.shows(b"3 calls of 1 tool, 0 failed")
    assert terminal.ends(signal.SIGINT) == 0
    assert terminal.seen.endswith(LEAVE)
    assert b"Traceback" not in terminal.seen


def test_ctrl_c_while_a_query_runs_waits_for_its_end() -> None:
    before = signal.getsignal(signal.SIGINT)
    with watch._Ending() as ending:
        # The engine would make an error of what is raised here.
        os.kill(os.getpid(), signal.SIGINT)
        assert ending.number == signal.SIGINT
        began = time.monotonic()
        ending.wait(3600)
        assert time.monotonic() - began < 60
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_while_files_are_read_is_no_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise RuntimeError("Query interrupted")

    monkeypatch.setattr(LiveTables, "add", interrupted)
    assert main(["watch", str(folder), "--once"]) == 0
    assert capsys.readouterr().err == "\n"


def test_a_screen_that_is_told_to_end_gives_the_terminal_back(terminal: Terminal) -> None:
    terminal.shows(b"waiting for spans in")
    assert terminal.ends(signal.SIGTERM) == 128 + signal.SIGTERM
    assert terminal.seen.endswith(LEAVE)


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_a_page_is_no_larger_than_the_terminal(
    newsletter: Path, tmp_path: Path, columns: int
) -> None:
    terminal = Terminal(newsletter, "--since", "52w", "--cache-dir", tmp_path, columns=columns)
    try:
        terminal.shows(b"\x1b[J")
        page = terminal.shows(b"\x1b[J").decode()
    finally:
        terminal.close()
    lines = [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text) for text in page.split("\r\n")]
    assert 10 < len(lines) <= 24
    assert max(map(len, lines)) <= columns
    assert any("search_web" in line for line in lines)


def test_once_gives_the_same_as_all_at_once(newsletter: Path) -> None:
    from toolspan.analytics.live import follow, look

    with follow(newsletter, cache=False) as traces, open_traces(newsletter, cache=False) as all_:
        found = look(traces)
        tools = {tool["tool_name"]: tool for tool in all_.records("tools")}
        for rows, records in (
            (found.tools, tools.values()),
            (found.agents, all_.records("agents")),
        ):
            assert rows == [{key: record[key] for key in rows[0]} for record in records]
        assert (found.calls, found.errors) == (
            sum(tool["calls"] for tool in tools.values()),
            sum(tool["errors"] for tool in tools.values()),
        )
        failed = all_.sql_records(
            "SELECT tool_name, session_key FROM tool_calls WHERE NOT is_pseudo "
            "AND outcome IN ('error', 'tool_error', 'timeout') ORDER BY end_time DESC, span_id"
        )
        assert [(f["tool_name"], f["session_key"]) for f in found.failures] == [
            (f["tool_name"], f["session_key"]) for f in failed
        ]
        sessions = {s["session_key"]: s for s in all_.records("sessions")}
        assert len(found.sessions) == len(sessions)
        for session in found.sessions:
            whole = sessions[session["session_key"]]
            assert session["outcome"] == whole["outcome"]
            assert (session["calls"], session["errors"], session["duration_ms"]) == (
                whole["tool_calls"],
                whole["failed_calls"],
                whole["duration_ms"],
            )
        assert sum(calls for calls, _ in found.activity) == found.calls
