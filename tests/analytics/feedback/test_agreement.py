"""Sources are compared with each other, never averaged."""

import gzip
import json

import pytest

from support.reference import shared
from support.traces import otlp, tool, write_lines
from toolspan.analytics import open_traces


@pytest.mark.requirement("analytics.02-agreement")
@pytest.mark.shared
@pytest.mark.parametrize("name", ["feedback.jsonl.gz", "feedback_otlp_logs.jsonl.gz"])
def test_agreement_on_real_feedback_equals_the_reference(name: str) -> None:
    folder = shared("data", "tau2-bench")
    with gzip.open(folder / "reference_answers.json.gz", "rt", encoding="utf-8") as file:
        reference = json.load(file)
    with open_traces(folder / "traces.jsonl.gz", feedback=folder / name) as traces:
        pairs = traces.agreement().to_dict("records")
        summary = traces.records("feedback_summary")
    found = {f"{row['first']} ~ {row['second']}": row for row in pairs}
    expected = reference["feedback_agreement"]
    assert found.keys() >= expected.keys()
    for pair, numbers in expected.items():
        row = found[pair]
        assert row["n"] == numbers["n"]
        assert row["same_side"] == pytest.approx(numbers["equal_at_half"])
        for statistic in ("pearson", "spearman"):
            if numbers[statistic] is not None:
                assert row[statistic] == pytest.approx(numbers[statistic], rel=1e-9), pair
    assert {f"{row['score_name']}|{row['source_id']}": row["n"] for row in summary} == {
        key: numbers["rows"] for key, numbers in reference["feedback"].items()
    }
    for row in summary:
        numbers = reference["feedback"][f"{row['score_name']}|{row['source_id']}"]
        assert row["mean"] == pytest.approx(numbers["mean"])


def test_raters_of_one_score_have_an_alpha(tmp_path) -> None:
    write_lines(
        tmp_path / "spans.jsonl",
        otlp([tool("t", n, trace=n, session__id=f"s{n}") for n in range(1, 6)]),
    )
    rows = ["session_id,score,source,rater"]
    rows += [f"s{n},{n},human,amy" for n in range(1, 6)]
    rows += [f"s{n},{n + (n == 3)},human,bob" for n in range(1, 5)]
    ratings = tmp_path / "ratings.csv"
    ratings.write_text("\n".join(rows))
    with open_traces(tmp_path / "spans.jsonl", feedback=ratings) as traces:
        (row,) = traces.rater_agreement().to_dict("records")
        (summary,) = traces.records("feedback_summary")
    assert (row["raters"], row["sessions"]) == (2, 4)
    assert 0.8 < row["alpha"] < 1
    assert (summary["raters"], summary["sessions"]) == (2, 5)
