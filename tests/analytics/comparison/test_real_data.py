"""Pairs of real runs: the numbers that others computed for the same pairs.

The reference was worked out with plain json, pandas and scipy, by other code.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from support.reference import shared
from toolspan.analytics import Traces, compare, open_traces
from toolspan.analytics.comparison import Comparison

pytestmark = pytest.mark.shared

# Unpaired sessions of runs, in the reference's order; it pairs by task and trial.
PAIRS = range(8)


@pytest.fixture(scope="module")
def traces(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traces]:
    folder = shared("data", "tau2-bench")
    paths = (folder / "traces.jsonl.gz", folder / "feedback.jsonl.gz")
    with open_traces(*paths, cache_dir=tmp_path_factory.mktemp("cache")) as opened:
        yield opened


@pytest.fixture(scope="module")
def reference() -> list[dict[str, Any]]:
    path = shared("data", "tau2-bench", "reference_run_comparisons.json")
    return json.loads(path.read_text(encoding="utf-8"))


def row(found: Any, quantity: str, of: str | None = None) -> dict[str, Any]:
    (only,) = [
        record
        for record in found.records
        if record["quantity"] == quantity and of in (None, record["of"])
    ]
    return only


class Found:
    """The comparisons of each pair of runs, made once."""

    def __init__(self, traces: Traces, reference: list[dict[str, Any]]) -> None:
        self.traces, self.reference = traces, reference
        self.made: dict[tuple[int, tuple[str, ...]], Comparison] = {}

    def __call__(self, pair: int, *by: str) -> Comparison:
        if (pair, by) not in self.made:
            where = runs(self.reference[pair])
            self.made[pair, by] = compare(self.traces, self.traces, by=by, **where)
        return self.made[pair, by]


@pytest.fixture(scope="module")
def compared(traces: Traces, reference: list[dict[str, Any]]) -> Found:
    return Found(traces, reference)


def runs(expected: dict[str, Any]) -> dict[str, Any]:
    return {
        "base_where": f"tau2.run={expected['run_a']}",
        "new_where": f"tau2.run={expected['run_b']}",
    }


def near(expected: float) -> Any:
    return pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.requirement("analytics.04-gate")
@pytest.mark.parametrize("pair", PAIRS)
def test_scores_amounts_and_the_usual_tests_equal_the_reference(compared: Found, pair: int) -> None:
    expected, found = compared.reference[pair], compared(pair)
    assert (found.base_sessions, found.new_sessions) == (expected["n_a"], expected["n_b"])
    reward = row(found, "score", "reward")
    assert reward["base_raw"] == near(expected["mean_score_a"])
    assert reward["new_raw"] == near(expected["mean_score_b"])
    # One workflow, no tasks: comparable sessions are all sessions.
    assert reward["difference"] == near(expected["difference_b_minus_a"])
    assert reward["raw_p"] == near(expected["fisher_p"])
    names = {
        "session_p50_ms": ("ms", "median"),
        "tool_calls": ("tool_calls", "mean"),
        "failed_calls": ("tool_errors", "mean"),
        "tokens": ("tokens", "mean"),
        "cost": ("cost", "mean"),
    }
    for quantity, (name, statistic) in names.items():
        record, answer = row(found, quantity), expected[name]
        if quantity == "cost" and answer["mean_b"] == 0:
            # The reference fills in 0 where no span has a price; here that is no price.
            assert record["sentence"] == "cost of a session: BASE has it, NEW has not."
            continue
        assert record["base_raw"] == near(answer[f"{statistic}_a"]), quantity
        assert record["new_raw"] == near(answer[f"{statistic}_b"]), quantity
        assert record["raw_p"] == near(answer["mannwhitney_p"]), quantity


@pytest.mark.parametrize("pair", PAIRS)
def test_tools_equal_the_reference(compared: Found, pair: int) -> None:
    expected = compared.reference[pair]
    found = {record["tool_name"]: record for record in compared(pair).tool_records}
    assert found.keys() == expected["tools"].keys()
    for name, answer in expected["tools"].items():
        record = found[name]
        for ours, theirs in (("base", "a"), ("new", "b")):
            assert record[f"{ours}_calls"] == answer[f"calls_{theirs}"], name
            assert record[f"{ours}_errors"] == answer[f"errors_{theirs}"], name
            if f"p95_ms_{theirs}" in answer:
                assert record[f"{ours}_p95_ms"] == near(answer[f"p95_ms_{theirs}"]), name


@pytest.mark.parametrize("pair", PAIRS)
def test_pairs_and_mcnemar_equal_the_reference(compared: Found, pair: int) -> None:
    expected, found = compared.reference[pair], compared(pair, "tau2.task_id", "tau2.trial")
    answer = expected["paired_by_task"]
    reward = row(found, "score", "reward")
    assert found.tasks == answer["n"] == reward["independent"]
    assert (reward["pairs_better"], reward["pairs_worse"]) == (
        answer["a_bad_b_good"],
        answer["a_good_b_bad"],
    )
    assert reward["p_value"] == near(answer["mcnemar_exact_p"])


def test_pairing_by_task_sees_what_all_sessions_alike_do_not(
    compared: Found,
) -> None:
    alike = row(compared(4), "score", "reward")
    paired = row(compared(4, "tau2.task_id", "tau2.trial"), "score", "reward")
    assert alike["raw_p"] == pytest.approx(0.200, abs=5e-4)
    assert paired["p_value"] == pytest.approx(0.0215, abs=5e-5)
    assert (alike["verdict"], paired["verdict"]) == ("INCONCLUSIVE", "PASS")
    assert paired["low"] > 0 > alike["low"]


def test_the_same_run_twice_differs_in_nothing(traces: Traces, reference: list[Any]) -> None:
    where = f"tau2.run={reference[0]['run_a']}"
    found = compare(traces, traces, by="tau2.task_id", base_where=where, new_where=where)
    assert {record["difference"] for record in found.records} == {0.0}
    assert {record["p_value"] for record in found.records} == {1.0}
    assert "FAIL" not in {record["verdict"] for record in found.records}
