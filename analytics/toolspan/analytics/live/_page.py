"""A look as one page of a terminal: what fits, the most telling first."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from toolspan.analytics._status import SIGNS
from toolspan.analytics.live._look import Look
from toolspan.analytics.measures import LEVELS, judge
from toolspan.analytics.output import (
    Column,
    clean,
    count,
    counted,
    cut,
    duration,
    interval,
    percent,
    to_text,
)

_BARS: Final = "▁▂▃▄▅▆▇█"
# Rows of each table where the page may be as long as it likes.
_ROWS: Final = 10
# Head, rule and the empty line above them.
_FRAME: Final = 3
# A table of fewer rows than this is not begun.
_FEWEST: Final = 3

_BOLD, _DIM, _RED, _YELLOW, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[33m", "\x1b[0m"
_COLOURS: Final = {"bad": _RED, "warn": _YELLOW}


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of the page.

    Attributes:
        records: its rows.
        columns: what it shows of them; the first title says what a row is.
        total: how many rows there are, if there may be more than records.
        colour: how a row stands out, if it does.
    """

    records: Sequence[Mapping[str, Any]]
    columns: Sequence[Column]
    total: int | None = None
    colour: Callable[[Mapping[str, Any]], str] = lambda _: ""


def headline(look: Look) -> str:
    """The window in one line."""
    if not look.calls:
        newest = ""
        if look.newest_ns is not None:
            newest = f"; the newest span ended {_ago(look.now_ns, look.newest_ns)}"
        return f"no tool calls in the window{newest}"
    parts = [
        f"{counted(look.calls, 'call')} of {counted(len(look.tools), 'tool')}",
        f"{count(look.errors)} failed",
        f"success {percent(look.success_rate)}",
        counted(look.active_sessions, "session"),
    ]
    if look.under_way_traces:
        parts.append(f"{count(look.under_way_traces)} under way")
    if look.newest_ns is not None:
        parts.append(f"newest span {_ago(look.now_ns, look.newest_ns)}")
    return ", ".join(parts)


def page(
    look: Look,
    *,
    title: str,
    notes: Sequence[str] = (),
    width: int | None = None,
    height: int | None = None,
    has_colour: bool = False,
) -> str:
    """The page as text.

    Args:
        look: what to show.
        title: the first line.
        notes: what to know beside it, one line each.
        width: of the terminal; lines are no longer.
        height: and how many lines it has; None for as many as there are.
        has_colour: whether what is bad stands out in colour.
    """
    paint = _painted if has_colour else _as_it_is
    lines = [paint(_cut(title, width), _BOLD), _cut(headline(look), width)]
    if look.calls:
        lines.append(paint(_cut(_activity(look), width), _DIM))
    below = [paint(_cut(f"Note: {clean(note, 500)}", width), _DIM) for note in notes]
    if below:
        below.insert(0, "")
    tables = [table for table in _tables(look) if table.records]
    room = None if height is None else height - len(lines) - len(below)
    for table, rows in zip(tables, _shares([len(t.records) for t in tables], room), strict=True):
        if rows:
            lines += ["", *_lines(table, rows, width, paint)]
    return "\n".join([*lines, *below]) + "\n"


def _tables(look: Look) -> list[_Table]:
    now = look.now_ns
    # A call that has not ended yet may well be under way: here that is nothing bad.
    tools = [{**tool, "level": judge({**tool, "abandoned": 0}).level} for tool in look.tools]
    # The worst first, so that they are there where not all are.
    tools.sort(key=lambda tool: (LEVELS.index(tool["level"]), -tool["errors"], -tool["calls"]))
    return [
        _Table(tools, _TOOLS, len(tools), lambda tool: _COLOURS.get(tool["level"], "")),
        _Table(look.under_way, _under_way(now), look.under_way_traces),
        _Table(look.failures, _failures(now), colour=lambda _: _RED),
        _Table(look.agents, _AGENTS, len(look.agents)),
        _Table(look.sessions, _sessions(now)),
    ]


def _shares(wanted: Sequence[int], room: int | None) -> list[int]:
    """How many rows each table gets: none, or at least a few, and in turns while there is room."""
    if room is None:
        return [min(rows, _ROWS) for rows in wanted]
    given = [0] * len(wanted)
    for place, rows in enumerate(wanted):
        fewest = min(rows, _FEWEST)
        if rows and room >= _FRAME + fewest:
            given[place] = fewest
            room -= _FRAME + fewest
    while room > 0 and any(0 < have < rows for have, rows in zip(given, wanted, strict=True)):
        for place, rows in enumerate(wanted):
            if room > 0 and 0 < given[place] < rows:
                given[place] += 1
                room -= 1
    return given


def _lines(
    table: _Table, rows: int, width: int | None, paint: Callable[[str, str], str]
) -> list[str]:
    records, columns = table.records[:rows], list(table.columns)
    if table.total is not None and len(records) < table.total:
        place = next(i for i, column in enumerate(columns) if column.title)
        title = f"{columns[place].title}, {len(records)} of {count(table.total)}"
        columns[place] = replace(columns[place], title=title)
    head, rule, *body = to_text(records, columns, width).splitlines()[: 2 + len(records)]
    return [
        paint(head, _BOLD),
        paint(rule, _DIM),
        *(paint(line, table.colour(record)) for line, record in zip(body, records, strict=True)),
    ]


def _activity(look: Look) -> str:
    most = max(calls for calls, _ in look.activity)
    # Something is never drawn as nothing.
    top = len(_BARS) - 1
    bars = "".join(
        _BARS[max(1, top * calls // most)] if calls else _BARS[0] for calls, _ in look.activity
    )
    stretch = duration((look.now_ns - look.first_ns) / 1e6 / len(look.activity))
    return f"calls {bars} at most {count(most)} in {stretch}"


def _ago(now_ns: int, then_ns: int) -> str:
    """How long ago, to the second."""
    seconds = (now_ns - then_ns) // 10**9
    return "now" if seconds < 1 else f"{duration(seconds * 1e3)} ago"


def _cut(text: str, width: int | None) -> str:
    return cut(text, width) if width else text


def _painted(text: str, colour: str) -> str:
    return f"{colour}{text}{_PLAIN}" if colour else text


def _as_it_is(text: str, _: str) -> str:
    return text


_RATE = (
    Column("success", lambda r: percent(r["success_rate"]), weight=7),
    Column(
        "95 % interval", lambda r: interval(r["success_rate_low"], r["success_rate_high"]), weight=6
    ),
)
_LENGTHS = (
    Column("p50", lambda r: duration(r["p50_ms"]), weight=4),
    Column("p95", lambda r: duration(r["p95_ms"]), weight=6),
    Column("slowest", lambda r: duration(r["max_ms"]), weight=3),
)
_TOOLS = (
    Column("", lambda r: SIGNS[r["level"]], is_number=False, weight=9),
    Column("tool", lambda r: clean(r["tool_name"]), is_number=False, weight=9),
    Column("calls", lambda r: count(r["calls"]), weight=8),
    Column("failed", lambda r: count(r["errors"]), weight=8),
    *_RATE,
    *_LENGTHS,
    Column("unfinished", lambda r: count(r["abandoned"]) if r["abandoned"] else "", weight=5),
    Column("sessions", lambda r: count(r["sessions"]), weight=2),
)
_AGENTS = (
    Column("agent", lambda r: clean(r["agent_name"]), is_number=False, weight=9),
    Column("runs", lambda r: count(r["runs"]), weight=8),
    Column("failed", lambda r: count(r["errors"]), weight=8),
    *_RATE,
    *_LENGTHS,
    Column("sessions", lambda r: count(r["sessions"]), weight=2),
)


def _under_way(now: int) -> list[Column]:
    return [
        Column("under way", lambda r: clean(r["name"] or ""), is_number=False, weight=9),
        Column("session", lambda r: clean(r["session_key"]), is_number=False, weight=8),
        Column("begun", lambda r: _ago(now, r["start_ns"]), weight=6),
        Column("last sign", lambda r: _ago(now, r["end_ns"]), weight=7),
        Column("calls", lambda r: count(r["calls"]), weight=5),
        Column("failed", lambda r: count(r["errors"]), weight=4),
        Column("doing", lambda r: clean(r["doing"] or ""), is_number=False, weight=5),
        Column("last tool", lambda r: clean(r["last_tool"] or ""), is_number=False, weight=3),
    ]


def _failures(now: int) -> list[Column]:
    return [
        Column("failed call", lambda r: clean(r["tool_name"]), is_number=False, weight=9),
        Column("when", lambda r: _ago(now, r["end_ns"] or r["start_ns"]), weight=8),
        Column("agent", lambda r: clean(r["agent_name"] or ""), is_number=False, weight=3),
        Column("session", lambda r: clean(r["session_key"]), is_number=False, weight=4),
        Column("error", lambda r: clean(r["error_type"] or "", 60), is_number=False, weight=7),
        Column("message", lambda r: clean(r["error_message"] or ""), is_number=False, weight=6),
    ]


def _sessions(now: int) -> list[Column]:
    return [
        Column("session", lambda r: clean(r["session_key"]), is_number=False, weight=9),
        Column("last sign", lambda r: _ago(now, r["end_ns"]), weight=8),
        Column("outcome", _outcome, is_number=False, weight=7),
        Column("calls", lambda r: count(r["calls"]), weight=6),
        Column("failed", lambda r: count(r["errors"]), weight=6),
        Column("LLM calls", lambda r: count(r["llm_calls"]), weight=3),
        Column("lasted", lambda r: duration(r["duration_ms"]), weight=4),
    ]


def _outcome(session: Mapping[str, Any]) -> str:
    # What began and has not ended may well be under way.
    return "not ended" if session["outcome"] == "abandoned" else str(session["outcome"])


def clock(now_ns: int) -> str:
    """The time of day in UTC."""
    return f"{datetime.fromtimestamp(now_ns / 1e9, UTC):%H:%M:%S} UTC"
