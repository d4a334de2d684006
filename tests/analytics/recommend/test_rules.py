"""Each rule recommends where there is something to win, and is silent otherwise."""

import csv
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from support.reference import shared
from support.traces import agent, otlp, span, tool, write_lines
from toolspan.analytics import open_traces
from toolspan.analytics.recommend import Recommendation, recommend, tool_findings

Spans = list[dict[str, Any]]


def traces(tmp_path: Path, made: Callable[[int], Spans], sessions: int = 40) -> Path:
    """One trace for each session: an agent that takes 10 s, and what `made` says it did."""
    lines = [
        otlp(
            [agent("helper", 1, trace=n, session__id=f"s{n:02}", at=n * 1e4, ms=10_000), *made(n)],
            scope="toolspan.instrumentation",
        )
        for n in range(sessions)
    ]
    return write_lines(tmp_path / "spans.jsonl", *lines)


def call(name: str, number: int, n: int, **more: Any) -> dict[str, Any]:
    return tool(name, number, 1, trace=n, at=n * 1e4 + 10 * number, **more)


def attempts(name: str, number: int, n: int, outcomes: Iterable[str | None]) -> Spans:
    """A call whose attempts end with these errors; each takes 100 ms and 50 ms of waiting."""
    ends = list(outcomes)
    error = {"error": ends[-1]} if ends[-1] else {}
    count = {"toolspan__attempt__count": len(ends)} if len(ends) > 1 else {}
    made = [call(name, number, n, ms=150 * len(ends), **count, **error)]
    if len(ends) == 1:
        return made
    for place, end in enumerate(ends, start=1):
        failed = {"error": end} if end else {}
        made.append(
            span(
                f"attempt {name}",
                number + place,
                number,
                trace=n,
                at=n * 1e4 + 10 * number + 150 * (place - 1),
                toolspan__tool_call__layer="attempt",
                toolspan__attempt__number=place,
                **failed,
            )
        )
    return made


def said(path: Path, feedback: Path | None = None) -> list[Recommendation]:
    with open_traces(path, feedback=feedback) as opened:
        return recommend(opened, tool_findings(opened).records)


def every_other(n: int) -> Spans:
    """Every other session uses `odd`; both kinds are of like lengths."""
    fine = [call("fine", 4 + k, n) for k in range(1 + n // 2 % 3)]
    return [*fine, *([call("odd", 2, n)] if n % 2 else [])]


def rated(tmp_path: Path, scores: Iterable[float]) -> Path:
    path = tmp_path / "scores.csv"
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["session_id", "score"])
        rows.writerows((f"s{n:02}", score) for n, score in enumerate(scores))
    return path


def names(found: list[Recommendation]) -> list[tuple[str, str]]:
    return [(each.rule, each.tool_name) for each in found]


@pytest.mark.requirement("analytics.08-recommendations")
def test_a_recommendation_says_why_what_for_where_and_what_next(tmp_path: Path) -> None:
    path = traces(
        tmp_path,
        lambda n: [
            call("search", 2, n, error="ValueError" if n % 2 else None, message="row 12 is bad"),
            call("fine", 3, n),
        ],
    )
    (found,) = said(path)
    assert found.record() == {
        "rule": "broken_tool",
        "tool_name": "search",
        "title": "Repair search",
        "evidence": (
            "search fails in 20 of 40 calls (50 %); its success rate is likely 35–65 %."  # noqa: RUF001
        ),
        "prize": 50.0,
        "prize_low": pytest.approx(35, abs=2.6),
        "prize_high": pytest.approx(65, abs=2.6),
        "prize_unit": "failed calls in 100 sessions",
        "benefit": 0.5,
        "confidence": "medium",
        "example_sessions": ["s39", "s37", "s35"],
        "next_step": (
            "Begin with ValueError, \u201crow <num> is bad\u201d: 20 of 20 failures in 20 sessions "
            "(toolspan tool search)."
        ),
        "would_change": (
            "If these failures are ordinary answers (nothing found, not allowed), let the tool "
            "return them as results: then they do not count."
        ),
    }


def test_the_same_traces_give_the_same_recommendations(tmp_path: Path) -> None:
    path = traces(tmp_path, lambda n: [call("search", 2, n, error="E" if n % 3 else None)])
    assert said(path) == said(path) != []


def test_nothing_is_recommended_where_all_is_well(tmp_path: Path) -> None:
    assert said(traces(tmp_path, lambda n: [call("fine", 2, n), call("good", 3, n)])) == []


@pytest.mark.parametrize("failures", [7, 8])
def test_seven_sessions_are_too_few_to_speak_of(tmp_path: Path, failures: int) -> None:
    path = traces(tmp_path, lambda n: [call("search", 2, n, error="E" if n < failures else None)])
    assert names(said(path)) == ([("broken_tool", "search")] if failures == 8 else [])


@pytest.mark.requirement("analytics.05-useless-retries")
def test_retries_that_never_help_are_recommended_against(tmp_path: Path) -> None:
    def made(n: int) -> Spans:
        # Half of the sessions meet the failure, and no further attempt ever helps.
        return attempts("fetch", 2, n, ["Timeout"] * 3 if n % 2 else [None])

    found = {each.rule: each for each in said(traces(tmp_path, made))}
    retry = found["useless_retry"]
    assert retry.evidence == (
        "Of 40 further attempts in 20 sessions 0 succeeded (likely 0–12 %), "  # noqa: RUF001
        "half of them after a wait of 50 ms or less."
    )
    assert retry.prize.unit == "s spent on retries in 100 sessions"
    assert 0 < retry.prize.low < retry.prize.amount < retry.prize.high


def test_retries_that_help_are_left_alone(tmp_path: Path) -> None:
    def made(n: int) -> Spans:
        return attempts("fetch", 2, n, ["Timeout", None] if n % 2 else [None])

    assert said(traces(tmp_path, made)) == []


def test_a_stand_in_that_does_better_is_recommended_first(tmp_path: Path) -> None:
    def made(n: int) -> Spans:
        failed = n % 3 == 0
        first = call("fast", 2, n, error="Busy" if failed else None)
        instead = call("sure", 3, n, toolspan__fallback__from="fast")
        return [first, instead] if failed else [first, call("sure", 4, n)]

    found = said(traces(tmp_path, made, 60))
    assert ("fallback_first", "fast") in names(found)
    (one,) = (each for each in found if each.rule == "fallback_first")
    assert one.title == "Try sure before fast"
    assert one.evidence.startswith("sure stood in for fast 20 times and helped in 100 %.")


def test_a_tool_that_fails_more_often_than_not_is_only_to_be_repaired(tmp_path: Path) -> None:
    """It is slow, costly, called in loops and has a better stand-in; first it must work."""

    def made(n: int) -> Spans:
        costs = {"toolspan__tool__cost__amount": 1.0, "toolspan__tool_call__arguments_hash": "a"}
        broken = [call("bad", k, n, ms=5000, error="E", **costs) for k in range(2, 6)]
        return [*broken, call("sure", 9, n, toolspan__fallback__from="bad")]

    found = [each for each in said(traces(tmp_path, made)) if each.tool_name == "bad"]
    assert [each.rule for each in found if each.rule != "fallback_first"] == ["broken_tool"]


def test_a_tool_in_which_sessions_spend_their_time_is_worth_speeding_up(tmp_path: Path) -> None:
    path = traces(tmp_path, lambda n: [call("slow", 2, n, ms=6000), call("quick", 3, n)])
    (found,) = said(path)
    assert (found.rule, found.tool_name, found.confidence) == ("slow_tool", "slow", "high")
    assert str(found.prize) == "300 (300 to 300) s in 100 sessions, if it took half"


def test_a_tool_that_is_much_of_the_bill_is_named(tmp_path: Path) -> None:
    path = traces(
        tmp_path,
        lambda n: [
            call("dear", 2, n, toolspan__tool__cost__amount=0.09),
            call("cheap", 3, n, toolspan__tool__cost__amount=0.01),
        ],
    )
    (found,) = said(path)
    assert (found.rule, found.tool_name) == ("costly_tool", "dear")
    assert found.evidence == (
        "dear charged 3.6 for 40 calls: 90 % of all known cost, that of models included."
    )


def test_loops_are_named_with_what_they_repeat(tmp_path: Path) -> None:
    def made(n: int) -> Spans:
        times = 5 if n % 4 == 0 else 1
        return [
            call("look", 2 + k, n, toolspan__tool_call__arguments_hash="a") for k in range(times)
        ]

    (found,) = said(traces(tmp_path, made))
    assert (found.rule, found.tool_name) == ("loop", "look")
    assert found.evidence == (
        "10 times in 10 sessions look was called three or more times in a row with the same "
        "arguments: 50 calls, 0 of them failed."
    )
    assert found.prize.amount == 100.0
    assert found.sessions == ("s36", "s32", "s28")


def test_a_tool_that_goes_with_worse_scores_deserves_a_trial(tmp_path: Path) -> None:
    path = traces(tmp_path, every_other, 60)
    scores = rated(tmp_path, [(0.3 if n % 2 else 0.8) + 0.01 * (n % 7) for n in range(60)])
    (found,) = said(path, scores)
    assert (found.rule, found.tool_name, found.confidence) == ("bad_outcome", "odd", "medium")
    assert found.prize.amount == pytest.approx(0.5, abs=0.02)
    assert "association" in found.would_change
    assert "cause" not in found.evidence


def test_tool_use_that_goes_with_better_scores_is_no_reason_to_act(tmp_path: Path) -> None:
    path = traces(tmp_path, every_other, 60)
    assert said(path, rated(tmp_path, [n % 2 + 0.01 * (n % 7) for n in range(60)])) == []


def test_tools_that_are_offered_and_never_called_are_named(tmp_path: Path) -> None:
    offers = json.dumps([{"name": "used"}, {"function": {"name": "idle"}, "more": "x" * 366}])

    def made(n: int) -> Spans:
        asked = span(
            "chat m", 5, 1, trace=n, at=n * 1e4, gen_ai__operation__name="chat",
            gen_ai__request__model="m", gen_ai__tool__definitions=offers,
        )  # fmt: skip
        return [asked, call("used", 2, n)]

    (found,) = said(traces(tmp_path, made))
    assert (found.rule, found.tool_name) == ("unused_tool", "idle")
    assert found.evidence == (
        "Models were offered idle in 40 sessions and called it in none: it is used in at most "
        "8.8 % of sessions."
    )


@pytest.mark.shared
@pytest.mark.requirement("design.6-tau2-failing-tool")
def test_the_tool_that_always_fails_is_recommended_for_nothing_but_its_repair() -> None:
    path = shared("data", "tau2-bench", "traces.jsonl.gz")
    feedback = shared("data", "tau2-bench", "feedback.jsonl.gz")
    found = said(path, feedback)
    about = [each for each in found if "find_patient_by_name_dob" in str(each)]
    assert [(each.rule, each.title) for each in about] == [
        ("broken_tool", "Repair find_patient_by_name_dob")
    ]
    assert about[0].evidence.startswith("find_patient_by_name_dob fails in 40 of 40 calls (100 %)")
