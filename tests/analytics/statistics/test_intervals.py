"""Intervals of rates and quantiles that respect clusters."""

import math

import numpy as np
import pytest

from toolspan.analytics import open_traces
from toolspan.analytics.statistics import (
    at_most,
    clustered_proportion,
    clustered_quantile,
    quantile_needs,
)


def test_independent_trials_have_wilsons_interval_with_students_t() -> None:
    found = clustered_proportion([1] * 30 + [0] * 10, [1] * 40)
    # Wilson for 30 of 40 with t(39; 0.975) = 2.0227 and a design effect of 40/39.
    z, n, p = 2.022691, 39, 0.75
    middle, half = p + z * z / 2 / n, z * math.sqrt(p * (1 - p) / n + z * z / 4 / n / n)
    scale = 1 + z * z / n
    assert (found.rate, found.n, found.clusters) == (0.75, 40, 40)
    assert found.low == pytest.approx((middle - half) / scale, abs=1e-6)
    assert found.high == pytest.approx((middle + half) / scale, abs=1e-6)


def test_sessions_that_are_alike_are_worth_fewer_calls() -> None:
    alike = clustered_proportion([10, 0, 10, 10, 0], [10] * 5)
    mixed = clustered_proportion([6] * 5, [10] * 5)
    assert alike.design_effect == pytest.approx(5 / 4 * 10)
    assert mixed.design_effect == 1
    assert alike.low < mixed.low < mixed.high < alike.high


def test_a_single_session_has_a_rate_but_no_interval() -> None:
    found = clustered_proportion([3], [4])
    assert found.rate == 0.75
    assert math.isnan(found.low)
    assert math.isnan(clustered_proportion([], []).rate)


def test_without_any_failure_sessions_are_assumed_to_be_somewhat_alike() -> None:
    found = clustered_proportion([10] * 10, [10] * 10)
    assert found.design_effect == pytest.approx(1 + 9 * 0.2)
    assert found.high == 1
    assert 0.85 < found.low < 0.95


def test_the_interval_is_the_one_of_the_tables(newsletter) -> None:
    with open_traces(newsletter) as traces:
        tools = traces.records("tools")
        counted = traces.sql(
            "SELECT tool_name, session_key, count(*) FILTER (outcome = 'ok') AS k, "
            "count(*) FILTER (outcome IN ('ok', 'error', 'tool_error', 'timeout')) AS n "
            "FROM tool_calls WHERE NOT is_pseudo GROUP BY ALL"
        )
    compared = 0
    for tool in tools:
        rows = counted[counted["tool_name"] == tool["tool_name"]]
        found = clustered_proportion(rows["k"].to_numpy(), rows["n"].to_numpy())
        if tool["success_rate_low"] is None:
            assert math.isnan(found.low)
        else:
            compared += 1
            assert (found.low, found.high) == pytest.approx(
                (tool["success_rate_low"], tool["success_rate_high"]),
                abs=1e-3,  # t is approximated in SQL
            )
    assert compared >= 3


def test_quantiles_need_a_known_number_of_independent_values() -> None:
    assert [quantile_needs(q) for q in (0.5, 0.75, 0.9, 0.95, 0.99)] == [6, 13, 36, 72, 368]


def test_a_quantile_of_independent_values_has_the_order_statistic_interval() -> None:
    values = np.arange(1.0, 101.0)
    found = clustered_quantile(values, np.arange(100), 0.5)
    assert found.value == 50.5
    assert (found.low, found.high) == (39, 61)  # the binomial order-statistic interval is 40 to 61


def test_a_quantile_of_few_sessions_has_no_interval() -> None:
    values = np.arange(1.0, 101.0)
    found = clustered_quantile(values, np.repeat([1, 2], 50), 0.5)
    assert found.effective_n < 6
    assert math.isnan(found.low)
    assert math.isnan(clustered_quantile(np.array([]), np.array([]), 0.5).value)


def test_none_in_forty_may_still_be_nine_percent() -> None:
    assert at_most(40) == pytest.approx(0.088, abs=5e-4)
    assert at_most(0) == 1
