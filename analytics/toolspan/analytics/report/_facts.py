"""What a report says, as data: every number and every sentence, before any layout."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from toolspan.analytics.measures import EVERYTHING, LEVELS, judge
from toolspan.analytics.output import moment
from toolspan.analytics.recommend import Recommendation, ToolFindings, recommend, tool_findings
from toolspan.analytics.report._troubles import Trouble, headline, troubles
from toolspan.analytics.report._vitals import Vital, vitals
from toolspan.analytics.report._works import what_works

if TYPE_CHECKING:
    from toolspan.analytics.traces import Traces

Record = Mapping[str, Any]

# How finely trends are drawn: the first that gives no more than so many points.
MOST_POINTS = 60
_EVERY_S = {"minute": 60, "hour": 3600, "day": 86400, "week": 604800}
MOST_ERRORS = 12


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a report shows.

    Attributes:
        headline: the state of things in one sentence.
        period: the time it is about, in words.
        before: the time it is compared with, in words; empty if there is none.
        totals: the row of the measure `totals`.
        vitals: health in a few numbers.
        works: what works, in sentences.
        troubles: what does not.
        recommendations: what to do, the most beneficial first.
        tools: rows of the measure `tools`, each with `level` and `reason`, the worst first.
        agents: rows of the measure `agents`.
        workflows: rows of the measure `workflows`.
        models: rows of the measure `models`.
        errors: the commonest rows of the measure `errors`.
        recovery: rows of the measure `recovery`.
        fallbacks: rows of the measure `fallbacks`.
        trend: rows of the measure `trends`.
        every: the stretch of time of one of them.
        feedback: rows of the measure `feedback_summary`.
        findings: how the use of tools goes with scores.
        files: what was read.
        notes: what was damaged, held back, left out or counted once.
    """

    headline: str
    period: str
    before: str
    totals: Record
    vitals: Sequence[Vital]
    works: Sequence[str]
    troubles: Sequence[Trouble]
    recommendations: Sequence[Recommendation]
    tools: Sequence[Record]
    agents: Sequence[Record]
    workflows: Sequence[Record]
    models: Sequence[Record]
    errors: Sequence[Record]
    recovery: Sequence[Record]
    fallbacks: Sequence[Record]
    trend: Sequence[Record]
    every: str
    feedback: Sequence[Record]
    findings: ToolFindings
    files: Sequence[str]
    notes: Sequence[str]


def gather(traces: "Traces") -> Facts:
    """Measure everything the report shows.

    Where the traces were opened with `since`, their time is compared with the time of equal
    length before it.
    """
    (totals,) = traces.records("totals")
    tools = [_judged(tool) for tool in traces.records("tools")]
    order = {level: place for place, level in enumerate(LEVELS)}
    tools.sort(key=lambda tool: (order[tool["level"]], -tool["errors"], -tool["calls"]))
    fallbacks = traces.records("fallbacks")
    now, before = _windows(traces)
    health = vitals(traces, now, before)
    findings = tool_findings(traces)
    every = _every(totals)
    return Facts(
        headline=headline(totals, tools),
        period=f"{moment(totals['first_time'])} to {moment(totals['last_time'])}",
        before=_words(before),
        totals=totals,
        vitals=health,
        works=what_works(tools, fallbacks, health, findings.records),
        troubles=troubles(tools, health, traces.records("waste", EVERYTHING)),
        recommendations=recommend(traces, findings.records),
        tools=tools,
        agents=traces.records("agents"),
        workflows=traces.records("workflows"),
        models=traces.records("models"),
        errors=traces.records("errors")[:MOST_ERRORS],
        recovery=traces.records("recovery"),
        fallbacks=fallbacks,
        trend=traces.records("trends", every=every),
        every=every,
        feedback=traces.records("feedback_summary"),
        findings=findings,
        files=[str(file) for file in traces.summary.files],
        notes=[*traces.summary.notes(), *_notes(traces)],
    )


def _judged(tool: Record) -> dict[str, Any]:
    health = judge(tool)
    return {**tool, "level": health.level, "reason": health.reason}


def _windows(traces: "Traces") -> "tuple[_Window, _Window | None]":
    asked = traces.window
    if asked.since_ns is None:
        return (None, asked.until_ns), None
    until = asked.until_ns if asked.until_ns is not None else time.time_ns()
    length = until - asked.since_ns
    return (asked.since_ns, until), (asked.since_ns - length, asked.since_ns)


_Window = tuple[int | None, int | None]


def _words(window: _Window | None) -> str:
    if window is None or window[0] is None or window[1] is None:
        return ""
    first, last = (datetime.fromtimestamp(bound / 1e9, UTC) for bound in (window[0], window[1]))
    return f"{moment(first)} to {moment(last)}"


def _every(totals: Record) -> str:
    first, last = totals["first_time"], totals["last_time"]
    if first is None or last is None:
        return "day"
    length_s = (last - first).total_seconds()
    fitting = (name for name, unit_s in _EVERY_S.items() if length_s <= unit_s * MOST_POINTS)
    return next(fitting, "month")


def _notes(traces: "Traces") -> list[str]:
    pseudo = traces.pseudo_tools()
    if not pseudo:
        return []
    names = ", ".join(f"{name} {calls}" for name, calls in pseudo.items())
    return [f"calls of framework plumbing left out: {names}"]
