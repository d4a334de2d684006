"""What is going on: a window of time against the one before."""

import html
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from toolspan.analytics.errors import UsageError
from toolspan.analytics.measures import EVERYTHING, LEVELS, judge, length_ns, moment_ns
from toolspan.analytics.output import Column, count, duration, interval, percent, to_text

if TYPE_CHECKING:
    import pandas as pd

    from toolspan.analytics.measures import Where
    from toolspan.analytics.traces import Traces

SIGNS = {"bad": "✗", "warn": "!", "unsure": "?", "ok": "✓"}


@dataclass(frozen=True, slots=True)
class Status:
    """The state of a window of time.

    Attributes:
        since: the window's length, as it was asked for.
        now: `calls, errors, success_rate, p95_ms, ...` of the window (a record of the measure
            `tools` over all tools), or None if nothing was called.
        before: the same of the window before.
        active_sessions: sessions that did something in the window.
        tools: records of the measure `tools`, with `level` and `reason`, worst first.
        last_call_s: how many seconds before the window's end the newest call began, or None.
    """

    since: str
    now: dict[str, Any] | None
    before: dict[str, Any] | None
    active_sessions: int
    tools: list[dict[str, Any]]
    last_call_s: float | None

    @property
    def level(self) -> str:
        """The worst level of any tool; `unsure` if nothing was called."""
        order = {level: place for place, level in enumerate(LEVELS)}
        levels = [tool["level"] for tool in self.tools if tool["level"] != "unsure"]
        return min(levels, key=order.__getitem__, default="unsure")

    def frame(self) -> "pd.DataFrame":
        """The tools with their health as a DataFrame."""
        import pandas as pd

        return pd.DataFrame(self.tools)

    def text(self, width: int | None = None) -> str:
        """The status in a few lines and a table."""
        lines = [f"{SIGNS[self.level]} the last {self.since}"]
        if self.now is None:
            ago = "" if self.last_call_s is None else f"; the newest was {_ago(self.last_call_s)}"
            return f"{lines[0]}: no calls{ago}\n"
        now, before = self.now, self.before or {}
        lines += [
            f"  calls            {count(now['calls']):>8}   {_change(now, before, 'calls')}",
            f"  success          {percent(now['success_rate']):>8}   "
            + (f"before {percent(before['success_rate'])}" if before else "nothing before"),
            f"  p95              {duration(now['p95_ms']):>8}   "
            + (f"before {duration(before['p95_ms'])}" if before else "nothing before"),
            f"  active sessions  {count(self.active_sessions):>8}",
            "",
        ]
        return "\n".join(lines) + "\n" + to_text(self.tools, COLUMNS, width)

    def __str__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self.text())}</pre>"


COLUMNS = (
    Column("", lambda r: SIGNS[r["level"]], is_number=False, weight=9),
    Column("tool", lambda r: r["tool_name"], is_number=False, weight=9),
    Column("calls", lambda r: count(r["calls"]), weight=8),
    Column("success", lambda r: percent(r["success_rate"]), weight=8),
    Column(
        "95 % interval", lambda r: interval(r["success_rate_low"], r["success_rate_high"]), weight=6
    ),
    Column("p95", lambda r: duration(r["p95_ms"]), weight=7),
    Column("reason", lambda r: r["reason"], is_number=False, weight=8, shortest=28),
)


def status(
    traces: "Traces", since: str = "1h", *, until: object = None, where: "Where" = None
) -> Status:
    """The state of the last `since` before `until` (default now).

    Raises:
        UsageError: `since` is no length of time.
    """
    length = length_ns(since)
    if length is None or length <= 0:
        raise UsageError(f"{since!r} is no length of time; expected 15m, 1h, 7d or the like")
    end = time.time_ns() if until is None else moment_ns(until)
    windows = [(end - length, end), (end - 2 * length, end - length)]
    everything, by_tool = [
        [traces.records("tools", by, where, since=first, until=last) for first, last in windows]
        for by in (EVERYTHING, None)
    ]
    earlier = {record["tool_name"]: record for record in by_tool[1]}
    tools = []
    for record in by_tool[0]:
        health = judge(record, earlier.get(record["tool_name"]))
        tools.append({**record, "level": health.level, "reason": health.reason})
    order = {level: place for place, level in enumerate(LEVELS)}
    tools.sort(key=lambda tool: (order[tool["level"]], -tool["errors"], -tool["calls"]))
    (active,) = traces.sql_records(
        "SELECT count(DISTINCT session_key) AS sessions FROM trace "
        f"WHERE end_ns >= {windows[0][0]} AND start_ns < {end}"
    )
    (newest,) = traces.sql_records(
        f"SELECT max(start_ns) AS start_ns FROM tool_call_rows WHERE start_ns < {end}"
    )
    last = newest["start_ns"]
    return Status(
        since=since,
        now=everything[0][0] if everything[0] else None,
        before=everything[1][0] if everything[1] else None,
        active_sessions=active["sessions"],
        tools=tools,
        last_call_s=None if last is None else (end - last) / 1e9,
    )


def _change(now: dict[str, Any], before: dict[str, Any], key: str) -> str:
    if not before or not before[key]:
        return "nothing before"
    return f"{100 * (now[key] / before[key] - 1):+.0f} % on the window before"


def _ago(seconds: float) -> str:
    return f"{duration(seconds * 1e3)} before"
