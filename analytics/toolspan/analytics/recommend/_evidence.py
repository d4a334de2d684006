"""What the rules look at: measures, and how much of each tool there is in each session."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from toolspan.analytics.measures import judge
from toolspan.analytics.statistics import Mean, mean_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from toolspan.analytics.traces import Traces

Record = Mapping[str, Any]

# Fewer sessions with a tool than this say too little about it (the least that is compared when
# tool use is related to scores).
LEAST_SESSIONS = 8
EXAMPLES = 3
# A tool that fails more often than not, by the good end of its interval, is measured on failures:
# whatever else it seems to do well or badly says nothing about it once it works.
BROKEN_BELOW = 0.5


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool.

    Attributes:
        record: its row of the measure `tools`.
        level: its health, as `judge` sees it.
        places: which sessions have calls of it.
        columns: of those sessions, the numbers of the measure `tool_sessions`.
    """

    record: Record
    level: str
    places: "NDArray[np.int64]"
    columns: "Mapping[str, NDArray[np.float64]]"

    @property
    def name(self) -> str:
        """What it is called."""
        return str(self.record["tool_name"])

    @property
    def is_broken(self) -> bool:
        """Whether it fails so often that nothing but its repair is worth a thought."""
        best = self.record["success_rate_high"]
        return best is not None and best < BROKEN_BELOW


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that rules may look at.

    Attributes:
        session_ids: of all sessions, the oldest first.
        session_ms: how long each took.
        session_cost: what each cost, NaN where nothing is known.
        tools: by name.
        errors: rows of the measure `errors`, the commonest first.
        recovery: rows of the measure `retry_sessions`.
        fallbacks: rows of the measure `fallbacks`.
        loops: rows of the measure `loops` that are streaks.
        findings: rows of `correlate` on the use of tools; empty without feedback.
        offered: of each tool that models were offered, in how many sessions, and the size of its
            definition in characters.
    """

    session_ids: Sequence[str]
    session_ms: "NDArray[np.float64]"
    session_cost: "NDArray[np.float64]"
    tools: Mapping[str, Tool]
    errors: Sequence[Record] = ()
    recovery: Sequence[Record] = ()
    fallbacks: Sequence[Record] = ()
    loops: Sequence[Record] = ()
    findings: Sequence[Record] = ()
    offered: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    place_of: Mapping[str, int] = field(default_factory=dict)

    @property
    def sessions(self) -> int:
        """How many sessions there are."""
        return len(self.session_ids)

    def amounts(self, tool: Tool, column: str) -> "NDArray[np.float64]":
        """A number of a tool for every session, nought where it was not called."""
        spread = np.zeros(self.sessions)
        spread[tool.places] = np.nan_to_num(tool.columns[column])
        return spread

    def spread(self, rows: Sequence[Record], column: str) -> "NDArray[np.float64]":
        """The sum of a column of rows that have a `session_key`, for every session."""
        total = np.zeros(self.sessions)
        for row in rows:
            place = self.place_of.get(row["session_key"])
            if place is not None:
                total[place] += row[column] or 0
        return total

    def examples(self, amounts: "NDArray[np.float64]") -> tuple[str, ...]:
        """The newest sessions in which there is something of it."""
        return self._ids(np.flatnonzero(amounts > 0)[::-1])

    def largest(self, amounts: "NDArray[np.float64]") -> tuple[str, ...]:
        """The sessions in which there is most of it."""
        order = np.argsort(-amounts, kind="stable")
        return self._ids(order[amounts[order] > 0])

    def _ids(self, places: "NDArray[np.int64]") -> tuple[str, ...]:
        return tuple(self.session_ids[int(place)] for place in places[:EXAMPLES])


def per_hundred(amounts: "NDArray[np.float64]") -> Mean:
    """The mean over sessions, times a hundred, with its interval."""
    mean = mean_interval(amounts)
    return Mean(100 * mean.value, 100 * max(0.0, mean.low), 100 * mean.high, mean.n)


def confidence_of(mean: Mean, seen_in: int) -> str | None:
    """How sure an amount is, or None where too little is known to speak of it.

    `high`: the lower bound is at least half the amount, seen in 30 sessions or more; `medium`:
    the lower bound is above nought, seen in 8 or more.
    """
    if seen_in < LEAST_SESSIONS or not mean.low > 0:
        return None
    return "high" if mean.low >= mean.value / 2 and seen_in >= 30 else "medium"


def gather(traces: "Traces", findings: Sequence[Record] = ()) -> Evidence:
    """Measure what the rules need.

    Args:
        traces: where from.
        findings: rows of `correlate` on the use of tools, if there is feedback.
    """
    sessions = traces.records("sessions")
    place_of = {row["session_key"]: place for place, row in enumerate(sessions)}
    found: dict[str, list[Record]] = {}
    for row in traces.records("tool_sessions"):
        if row["session_key"] in place_of:
            found.setdefault(row["tool_name"], []).append(row)
    tools = {
        record["tool_name"]: _tool(record, found.get(record["tool_name"], []), place_of)
        for record in traces.records("tools")
    }
    return Evidence(
        session_ids=[str(row["session_id"] or row["session_key"]) for row in sessions],
        session_ms=_numbers(sessions, "duration_ms"),
        session_cost=_numbers(sessions, "cost"),
        tools=tools,
        errors=traces.records("errors"),
        recovery=traces.records("retry_sessions"),
        fallbacks=traces.records("fallbacks"),
        loops=[row for row in traces.records("loops") if row["kind"] == "streak"],
        findings=findings,
        offered={
            row["tool_name"]: (row["sessions"], row["characters"])
            for row in traces.records("offered_tools")
        },
        place_of=place_of,
    )


_NUMBERS = (
    "calls",
    "errors",
    "rated",
    "retried_calls",
    "recovered_calls",
    "wasted_retry_ms",
    "cost",
    "session_time_ms",
)


def _tool(record: Record, rows: Sequence[Record], place_of: Mapping[str, int]) -> Tool:
    return Tool(
        record=record,
        level=judge(record).level,
        places=np.array([place_of[row["session_key"]] for row in rows], dtype=np.int64),
        columns={name: _numbers(rows, name) for name in _NUMBERS},
    )


def _numbers(rows: Sequence[Record], name: str) -> "NDArray[np.float64]":
    return np.array([np.nan if row[name] is None else row[name] for row in rows], dtype=np.float64)
