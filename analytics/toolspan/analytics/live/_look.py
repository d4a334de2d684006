"""What a look at traces that grow finds: the six views of a page, and no more than they show.

Numbers of tools are columns of the measure of that name, those of agents the same as in theirs;
what is not asked for, the engine does not work out.
"""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from toolspan.analytics.engine import load_sql
from toolspan.analytics.measures import interval_sql, moment_ns

if TYPE_CHECKING:
    from toolspan.analytics.live._follow import LiveTraces

# So many lines of each list are found; how many are shown depends on the terminal.
ROWS = 20
# The window is cut into so many stretches.
STRETCHES = 60
_RATES = "success_rate, success_rate_low, success_rate_high, p50_ms, p95_ms, max_ms, note"
TOOLS = f"tool_name, calls, errors, ok, abandoned, sessions, {_RATES}, last_time"


@dataclass(frozen=True, slots=True)
class Look:
    """What was found.

    Attributes:
        now_ns: when.
        first_ns: where the window begins.
        tools: columns of the measure `tools`, the most called first.
        agents: what the measure `agents` says of each, as far as it is shown.
        activity: calls and errors of each of `STRETCHES` stretches of the window.
        failures: the newest failed calls.
        sessions: the sessions with the newest spans.
        under_way: traces of which a span above those that arrived is still to come.
        under_way_traces: how many of these there are.
        active_sessions: how many sessions had a span end in the window.
        newest_ns: when the newest span ended, also before the window; None without any.
    """

    now_ns: int
    first_ns: int
    tools: list[dict[str, Any]]
    agents: list[dict[str, Any]]
    activity: list[tuple[int, int]]
    failures: list[dict[str, Any]]
    sessions: list[dict[str, Any]]
    under_way: list[dict[str, Any]]
    under_way_traces: int
    active_sessions: int
    newest_ns: int | None

    @property
    def calls(self) -> int:
        """The calls of all tools."""
        return sum(tool["calls"] for tool in self.tools)

    @property
    def errors(self) -> int:
        """How many of them failed."""
        return sum(tool["errors"] for tool in self.tools)

    @property
    def success_rate(self) -> float | None:
        """`ok / (ok + failures)` over all tools."""
        ok = sum(tool["ok"] for tool in self.tools)
        return ok / (ok + self.errors) if ok + self.errors else None


def look(traces: "LiveTraces", *, now_ns: int | None = None) -> Look:
    """Look at the window of traces that grow (`follow(since=...)`; without one, at all of them).

    Args:
        traces: what to look at; call `poll` before.
        now_ns: the present, for tests.
    """
    now = time.time_ns() if now_ns is None else now_ns
    tools = traces.sql_records(f"SELECT {TOOLS} FROM ({traces.query('tools')})")
    since = traces.window.since_ns
    (active,) = _view(traces, "active", first_ns=since or 0)
    first = since if since is not None else _oldest(traces, now)
    under_way = _view(traces, "under_way", first_ns=first, limit=ROWS)
    return Look(
        now_ns=now,
        first_ns=first,
        tools=tools,
        agents=_view(traces, "agents", first_ns=since or 0),
        activity=_activity(traces, first, now),
        failures=_view(traces, "failures", first_ns=first, limit=ROWS),
        sessions=_view(traces, "sessions", first_ns=first, limit=ROWS),
        under_way=under_way,
        under_way_traces=under_way[0]["traces"] if under_way else 0,
        active_sessions=active["sessions"],
        newest_ns=active["newest_ns"],
    )


def _oldest(traces: "LiveTraces", now: int) -> int:
    (found,) = traces.sql_records("SELECT min(start_ns) AS first_ns FROM trace")
    return now if found["first_ns"] is None else moment_ns(found["first_ns"])


def _activity(traces: "LiveTraces", first: int, now: int) -> list[tuple[int, int]]:
    stretch = max(1, -(-(now - first) // STRETCHES))
    found = _view(traces, "activity", first_ns=first, last_ns=now, stretch_ns=stretch)
    by_stretch = {row["stretch"]: (row["calls"], row["errors"]) for row in found}
    return [by_stretch.get(number, (0, 0)) for number in range(STRETCHES)]


def _view(traces: "LiveTraces", name: str, **numbers: int) -> list[dict[str, Any]]:
    """A view of the page; only numbers go into its text."""
    sql = load_sql(f"live/views/{name}.sql").replace("$interval", interval_sql("agent_name"))
    for key, value in numbers.items():
        sql = sql.replace(f"${key}", str(int(value)))
    return traces.sql_records(sql)
