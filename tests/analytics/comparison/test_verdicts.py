"""PASS, FAIL or INCONCLUSIVE: small runs whose numbers can be worked out by hand."""

import numpy as np
import pytest

from support.runs import make_run
from toolspan.analytics import UsageError
from toolspan.analytics.comparison import (
    FAIL,
    INCONCLUSIVE,
    NOT_JUDGED,
    PASS,
    Margin,
    compare_runs,
)
from toolspan.analytics.comparison._assess import Assessment, Subject
from toolspan.analytics.comparison._verdict import judge
from toolspan.analytics.statistics import RelabellingTest

SUCCESS = [Margin("session_success", absolute=0.1)]


def endings(good: int, bad: int) -> list[float]:
    return [1.0] * good + [0.0] * bad


def only(found, quantity: str):
    (row,) = [record for record in found.records if record["quantity"] == quantity]
    return row


@pytest.mark.requirement("analytics.04-gate")
@pytest.mark.parametrize(
    ("base", "new", "verdict", "code"),
    [
        ((180, 20), (182, 18), PASS, 0),
        ((180, 20), (120, 80), FAIL, 1),
        ((18, 2), (17, 3), INCONCLUSIVE, 3),
    ],
)
def test_the_interval_decides(base, new, verdict: str, code: int) -> None:
    runs = [make_run(sum(side), is_ok=endings(*side)) for side in (base, new)]
    found = compare_runs(*runs, margins=SUCCESS)
    assert (found.verdict, found.exit_code()) == (verdict, code)
    row = only(found, "session_success")
    assert row["verdict"] == verdict
    assert row["base"] == pytest.approx(base[0] / sum(base))
    assert row["difference"] == pytest.approx(new[0] / sum(new) - base[0] / sum(base))
    is_beyond, is_within = row["high"] < -0.1, row["low"] > -0.1
    assert (is_beyond, is_within) == (verdict == FAIL, verdict == PASS)


def test_inconclusive_may_count_as_either() -> None:
    run = make_run(20, is_ok=endings(18, 2))
    found = compare_runs(run, run, margins=SUCCESS)
    assert [found.exit_code(inconclusive=how) for how in ("report", "pass", "fail")] == [3, 0, 1]


def test_a_whole_row_has_every_number() -> None:
    base = make_run(10, is_ok=endings(8, 2), tasks=[f"t{n}" for n in range(10)])
    new = make_run(10, is_ok=endings(5, 5), tasks=[f"t{n}" for n in range(10)])
    row = only(compare_runs(base, new, margins=SUCCESS, by=["task"]), "session_success")
    rounded = {
        key: round(value, 4) if isinstance(value, float) else value for key, value in row.items()
    }
    assert rounded == {
        "quantity": "session_success", "of": None, "source": None, "verdict": INCONCLUSIVE,
        "title": "sessions that end well", "unit": "share", "better": "higher",
        "base": 0.8, "new": 0.5, "difference": -0.3, "low": -0.6023, "high": 0.1167,
        "is_relative": False, "margin": 0.1, "n_base": 10, "n_new": 10, "independent": 10,
        "p_value": 0.25, "p_fail": 0.1657, "p_fail_holm": 0.1657, "p_pass": 0.8343,
        "sessions_needed": 243, "assumes": "no_difference", "pairs_better": 0, "pairs_worse": 3,
        "base_raw": 0.8, "new_raw": 0.5, "raw_p": 0.3498,
        "sentence": (
            "sessions that end well: 50 % after 80 %, −30.0 points (95 % CI −60.2…+11.7); "  # noqa: RUF001
            "better in 0 tasks, worse in 3; allowed: −10 points. It seems worse than allowed, "  # noqa: RUF001
            "but the interval reaches what is allowed. About 243 more tasks would settle it four "
            "times in five if NEW is as good as BASE."
        ),
    }  # fmt: skip


def test_sessions_are_compared_within_workflows() -> None:
    # NEW has more of the hard workflow, and does as well in each as BASE does.
    base = make_run(
        120, workflow=["easy"] * 100 + ["hard"] * 20, is_ok=[*endings(90, 10), *endings(10, 10)]
    )
    new = make_run(
        120, workflow=["easy"] * 20 + ["hard"] * 100, is_ok=[*endings(18, 2), *endings(50, 50)]
    )
    found = compare_runs(base, new)
    row = only(found, "session_success")
    assert found.within == ("workflow_name",)
    assert row["difference"] == pytest.approx(0)
    assert (row["base_raw"], row["new_raw"]) == pytest.approx((100 / 120, 68 / 120))
    assert row["raw_p"] < 0.001 < 0.9 < row["p_value"]
    assert row["verdict"] != FAIL


def test_what_only_one_run_has_is_left_out_and_said() -> None:
    base = make_run(40, workflow=["old"] * 10 + ["both"] * 30, is_ok=endings(40, 0))
    new = make_run(30, workflow=["both"] * 30, is_ok=endings(30, 0))
    found = compare_runs(base, new)
    assert only(found, "session_success")["n_base"] == 30
    assert found.notes == ["10 sessions of BASE left out: the other run has none of like workflow"]
    other = make_run(30, workflow=["new"] * 30, is_ok=endings(30, 0))
    assert compare_runs(base, other).notes == [
        "BASE and NEW share no workflow: compared across workflows"
    ]


def test_trials_of_one_task_count_once() -> None:
    # Task a is tried 90 times in NEW and always fails; nine others always succeed.
    tasks = [f"t{n}" for n in range(10)]
    base = make_run(10, tasks=tasks, is_ok=endings(10, 0))
    new = make_run(99, tasks=["t0"] * 90 + tasks[1:], is_ok=[0.0] * 90 + [1.0] * 9)
    row = only(compare_runs(base, new, by=["task"]), "session_success")
    assert (row["new"], row["new_raw"]) == pytest.approx((0.9, 9 / 99))
    assert (row["independent"], row["n_new"]) == (10, 99)


def test_tasks_that_nobody_shares_are_refused() -> None:
    base, new = make_run(9, tasks=["a"] * 9), make_run(9, tasks=["b"] * 9)
    with pytest.raises(UsageError, match="BASE and NEW share no task by task"):
        compare_runs(base, new, by=["task"])


def test_fewer_than_eight_say_nothing() -> None:
    base, new = make_run(7, is_ok=endings(7, 0)), make_run(200, is_ok=endings(0, 200))
    row = only(compare_runs(base, new, margins=SUCCESS), "session_success")
    assert row["verdict"] == INCONCLUSIVE
    assert row["sentence"].endswith(
        "7 comparable sessions of one run, 8 needed. About 1 more session of each run would give "
        "an interval."
    )


def test_holm_keeps_one_of_many_from_failing_by_chance() -> None:
    random = np.random.default_rng(7)
    n = 60
    tools = [f"tool{number}" for number in range(20)]

    def run(bad: float) -> list[tuple[int, str, bool, float]]:
        return [
            (session, tool, random.random() > (bad if tool == "tool0" else 0.2), 10.0)
            for session in range(n)
            for tool in tools
        ]

    margins = [Margin("tool_success", of=tool, absolute=0.02) for tool in tools]
    base, new = make_run(n, calls=run(0.2)), make_run(n, calls=run(0.33))
    alone = compare_runs(base, new, margins=margins[:1])
    among = compare_runs(base, new, margins=margins)
    p = [only_of(found, "tool0")["p_fail"] for found in (alone, among)]
    assert p[0] == p[1]
    assert only_of(among, "tool0")["p_fail_holm"] == pytest.approx(min(1, 20 * p[0]), rel=0.3)
    assert (alone.verdict, only_of(among, "tool0")["verdict"]) == (FAIL, INCONCLUSIVE)


def only_of(found, tool: str):
    (row,) = [record for record in found.records if record["of"] == tool]
    return row


def test_relative_margins_compare_logarithms() -> None:
    random = np.random.default_rng(1)
    cost = random.lognormal(0, 0.3, 200)
    base, new = make_run(200, cost=cost), make_run(200, cost=1.5 * cost)
    found = compare_runs(base, new, margins=[Margin("cost", relative=0.2)])
    row = only(found, "cost")
    assert row["difference"] == pytest.approx(0.5)
    assert 0.2 < row["low"] < 0.5 < row["high"]
    assert row["verdict"] == FAIL
    back = only(compare_runs(new, base, margins=[Margin("cost", relative=0.2)]), "cost")
    assert back["verdict"] == PASS
    assert (1 + back["low"], 1 + back["high"]) == pytest.approx(
        (1 / (1 + row["high"]), 1 / (1 + row["low"]))
    )


def test_what_one_run_lacks_is_inconclusive_and_what_both_lack_is_not_there() -> None:
    base, new = (
        make_run(20, cost=[1.0] * 20, is_ok=endings(20, 0)),
        make_run(20, is_ok=endings(20, 0)),
    )
    found = compare_runs(base, new)
    assert only(found, "cost")["sentence"] == "cost of a session: BASE has it, NEW has not."
    assert only(found, "cost")["verdict"] == INCONCLUSIVE
    assert not any(row["quantity"] == "tokens" for row in found.records)
    asked = compare_runs(base, new, margins=[Margin("tokens", relative=0.1)])
    assert only(asked, "tokens")["sentence"] == "tokens of a session: neither run has it."


def test_only_what_has_a_margin_is_judged() -> None:
    base = make_run(200, is_ok=endings(190, 10), cost=[1.0] * 200)
    new = make_run(200, is_ok=endings(190, 10), cost=[9.0] * 200)
    found = compare_runs(base, new, margins=SUCCESS)
    assert found.verdict == PASS
    assert only(found, "cost")["verdict"] == NOT_JUDGED
    assert compare_runs(base, new).verdict == FAIL


def test_scores_that_never_vary_are_not_certain() -> None:
    base, new = make_run(12, quality=[5.0] * 12), make_run(12, quality=[5.0] * 12)
    row = only(compare_runs(base, new), "score")
    assert (row["difference"], row["verdict"]) == (0, INCONCLUSIVE)
    assert row["low"] < -0.5


def test_scores_of_which_lower_is_better_may_say_so() -> None:
    base, new = make_run(50, quality=[1.0, 2.0] * 25), make_run(50, quality=[3.0, 4.0] * 25)
    assert only(compare_runs(base, new), "score")["verdict"] == PASS
    lower = [Margin("score", of="quality", absolute=0.2, direction="lower")]
    assert only(compare_runs(base, new, margins=lower), "score")["verdict"] == FAIL


def test_a_shift_of_tools_is_seen_and_may_be_judged() -> None:
    def calls(tools: list[str]) -> list[tuple[int, str, bool, float]]:
        return [(session, tool, True, 5.0) for session in range(40) for tool in tools]

    base = make_run(40, calls=calls(["search", "search", "read", "write"]))
    new = make_run(40, calls=calls(["search", "read", "read", "write"]))
    found = compare_runs(base, new, margins=[Margin("tool_mix", absolute=0.1)])
    row = only(found, "tool_mix")
    assert (row["new"], row["verdict"]) == (0.25, FAIL)
    assert [
        {key: record[key] for key in ("tool_name", "base_calls", "new_calls", "difference")}
        for record in found.tool_records
    ] == [
        {"tool_name": "read", "base_calls": 40, "new_calls": 80, "difference": 0.25},
        {"tool_name": "search", "base_calls": 80, "new_calls": 40, "difference": -0.25},
        {"tool_name": "write", "base_calls": 40, "new_calls": 40, "difference": 0.0},
    ]
    assert compare_runs(base, base, margins=[Margin("tool_mix", absolute=0.1)]).verdict == PASS


def test_a_run_without_sessions_is_inconclusive() -> None:
    found = compare_runs(make_run(20, is_ok=endings(20, 0)), make_run(0))
    assert found.verdict == INCONCLUSIVE
    assert found.notes[0] == "NEW has no session: nothing can be compared"


def test_cost_of_a_session_that_ends_well_is_all_cost_by_all_good_ends() -> None:
    base = make_run(20, is_ok=endings(10, 10), cost=[2.0] * 20)
    new = make_run(20, is_ok=endings(20, 0), cost=[3.0] * 20)
    row = only(compare_runs(base, new), "cost_per_success")
    assert (row["base"], row["new"]) == pytest.approx((4.0, 3.0))


def test_all_passes_only_if_everything_does() -> None:
    base = make_run(300, is_ok=endings(290, 10), cost=[1.0, 5.0, 9.0] * 100)
    margins = [*SUCCESS, Margin("cost", relative=0.01)]
    found = compare_runs(base, base, margins=margins)
    assert [row["verdict"] for row in found.records[:2]] == [PASS, INCONCLUSIVE]
    assert found.verdict == INCONCLUSIVE


def test_a_fail_needs_the_interval_and_relabelling() -> None:
    class Sure:
        difference, is_relative = 3.0, False

        def interval(self, confidence: float = 0.95, times: float = 1.0) -> tuple[float, float]:
            return 2.0, 4.0

        def p_above(self, limit: float) -> float:
            return 0.001

        def p_below(self, limit: float) -> float:
            return 0.999

    subject = Subject(
        quantity="cost", title="cost", unit="number", is_higher_better=False, kind="absolute",
        margin=Margin("cost", absolute=1.0),
    )  # fmt: skip
    by_chance, not_by_chance = RelabellingTest(0.2, 0.1, 0.9), RelabellingTest(0.004, 0.002, 0.998)
    for test, p, verdict in ((by_chance, 0.1, INCONCLUSIVE), (not_by_chance, 0.002, FAIL)):
        found = Assessment(subject=subject, independent=20, shift=Sure(), test=test)
        (judged,) = judge([found])
        assert (judged.p_fail, judged.verdict) == (p, verdict)


def test_calls_of_no_length_are_compared_all_the_same() -> None:
    def calls(slowest: float) -> list[tuple[int, str, bool, float]]:
        return [(n, "search", True, 0.0 if n % 3 else slowest) for n in range(60)]

    base, new = make_run(60, calls=calls(1.0)), make_run(60, calls=calls(2.0))
    row = only(compare_runs(base, new), "call_p50_ms")
    assert (row["base_raw"], row["difference"]) == (0, 0)


def test_comparable_sessions_of_which_none_ends_well_have_no_cost_of_success() -> None:
    # BASE ends well only in a workflow that NEW does not have.
    base = make_run(
        30, workflow=["old"] * 10 + ["both"] * 20, is_ok=endings(10, 20), cost=[1.0] * 30
    )
    new = make_run(20, workflow=["both"] * 20, is_ok=endings(20, 0), cost=[1.0] * 20)
    row = only(compare_runs(base, new), "cost_per_success")
    assert (row["base"], row["base_raw"], row["difference"]) == (None, 3.0, None)
    asked = compare_runs(base, new, margins=[Margin("cost_per_success", relative=0.1)])
    assert only(asked, "cost_per_success")["sentence"] == (
        "cost of a session that ends well: no comparable session of one run ends well."
    )
