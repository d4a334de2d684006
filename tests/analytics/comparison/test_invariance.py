"""What must not matter to a comparison, and what must turn round with it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.runs import make_run
from toolspan.analytics.comparison import FAIL, Run, compare_runs, self_check_run
from toolspan.analytics.errors import UsageError


def random_run(seed: int, sessions: int, *, worse: float = 0.0) -> Run:
    random = np.random.default_rng(seed)
    calls = [
        (session, tool, bool(random.random() > 0.1 + worse), float(random.lognormal(3, 0.5)))
        for session in range(sessions)
        for tool in random.choice(["search", "read", "write"], 1 + random.poisson(3)).tolist()
    ]
    return make_run(
        sessions,
        workflow=random.choice(["refund", "triage"], sessions).tolist(),
        tasks=[f"t{number % 17}" for number in range(sessions)],
        calls=calls,
        quality=random.integers(1, 6, sessions).astype(float).tolist(),
        is_ok=(random.random(sessions) > 0.2 + worse).astype(float).tolist(),
        cost=random.lognormal(-2 + worse, 0.5, sessions).tolist(),
        tokens=random.lognormal(8, 0.5, sessions).tolist(),
        duration_ms=random.lognormal(8 + worse, 0.5, sessions).tolist(),
        has_loop=(random.random(sessions) < 0.1).astype(float).tolist(),
    )


sizes = st.integers(17, 60)
seeds = st.integers(0, 10_000)


@settings(max_examples=6, deadline=None)
@given(seeds, sizes, sizes, st.booleans())
def test_swapping_the_runs_turns_every_difference_round(
    seed: int, first: int, second: int, is_paired: bool
) -> None:
    base, new = random_run(seed, first), random_run(seed + 1, second, worse=0.1)
    by = ["task"] if is_paired else []
    there = {row["title"]: row for row in compare_runs(base, new, by=by, draws=99).records}
    back = {row["title"]: row for row in compare_runs(new, base, by=by, draws=99).records}
    assert there.keys() == back.keys()
    for name, row in there.items():
        other = back[name]
        if row["quantity"] == "tool_mix":
            assert other["difference"] == pytest.approx(row["difference"])
            continue
        assert (row["base"], row["new"]) == pytest.approx((other["new"], other["base"]))
        for one, two in (("difference", "difference"), ("low", "high"), ("high", "low")):
            if row[one] is None:
                assert other[two] is None
            elif row["is_relative"]:
                assert (1 + row[one]) * (1 + other[two]) == pytest.approx(1), name
            else:
                assert row[one] == pytest.approx(-other[two], abs=1e-9), name


@settings(max_examples=6, deadline=None)
@given(seeds, sizes, st.booleans())
def test_the_order_of_sessions_does_not_matter(seed: int, sessions: int, is_paired: bool) -> None:
    base, new = random_run(seed, sessions), random_run(seed + 1, sessions)
    by = ["task"] if is_paired else []
    random = np.random.default_rng(seed)
    mixed = [run.at(random.permutation(run.sessions)) for run in (base, new)]
    kept = ("title", "base", "new", "difference", "low", "high", "n_base", "n_new", "raw_p")

    def told(first: Run, second: Run) -> list[dict[str, object]]:
        rows = compare_runs(first, second, by=by, draws=99).records
        return [{key: row[key] for key in kept} for row in rows if row["quantity"] != "tool_mix"]

    for row, other in zip(told(base, new), told(*mixed), strict=True):
        for key in kept:
            assert other[key] == (
                row[key] if row[key] is None or key == "title" else pytest.approx(row[key])
            ), (row["title"], key)


@settings(max_examples=4, deadline=None)
@given(seeds, sizes)
def test_a_run_against_itself_differs_in_nothing(seed: int, sessions: int) -> None:
    run = random_run(seed, sessions)
    for by in ([], ["task"]):
        found = compare_runs(run, run, by=by, draws=199)
        for row in found.records:
            assert row["difference"] == pytest.approx(0)
            assert row["verdict"] != FAIL
            if row["low"] is not None:
                assert row["low"] <= 0 <= row["high"]
        assert all(row["p_value"] >= 0.2 for row in found.records if row["p_value"] is not None)


@pytest.mark.requirement("analytics.04-self-check")
def test_the_gate_seldom_fails_where_nothing_has_changed() -> None:
    found = self_check_run(random_run(1, 200), splits=40)
    assert (found.splits, found.sessions) == (40, 100)
    assert found.failed <= 0.05
    assert found.is_sound
    assert found.sentence.startswith(
        "40 random splits of BASE into halves of 100 sessions, where nothing differs: "
    )
    names = [row["quantity"] for row in found.records]
    assert names == [
        "session_success", "score", "tool_success", "session_p50_ms", "call_p95_ms", "cost",
        "tokens", "loops",
    ]  # fmt: skip
    for row in found.records:
        assert row["failed"] + row["inconclusive"] + row["passed"] == pytest.approx(1)
        assert row["splits"] == 40


def test_the_same_seed_makes_the_same_splits_and_too_few_sessions_are_refused() -> None:
    run = random_run(2, 60)
    assert self_check_run(run, splits=5, seed=3) == self_check_run(run, splits=5, seed=3)
    with pytest.raises(UsageError, match="a self-check needs 16 sessions of BASE, there are 15"):
        self_check_run(random_run(2, 15))


def test_the_same_seed_gives_the_same_numbers() -> None:
    base, new = random_run(1, 40), random_run(2, 40)
    one, two, other = (compare_runs(base, new, draws=199, seed=seed).records for seed in (0, 0, 1))
    assert one == two
    assert [row["p_value"] for row in one] != [row["p_value"] for row in other]
    assert [row["low"] for row in one[:8]] == [row["low"] for row in other[:8]]
