"""The tables are at every moment those that reading the files at once would give."""

from collections.abc import Callable
from pathlib import Path

import pytest

from support.following import Writer, append, at_once, calls, line
from support.tables import everything
from support.traces import START_NS, agent, otlp, span, tool, write_lines
from toolspan.analytics import LiveTraces, follow, live, open_traces
from toolspan.analytics.live import _follow, _tables

EVENTS = "gen_ai.evaluation.result"


def test_an_outer_span_that_comes_later_changes_what_its_calls_are(
    folder: Path, followed: LiveTraces
) -> None:
    path = folder / "spans.jsonl"
    inner = span("tools/call search", 3, 2, kind=3, mcp__method__name="tools/call",
                 gen_ai__tool__name="search")  # fmt: skip
    append(path, line(inner))
    followed.poll()
    (call,) = followed.records("tools")
    assert (call["calls"], followed.records("agents")) == (1, [])
    append(path, line(tool("search", 2, 1, error="ValueError")))
    followed.poll()
    (call,) = followed.records("tools")
    assert (call["calls"], call["errors"]) == (1, 1)
    append(path, line(agent("writer", 1, session__id="s-1")))
    followed.poll()
    (run,) = followed.records("agents")
    assert (run["agent_name"], run["tool_calls"]) == ("writer", 1)
    assert [s["session_id"] for s in followed.records("sessions")] == ["s-1"]
    assert everything(followed) == at_once(folder)


def test_a_span_that_is_delivered_again_counts_once(folder: Path, followed: LiveTraces) -> None:
    for name in ("spans-1.jsonl", "spans-2.jsonl"):
        append(folder / name, line(tool("a", 1), tool("b", 2)))
        followed.poll()
    assert calls(followed) == {"a": 1, "b": 1}
    assert (followed.summary.spans, followed.summary.spans_delivered) == (2, 4)
    assert everything(followed) == at_once(folder)


def test_a_span_that_began_is_there_and_then_its_end(
    followed: LiveTraces, start: Callable[..., Writer]
) -> None:
    writer = start("starts")
    writer.tell(1)
    writer.said("calling")
    followed.poll()
    assert [(t["calls"], t["abandoned"]) for t in followed.records("tools")] == [(1, 1)]
    writer.tell("")
    writer.said("done")
    followed.poll()
    assert [(t["calls"], t["abandoned"], t["ok"]) for t in followed.records("tools")] == [(1, 0, 1)]
    writer.end()


def page_of(traces: LiveTraces) -> live.Look:
    return live.look(traces, now_ns=START_NS)


def settled(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LiveTraces:
    """What follows a folder whose beginning is read by way of the cache."""
    monkeypatch.setattr(_follow, "CACHE_ABOVE_BYTES", 0)
    return follow(folder, cache_dir=tmp_path / "cache")


def test_what_came_before_is_taken_from_the_cache_and_goes_on(
    folder: Path, tmp_path: Path, newsletter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = newsletter.joinpath("spans.jsonl").read_bytes().splitlines(keepends=True)
    path = folder / "spans.jsonl"
    path.write_bytes(b"".join(lines[:4]) + lines[4][:100])
    with settled(folder, tmp_path, monkeypatch) as traces:
        assert traces.summary.files == [str(path)]
        assert everything(traces) == at_once(folder)
        append(path, lines[4][100:])
        with open_traces(folder, cache=False) as others:
            shown = [{key: run[key] for key in ("agent_name", "runs", "errors", "sessions")}
                     for run in others.records("agents")]  # fmt: skip
        traces.poll()
        assert [{key: run[key] for key in shown[0]} for run in page_of(traces).agents] == shown
        for more in lines[5:]:
            append(path, more)
            traces.poll()
        assert everything(traces) == at_once(folder)
    # And once more, from what is kept of the first part.
    append(path, line(tool("late", 77, trace=99)))
    with settled(folder, tmp_path, monkeypatch) as traces:
        assert everything(traces) == at_once(folder)


@pytest.mark.slow
def test_traces_of_several_kept_parts_that_go_on_are_whole(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, name in enumerate(("one", "two", "three"), start=1):
        (folder / name).mkdir()
        write_lines(
            folder / name / "spans.jsonl",
            otlp(
                [tool("search", 10 * number, 1), tool("alone", 10 * number + 1, trace=number + 1)]
            ),
        )
    with settled(folder, tmp_path, monkeypatch) as traces:
        assert everything(traces) == at_once(folder)
        append(
            folder / "one" / "spans.jsonl", line(tool("more", 40, 1), tool("alone", 41, trace=3))
        )
        traces.poll()
        append(folder / "two" / "spans.jsonl", line(agent("writer", 1), tool("new", 42, trace=9)))
        traces.poll()
        assert calls(traces) == {"search": 3, "alone": 4, "more": 1, "new": 1}
        assert everything(traces) == at_once(folder)
        with follow(folder, cache=False) as others:
            monkeypatch.undo()
            assert page_of(traces) == page_of(others)


def test_rows_that_are_no_longer_valid_are_cleared_away(
    folder: Path, followed: LiveTraces, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_tables, "STALE_ROWS", 0)
    for number in range(2, 8):
        append(folder / "spans.jsonl", line(tool("search", number, 1)))
        followed.poll()
    assert calls(followed) == {"search": 6}
    assert everything(followed) == at_once(folder)


def test_feedback_finds_sessions_that_come_before_and_after_it(
    folder: Path, followed: LiveTraces, newsletter: Path
) -> None:
    append(folder / "events.jsonl", newsletter.joinpath("events.jsonl").read_bytes())
    followed.poll()
    assert {row["matched"] for row in followed.join_report().scores} == {0}
    append(folder / "spans.jsonl", newsletter.joinpath("spans.jsonl").read_bytes())
    followed.poll()
    with open_traces(folder, cache=False) as traces:
        assert followed.join_report() == traces.join_report()
        assert followed.records("feedback_summary") == traces.records("feedback_summary")


def test_a_window_moves_with_the_time_of_asking(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(folder / "spans.jsonl", line(tool("a", 1)) + line(tool("b", 2, at=600_000)))
    now = [1_772_442_700_000_000_000]
    monkeypatch.setattr("time.time_ns", lambda: now[0])
    with follow(folder, since="15m", cache=False) as traces:
        assert calls(traces) == {"a": 1, "b": 1}
        now[0] += 600 * 10**9
        assert calls(traces) == {"b": 1}
        assert {r["tool_name"] for r in traces.records("tools", since="1h")} == {"a", "b"}
