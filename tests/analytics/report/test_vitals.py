"""Health against the time before: a change is one only where chance would not explain it."""

from pathlib import Path

import pytest

from support.traces import START_NS, agent, otlp, tool, write_lines
from toolspan.analytics import open_traces
from toolspan.analytics.report import gather

HOUR_MS = 3600e3


def two_hours(tmp_path: Path, fails_before: int, fails_now: int) -> Path:
    """Sixty sessions in each of two hours; in every n-th of them the call fails."""
    lines = [
        otlp(
            [
                agent("helper", 1, trace=number, session__id=f"s{number}", at=at, ms=500),
                tool(
                    "search", 2, 1, trace=number, at=at, error="E" if place % fails == 0 else None
                ),
            ]
        )
        for hour, fails in ((0, fails_before), (1, fails_now))
        for place in range(60)
        for number in (1 + hour * 60 + place,)
        for at in (hour * HOUR_MS + place * 1000,)
    ]
    return write_lines(tmp_path / "spans.jsonl", *lines)


def report(path: Path):
    since, until = START_NS + round(HOUR_MS * 1e6), START_NS + round(2 * HOUR_MS * 1e6)
    with open_traces(path, since=since, until=until) as traces:
        return gather(traces)


@pytest.mark.parametrize(
    ("before", "now", "change"),
    [(20, 2, "worse"), (2, 20, "better"), (4, 5, "no clear change")],
)
def test_success_is_compared_with_the_time_before(
    tmp_path: Path, before: int, now: int, change: str
) -> None:
    facts = report(two_hours(tmp_path, before, now))
    success = facts.vitals[0]
    assert (success.name, success.of) == ("tool calls that succeed", "of 60 finished calls")
    assert success.value == pytest.approx(1 - 1 / now)
    assert success.before is not None
    assert success.before.value == pytest.approx(1 - 1 / before)
    assert success.change == change
    assert facts.before == "2026-03-02 09:00:00 UTC to 2026-03-02 10:00:00 UTC"
    said = [*facts.works, *(trouble.text for trouble in facts.troubles)]
    assert any(f"{change} than the" in text for text in said) == (change != "no clear change")


def test_totals_are_those_of_the_time_asked_for(tmp_path: Path) -> None:
    totals = report(two_hours(tmp_path, 2, 2)).totals
    assert {key: totals[key] for key in ("calls", "errors", "runs", "sessions", "spans")} == {
        "calls": 60,
        "errors": 30,
        "runs": 60,
        "sessions": 60,
        "spans": 120,
    }


def test_without_a_window_nothing_is_compared(tmp_path: Path) -> None:
    with open_traces(two_hours(tmp_path, 2, 2)) as traces:
        facts = gather(traces)
    assert facts.before == ""
    assert {vital.before for vital in facts.vitals} == {None}
