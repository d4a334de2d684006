"""What went into calls that led nowhere: each counted once, under one reason."""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from support.traces import agent, otlp, span, tool, write_lines
from toolspan.analytics import Traces, open_traces

Spans = dict[str, Any]
HASH = "toolspan__tool_call__arguments_hash"
RESULT = "gen_ai__tool__call__result"


def opened(folder: Path, spans: Iterable[Spans]) -> Traces:
    return open_traces(write_lines(folder / "spans.jsonl", otlp(spans)), cache=False)


def told(traces: Traces, *names: str, **selection: Any) -> list[tuple[Any, ...]]:
    names = names or ("tool_name", "reason", "calls", "spent_ms")
    return [tuple(row[name] for name in names) for row in traces.records("waste", **selection)]


def in_turn(*calls: tuple[str, float, dict[str, Any]], first: int = 10) -> list[Spans]:
    """An agent whose calls follow each other: tool, length, and more of its span."""
    spans, at = [agent("a", 1, ms=60_000)], 0.0
    for number, (name, ms, more) in enumerate(calls, first):
        spans.append(tool(name, number, 1, at=at, ms=ms, **more))
        at += ms + 10
    return spans


def attempts(call: int, at: float, *lengths: float, wait: float = 20) -> list[Spans]:
    """The attempts of a call, of which all but the last failed."""
    spans = []
    for number, ms in enumerate(lengths, 1):
        error = {"error": "ValueError"} if number < len(lengths) else {}
        more = {"toolspan__tool_call__layer": "attempt", "toolspan__attempt__number": number}
        spans.append(span("attempt", 100 * call + number, call, at=at, ms=ms, **more, **error))
        at += ms + wait
    return spans


def failed(arguments: str | None = None, **more: Any) -> dict[str, Any]:
    return {"error": "ValueError", **({HASH: arguments} if arguments else {}), **more}


def fine(arguments: str | None = None, **more: Any) -> dict[str, Any]:
    return {**({HASH: arguments} if arguments else {}), **more}


@pytest.mark.requirement("analytics.03-wasted")
def test_each_reason_has_its_calls_and_their_time(tmp_path: Path) -> None:
    spans = in_turn(
        ("lost", 100, failed()),  # nothing follows it up
        ("again", 110, failed("x")),  # the agent tries again ...
        ("again", 120, failed("x")),  # ... with the same, which fails as well ...
        ("again", 130, fine("x")),  # ... and then works: that is no waste
        ("fix", 140, failed("x")),
        ("fix", 150, fine("y")),  # other arguments
        ("first", 160, failed()),
        ("second", 170, failed(toolspan__fallback__from="first", toolspan__fallback__position=1)),
        ("third", 180, fine(toolspan__fallback__from="first", toolspan__fallback__position=2)),
        ("poll", 190, fine("x", **{RESULT: "pending"})),  # the answer
        ("poll", 200, fine("x", **{RESULT: "pending"})),  # the same once more
        ("poll", 210, fine("x", **{RESULT: "done"})),  # worth asking
        ("shaky", 220, fine()),  # call 22, at 2110 ms
        ("stopped", 230, {"toolspan__outcome": "cancelled"}),
        ("stopped", 240, {"toolspan__outcome": "denied"}),
        ("stopped", 250, {"toolspan__outcome": "interrupted"}),
        ("stopped", 260, {"toolspan__outcome": "abandoned"}),
    )
    spans += attempts(22, 2110, 80, 100)
    with opened(tmp_path, spans) as traces:
        assert told(
            traces, "tool_name", "reason", "calls", "all_calls", "share", "spent_ms", "all_ms",
            "time_share", "cost", "carried_tokens", "note",
        ) == [
            (name, reason, calls, n, calls / n, ms, all_ms, ms / all_ms, None, None,
             "one session: no interval")
            for name, reason, calls, n, ms, all_ms in [
                ("again", "total", 2, 3, 230, 360),
                ("again", "repeated", 1, 3, 120, 360),
                ("again", "tried_again", 1, 3, 110, 360),
                ("poll", "total", 1, 3, 200, 600),
                ("poll", "looped", 1, 3, 200, 600),
                ("second", "total", 1, 1, 170, 170),
                ("second", "superseded", 1, 1, 170, 170),
                ("first", "total", 1, 1, 160, 160),
                ("first", "superseded", 1, 1, 160, 160),
                ("fix", "total", 1, 2, 140, 290),
                ("fix", "tried_again", 1, 2, 140, 290),
                ("lost", "total", 1, 1, 100, 100),
                ("lost", "given_up", 1, 1, 100, 100),
                # 80 ms of the attempt that failed, and 20 ms until the next.
                ("shaky", "total", 1, 1, 100, 220),
                ("shaky", "retried", 1, 1, 100, 220),
            ]
        ]  # fmt: skip
        assert told(traces, "everything", "reason", "calls", "spent_ms", by="everything") == [
            ("all", "total", 8, 1100),
            ("all", "superseded", 2, 330),
            ("all", "tried_again", 2, 250),
            ("all", "looped", 1, 200),
            ("all", "repeated", 1, 120),
            ("all", "given_up", 1, 100),
            ("all", "retried", 1, 100),
        ]


@pytest.mark.requirement("analytics.03-wasted")
def test_a_call_for_which_two_reasons_hold_counts_under_the_first(tmp_path: Path) -> None:
    fallback = {"toolspan__fallback__from": "x"}
    spans = in_turn(
        ("x", 100, failed("a")),
        ("x", 110, failed("a")),  # repeated, and superseded
        ("y", 120, fine("a", **fallback)),
        ("u", 10, failed("a")),
        ("v", 20, fine("a")),
        ("u", 30, failed("a")),  # looped: u and v take turns
        ("v", 40, fine("a")),
        ("u", 50, failed("a")),  # looped, and the next of `u`
        ("u", 60, failed("b")),  # given up: the same tool does not follow
        ("w", 70, fine("c")),
        ("w", 80, fine("c")),  # looped: with all of its time, although it was retried
        ("w", 90, fine("c")),
    )
    spans += attempts(20, 690, 30, 10)
    with opened(tmp_path, spans) as traces:
        found = {row[:2]: row[2:] for row in told(traces)}
    assert {key: value for key, value in found.items() if key[1] != "total"} == {
        ("x", "repeated"): (1, 110),
        ("x", "tried_again"): (1, 100),
        ("u", "looped"): (2, 80),
        ("u", "given_up"): (2, 70),
        ("v", "looped"): (1, 40),
        ("w", "looped"): (2, 170),
    }


def test_an_answer_after_failures_is_no_waste_however_often_it_was_asked_for(
    tmp_path: Path,
) -> None:
    spans = in_turn(
        ("t", 10, failed("a")),
        ("other", 5, fine("1")),
        ("other", 5, fine("2")),
        ("t", 20, failed("a")),
        ("other", 5, fine("3")),
        ("other", 5, fine("4")),
        ("t", 30, {**fine("a"), "toolspan__outcome": "cancelled"}),
        ("other", 5, fine("5")),
        ("other", 5, fine("6")),
        ("t", 40, fine("a")),
        ("other", 5, fine("7")),
        ("other", 5, fine("8")),
        ("t", 50, fine("a")),  # now it has been answered
    )
    with opened(tmp_path, spans) as traces:
        assert told(traces) == [
            ("t", "total", 3, 80),
            ("t", "looped", 2, 70),
            ("t", "given_up", 1, 10),
        ]


@pytest.mark.requirement("analytics.03-wasted")
def test_what_is_no_fallback_no_circle_and_no_retry_counts_as_none(tmp_path: Path) -> None:
    stands_in = {"toolspan__fallback__from": "first"}
    spans = in_turn(
        ("first", 100, failed()),
        ("aside", 110, failed()),  # nothing stands in for it
        ("second", 120, failed(**stands_in)),  # `second` again is not another tool
        ("second", 130, failed(**stands_in)),
        ("twice", 140, fine("x")),
        ("twice", 150, fine("x")),  # the second time: two make no circle
        ("stopped", 160, {"toolspan__outcome": "cancelled"}),  # call 16, at 810 ms
        ("stopped", 170, fine()),
    )
    with opened(tmp_path, [*spans, *attempts(16, 810, 100, 40)]) as traces:
        assert traces.records("tools", where="tool_name=stopped")[0]["retried_calls"] == 1
        assert [row for row in told(traces) if row[1] != "total"] == [
            ("second", "given_up", 1, 130),
            ("second", "tried_again", 1, 120),
            ("aside", "given_up", 1, 110),
            ("first", "superseded", 1, 100),
        ]


def nested(**outer: Any) -> list[Spans]:
    """A call of 1 000 ms; in it, through an agent, failures from 100 to 300, 200 to 400, 600 to 700."""
    return [
        agent("a", 1, ms=5000),
        tool("outer", 2, 1, ms=1000, **outer),
        agent("b", 3, 2, ms=950),
        tool("inner", 4, 3, at=100, ms=200, error="ValueError"),
        tool("inner", 5, 3, at=200, ms=200, error="ValueError"),
        agent("c", 6, 3, at=500, ms=300),
        tool("deep", 7, 6, at=600, ms=100, error="ValueError"),
        tool("inner", 8, 3, at=900, ms=20),
    ]


@pytest.mark.requirement("analytics.03-wasted")
def test_time_of_calls_inside_calls_is_told_once(tmp_path: Path) -> None:
    parts = [("inner", "total", 2, 400), ("inner", "tried_again", 2, 400)]
    deep = [("deep", "total", 1, 100), ("deep", "given_up", 1, 100)]
    with opened(tmp_path, nested(error="ValueError")) as traces:
        # Its own: 1 000 ms without those in which others of these went on, 100 to 400 and 600 to 700.
        outer = [("outer", "total", 1, 600), ("outer", "given_up", 1, 600)]
        assert told(traces) == [*outer, *parts, *deep]
        # Looking at one of them changes nothing.
        assert told(traces, where="tool_name=outer") == outer
    with opened(tmp_path, nested()) as traces:
        assert told(traces) == [*parts, *deep]
    # An attempt of 250 ms failed, the next began after 50 ms: of it, 100 to 300 are the inner calls'.
    with opened(tmp_path, [*nested(), *attempts(2, 0, 250, 700, wait=50)]) as traces:
        outer = [("outer", "total", 1, 100), ("outer", "retried", 1, 100)]
        assert told(traces) == [*parts, *deep, *outer]


def test_failed_attempts_inside_a_failed_call_are_told_once(tmp_path: Path) -> None:
    spans = [
        agent("a", 1, ms=5000),
        tool("outer", 2, 1, ms=1000, error="ValueError"),
        tool("inner", 3, 2, at=100, ms=500),
        *attempts(3, 100, 80, 400),
    ]
    with opened(tmp_path, spans) as traces:
        assert told(traces) == [
            ("outer", "total", 1, 900),
            ("outer", "given_up", 1, 900),
            ("inner", "total", 1, 100),
            ("inner", "retried", 1, 100),
        ]


@pytest.mark.requirement("analytics.03-wasted")
def test_the_charge_of_failed_calls_and_what_retries_added_to_it(tmp_path: Path) -> None:
    def charged(amount: float) -> dict[str, Any]:
        return {"toolspan__tool__cost__amount": amount, "toolspan__tool__cost__currency": "EUR"}

    spans = [
        tool("t", 1, trace=1, **charged(1)),
        tool("t", 2, trace=2, **charged(3), error="ValueError"),
        tool("t", 3, trace=3, **charged(7)),
        *(s | {"traceId": f"{3:032x}"} for s in attempts(3, 0, 10, 20)),
        tool("t", 4, trace=4, error="ValueError"),  # says nothing of a charge
        tool("t", 5, trace=5, **charged(100), toolspan__outcome="cancelled"),
        tool("u", 6, trace=6, error="ValueError"),
    ]
    with opened(tmp_path, spans) as traces:
        assert told(traces, "tool_name", "reason", "calls", "cost", "all_cost", "cost_share") == [
            ("t", "total", 3, 8, 11, 8 / 11),
            ("t", "given_up", 2, 3, 11, 3 / 11),
            ("t", "retried", 1, 5, 11, 5 / 11),  # one that needs one attempt costs 2 on average
            ("u", "total", 1, None, None, None),
            ("u", "given_up", 1, None, None, None),
        ]
        (added,) = (r["added_cost"] for r in traces.records("retry_ladder") if r["added_cost"])
        assert added == 5


@pytest.mark.requirement("analytics.03-wasted")
def test_the_tokens_that_failed_calls_add_to_later_turns(tmp_path: Path) -> None:
    def chat(number: int, at: float, read: int) -> Spans:
        return span(
            "chat m", number, 1, at=at, gen_ai__operation__name="chat", gen_ai__usage__cost=0.1,
            gen_ai__usage__input_tokens=read, gen_ai__usage__output_tokens=0,
        )  # fmt: skip

    spans = [
        agent("a", 1, ms=5000),
        chat(2, 0, 100),
        tool("t", 3, 1, at=200, error="ValueError"),
        tool("u", 4, 1, at=300),
        chat(5, 500, 220),  # 120 more: 60 of each
        tool("t", 6, 1, at=700),
        *attempts(6, 700, 10, 20),  # was needed, whatever its attempts
        chat(7, 900, 250),
    ]
    with opened(tmp_path, spans) as traces:
        price = 0.3 / 570
        assert told(traces, "tool_name", "reason", "carried_tokens", "carried_cost") == [
            ("t", "total", 120, pytest.approx(120 * price)),
            ("t", "given_up", 120, pytest.approx(120 * price)),
            ("t", "retried", None, None),
        ]


@pytest.mark.requirement("analytics.03-wasted")
def test_shares_of_calls_have_an_interval_and_say_when_there_is_little_data(tmp_path: Path) -> None:
    # One call a session, so 3 of 30 sessions; Kish's factor is then 30 / 29.
    spans = [
        tool("t", n, trace=n, session__id=f"s{n}", error="ValueError" if n <= 3 else None)
        for n in range(1, 31)
    ]
    few = [tool("u", 40 + n, trace=n, session__id=f"s{n}", error="E") for n in range(1, 4)]
    with opened(tmp_path, [*spans, *few]) as traces:
        records = traces.records("waste")
    p, n, t = 0.1, 29, 2.045229642
    middle, spread = p + t**2 / (2 * n), t * math.sqrt(p * (1 - p) / n + t**2 / (4 * n**2))
    assert [
        (r["tool_name"], r["reason"], r["sessions"], r["all_sessions"], r["note"]) for r in records
    ] == [
        ("t", "total", 3, 30, None),
        ("t", "given_up", 3, 30, None),
        ("u", "total", 3, 3, "little data"),
        ("u", "given_up", 3, 3, "little data"),
    ]
    for record in records[:2]:
        assert record["share"] == p
        assert record["share_low"] == pytest.approx((middle - spread) / (1 + t**2 / n), rel=1e-3)
        assert record["share_high"] == pytest.approx((middle + spread) / (1 + t**2 / n), rel=1e-3)


def test_what_a_call_counts_under_does_not_depend_on_what_is_looked_at(tmp_path: Path) -> None:
    spans = in_turn(
        ("t", 100, failed("x", shard=1)),
        ("t", 110, failed("x", shard=2)),
        ("t", 120, fine("x", shard=3)),
    )
    with opened(tmp_path, spans) as traces:
        assert told(traces, where="shard=2")[1:] == [("t", "repeated", 1, 110)]
        assert told(traces, until="2026-03-02T09:00:00.050Z")[1:] == [("t", "tried_again", 1, 100)]
        assert told(traces, "shard", "reason", "calls", by="shard") == [
            ("2", "total", 1), ("2", "repeated", 1), ("1", "total", 1), ("1", "tried_again", 1),
        ]  # fmt: skip


def test_the_verb_says_that_it_is_an_upper_bound(tmp_path: Path, cli) -> None:
    path = write_lines(tmp_path / "spans.jsonl", otlp([tool("t", 1, error="E")]))
    assert cli("waste", path) == 0
    table, _, notes = cli.out.partition("\n\n")
    assert [line.split()[:3] for line in table.splitlines()[2:]] == [
        ["t", "total", "1"],
        ["t", "given_up", "1"],
    ]
    assert [note.partition(",")[0] for note in notes.splitlines()] == [
        "Note: total: at most what could have been avoided",
        "Note: given_up: failed",
    ]
    assert "saving" not in cli.out
    path = write_lines(tmp_path / "fine.jsonl", otlp([tool("t", 1)]))
    assert cli("waste", path) == 0
    assert cli.out == ("Note: 1 span read, no call failed, was retried or went round in a circle\n")


@pytest.mark.requirement("analytics.03-wasted")
def test_the_example_has_the_answers_worked_out_by_hand(newsletter: Path) -> None:
    with open_traces(newsletter) as traces:
        assert told(traces) == [
            ("search_web", "total", 2, 3500),
            ("search_web", "given_up", 1, 2500),
            ("search_web", "superseded", 1, 1000),
            ("fetch_page", "total", 2, 2600),
            ("fetch_page", "retried", 1, 1600),
            ("fetch_page", "superseded", 1, 1000),
            ("fact_check", "total", 3, 1200),
            ("fact_check", "given_up", 1, 600),
            ("fact_check", "looped", 2, 600),
            ("get_time", "total", 1, 1000),
            ("get_time", "given_up", 1, 1000),
            ("fetch_cache", "total", 1, 600),
            ("fetch_cache", "given_up", 1, 600),
        ]
