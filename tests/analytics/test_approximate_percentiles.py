"""Percentiles of buckets: within one percent, additive, and never taken for exact ones."""

import math
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.traces import otlp, tool, write_lines
from toolspan.analytics import UsageError, open_traces
from toolspan.analytics.engine import connect

LENGTHS = st.floats(min_value=1e-6, max_value=1e9)
PERCENTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}


def at(values: list[float], q: float) -> float:
    """The exact quantile with linear interpolation."""
    values, position = sorted(values), q * (len(values) - 1)
    low, high = values[math.floor(position)], values[math.ceil(position)]
    return low + (high - low) * (position - math.floor(position))


@pytest.mark.requirement("design.5-additive-quantiles")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(LENGTHS, min_size=1, max_size=50), st.lists(LENGTHS, max_size=50))
def test_quantiles_of_added_buckets_err_by_at_most_one_percent(
    first: list[float], second: list[float]
) -> None:
    with connect(threads=1) as connection:

        def buckets(values: list[float]) -> Counter[int]:
            sql = "SELECT bucket_of(x), count(*) FROM (SELECT unnest(?::DOUBLE[]) AS x) GROUP BY 1"
            return Counter(dict(connection.execute(sql, [values]).fetchall()))

        summed = buckets(first) + buckets(second)
        assert summed == buckets(first + second)
        middles = dict(
            connection.execute(
                "SELECT b, bucket_middle(b) FROM (SELECT unnest(?::BIGINT[]) AS b)", [list(summed)]
            ).fetchall()
        )
    values = [middles[bucket] for bucket, calls in summed.items() for _ in range(calls)]
    for q in PERCENTILES.values():
        assert at(values, q) == pytest.approx(at(first + second, q), rel=0.01)


@pytest.mark.requirement("design.5-additive-quantiles")
def test_approximate_percentiles_say_that_they_are(cli: Any, tmp_path: Path) -> None:
    lengths = [0.0, 0.5, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89] * 8
    spans = [tool("t", n, trace=n, at=n, ms=ms) for n, ms in enumerate(lengths, 1)]
    path = write_lines(tmp_path / "spans.jsonl", otlp(spans))
    with open_traces(path) as traces:
        (exact,) = traces.records("tools")
        (rough,) = traces.records("tools", approximate=True)
        buckets = traces.records("latency_buckets")
        (frame,) = traces.measure("tools", approximate=True).to_dict("records")
        with pytest.raises(UsageError, match="errors has no percentiles"):
            traces.records("errors", approximate=True)
    assert exact["latency_note"] is None
    assert rough["latency_note"] == frame["latency_note"] == "approximate, within 1 %"
    changed = {name for name in exact if exact[name] != rough[name]}
    assert {"p50_ms", "p95_ms", "latency_note"} <= changed
    assert all(name.startswith("p") or name == "latency_note" for name in changed), changed
    for name in changed - {"latency_note"}:
        assert rough[name] == pytest.approx(exact[name], rel=0.01), name
    values = [row["middle_ms"] for row in buckets for _ in range(row["calls"])]
    assert len(values) == len(lengths)
    for name, q in PERCENTILES.items():
        assert rough[f"{name}_ms"] == pytest.approx(at(values, q))
    (printed,) = cli.json("tools", path, "--approximate")
    assert printed["p95_ms"] == rough["p95_ms"]
    assert cli("tools", path, "--approximate") == 0
    assert "percentiles are approximate, within 1 %" in cli.out
    assert cli("tools", path) == 0
    assert "approximate" not in cli.out
