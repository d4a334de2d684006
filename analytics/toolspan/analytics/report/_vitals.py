"""The health of a stretch of time in a few numbers, and how they stand against the one before."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from toolspan.analytics.measures import EVERYTHING
from toolspan.analytics.output import duration, number, percent
from toolspan.analytics.statistics import Mean, clustered_proportion, mean_interval

if TYPE_CHECKING:
    from toolspan.analytics.traces import Traces

Record = Mapping[str, Any]

# At most so many scores: the rest is in the table of feedback.
MOST_SCORES: Final = 4
BETTER, WORSE, UNCLEAR = "better", "worse", "no clear change"


@dataclass(frozen=True, slots=True)
class Vital:
    """One number of health.

    Attributes:
        name: what it is.
        unit: `share`, `ms` or `number`: how it is printed.
        value: in the stretch of time.
        low: lower bound of its 95 % interval, None where there is too little data for one.
        high: upper bound.
        of: how many calls or sessions it is over.
        is_higher_better: None where neither end is.
        before: the same number of the stretch before, if that is known.
    """

    name: str
    unit: str
    value: float
    low: float | None
    high: float | None
    of: str
    is_higher_better: bool | None
    before: "Vital | None" = None

    @property
    def change(self) -> str:
        """`better` or `worse` if the two intervals do not touch, otherwise `no clear change`."""
        was = self.before
        if was is None:
            return ""
        if None in (self.low, self.high, was.low, was.high) or self.is_higher_better is None:
            return UNCLEAR
        assert self.low is not None
        assert self.high is not None
        assert was.low is not None
        assert was.high is not None
        if self.low > was.high:
            return BETTER if self.is_higher_better else WORSE
        if self.high < was.low:
            return WORSE if self.is_higher_better else BETTER
        return UNCLEAR

    @property
    def text(self) -> str:
        """The value in its unit."""
        return _SHOWN[self.unit](self.value)

    @property
    def interval(self) -> str:
        """The bounds in their unit."""
        if self.low is None or self.high is None:
            return "too little data for an interval"
        show = _SHOWN[self.unit]
        return f"{show(self.low)} to {show(self.high)}"


_SHOWN = {"share": percent, "ms": duration, "number": number}


def vitals(
    traces: "Traces", now: tuple[object, object], before: tuple[object, object] | None
) -> list[Vital]:
    """The numbers of the stretch `now`, each with that of the stretch `before`."""
    found = _of(traces, *now)
    if before is None:
        return found
    was = {vital.name: vital for vital in _of(traces, *before)}
    return [replace(vital, before=was.get(vital.name)) for vital in found]


def _of(traces: "Traces", since: object, until: object) -> list[Vital]:
    calls = traces.records("tools", EVERYTHING, since=since, until=until)
    sessions = traces.records("sessions", since=since, until=until)
    found = [*(_calls(calls[0]) if calls else ()), *_sessions(sessions)]
    return [*found, *_scores(traces, {session["session_key"] for session in sessions})]


def _calls(record: Record) -> list[Vital]:
    found = []
    rated = record["ok"] + record["errors"]
    if record["success_rate"] is not None:
        bounds = record["success_rate_low"], record["success_rate_high"]
        found.append(
            Vital(
                "tool calls that succeed",
                "share",
                record["success_rate"],
                *bounds,
                f"of {rated:,} finished calls",
                is_higher_better=True,
            )
        )
    if record["p95_ms"] is not None:
        bounds = record["p95_low_ms"], record["p95_high_ms"]
        found.append(
            Vital(
                "slowest call in twenty (p95)",
                "ms",
                record["p95_ms"],
                *bounds,
                f"of {rated:,} finished calls",
                is_higher_better=False,
            )
        )
    return found


def _sessions(sessions: Sequence[Record]) -> list[Vital]:
    found = []
    known = [session for session in sessions if session["outcome"] != "unknown"]
    if known:
        good = np.array([session["outcome"] == "ok" for session in known], dtype=np.float64)
        rate = clustered_proportion(good, np.ones(len(good)))
        found.append(
            Vital(
                "sessions that end well",
                "share",
                rate.rate,
                _known(rate.low),
                _known(rate.high),
                f"of {len(known):,} sessions",
                is_higher_better=True,
            )
        )
    costs = [session["cost"] for session in sessions if session["cost"] is not None]
    if costs:
        mean = mean_interval(np.array(costs))
        found.append(_mean("cost of a session", mean, is_higher_better=False))
    return found


SCORES_SQL = """
SELECT
    score_name, source_kind, source_id, session_key, avg(value) AS value,
    max(direction) AS direction
FROM feedback
WHERE NOT is_superseded AND value IS NOT NULL AND session_key IS NOT NULL
GROUP BY ALL
ORDER BY ALL
"""


def _scores(traces: "Traces", sessions: set[Any]) -> list[Vital]:
    by_score: dict[tuple[str, str], list[Record]] = {}
    for row in traces.sql_records(SCORES_SQL):
        if row["session_key"] in sessions:
            source = " ".join(part for part in (row["source_kind"], row["source_id"]) if part)
            by_score.setdefault((row["score_name"], source), []).append(row)
    widest = sorted(by_score.items(), key=lambda item: (-len(item[1]), item[0]))[:MOST_SCORES]
    return [
        _mean(
            f"{name} ({source})" if source else name,
            mean_interval(np.array([row["value"] for row in rows])),
            is_higher_better={"lower": False, "none": None}.get(rows[0]["direction"], True),
        )
        for (name, source), rows in sorted(widest)
    ]


def _mean(name: str, mean: Mean, *, is_higher_better: bool | None) -> Vital:
    return Vital(
        name,
        "number",
        mean.value,
        _known(mean.low),
        _known(mean.high),
        f"mean of {mean.n:,} sessions",
        is_higher_better,
    )


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
