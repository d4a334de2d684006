"""What was measured at a size that no test runs at is kept in `benchmarks/results`."""

import json
from typing import Any

import pytest
from benchmarks.bench_measures import MEASURES

from support.reference import REPOSITORY

RESULTS = REPOSITORY / "benchmarks" / "results"


@pytest.mark.requirement("analytics.quality-laptop")
def test_ten_million_spans_were_read_within_two_gigabytes() -> None:
    path = max(RESULTS.glob("*-analytics-read-10m.json"))
    measured = json.loads(path.read_text(encoding="utf-8"))
    assert measured["spans"] >= 10_000_000
    assert measured["peak_mb"] <= 2000


def newest_reading() -> dict[str, dict[str, Any]]:
    """The rows of the newest measurement of reading, by what each is about."""
    path = max(RESULTS.glob("*-analytics-read.json"))
    measured = json.loads(path.read_text(encoding="utf-8"))
    return {row["what"]: row for row in measured["results"]["analytics_read"]}


@pytest.mark.requirement("design.7-cli")
def test_help_and_a_first_table_come_at_once() -> None:
    rows = newest_reading()
    waited = {
        what: row["value"]
        for what, row in rows.items()
        if what.startswith(("toolspan ", "table of ", "first table of "))
    }
    assert len(waited) == 4
    for what, milliseconds in waited.items():
        assert milliseconds <= (150 if what.endswith("--help") else 600), what


@pytest.mark.requirement("design.7-read")
def test_reading_a_million_spans_cost_at_most_half_more_than_raw_extraction() -> None:
    rows = newest_reading()
    assert rows["read 1,000,100 spans into the tables, with cache (CPU)"]["ratio"] <= 1.5
    assert rows["read 1,000,100 spans, peak memory"]["value"] <= 2000


def test_a_million_spans_took_no_more_memory_than_a_quarter_of_them() -> None:
    rows = newest_reading()
    (whole,) = (row for what, row in rows.items() if what.startswith("peak memory, "))
    assert whole["ratio"] <= 1.5
    assert whole["value"] <= 2000
    (growth,) = (row for what, row in rows.items() if what.startswith("CPU for each span, "))
    assert growth["ratio"] <= 1.25


@pytest.mark.parametrize("other", ["read_json", "pandas", "polars"])
def test_reading_cost_less_than_what_others_would_write(other: str) -> None:
    path = max(RESULTS.glob("*-analytics-read.json"))
    measured = json.loads(path.read_text(encoding="utf-8"))
    (row,) = (
        row
        for row in measured["results"]["analytics_read"]
        if row["baseline"] == other and "(CPU)" in row["what"]
    )
    assert row["ratio"] < 1


@pytest.mark.requirement("design.7-measures")
def test_all_measures_of_a_million_spans_took_at_most_three_seconds() -> None:
    path = max(RESULTS.glob("*-measures.json"))
    rows = json.loads(path.read_text(encoding="utf-8"))["results"]["measures"]
    # CPU of all cores together: on a free machine the time is no longer than that.
    (summed,) = (row for row in rows if row["what"].startswith("all ") and row["unit"] == "s CPU")
    assert "1,000,000 spans" in summed["what"]
    assert summed["value"] <= summed["must"] == 3
    peers = {row["baseline"].partition(",")[0] for row in rows if "ours" in row["what"]}
    assert peers >= {"DuckDB", "pandas", "polars"}


@pytest.mark.requirement("design.7-measures")
def test_each_measure_of_twenty_million_spans_took_at_most_30_s_within_two_gigabytes() -> None:
    path = max(RESULTS.glob("*-measures-20m.json"))
    measured = json.loads(path.read_text(encoding="utf-8"))
    assert measured["spans"] >= 20_000_000
    assert measured["measures"].keys() >= set(MEASURES)
    assert {name: m for name, m in measured["measures"].items() if m["seconds"] > 30} == {}
    assert measured["peak_mb"] <= 2000


@pytest.mark.requirement("design.7-live")
def test_a_span_could_be_asked_for_at_once_and_a_page_was_quick_with_a_million() -> None:
    path = max(RESULTS.glob("*-live.json"))
    rows = json.loads(path.read_text(encoding="utf-8"))["results"]["live"]
    size = "200 spans/s, 1,000,000 spans in the window"
    found = {row["what"]: row["value"] for row in rows}
    assert found[f"span end to query, p50, {size}"] <= 500
    assert found[f"refresh of six views, {size}"] <= 600
