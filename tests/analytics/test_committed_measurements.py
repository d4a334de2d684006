"""What was measured at a size that no test runs at is kept in `benchmarks/results`."""

import json

import pytest

from support.reference import REPOSITORY

RESULTS = REPOSITORY / "benchmarks" / "results"


@pytest.mark.requirement("analytics.quality-laptop")
def test_ten_million_spans_were_read_within_two_gigabytes() -> None:
    path = max(RESULTS.glob("*-analytics-read-10m.json"))
    measured = json.loads(path.read_text(encoding="utf-8"))
    assert measured["spans"] >= 10_000_000
    assert measured["peak_mb"] <= 2000
