"""The 95 % intervals of rates and percentiles hold what they promise, also where sessions differ.

Sessions are drawn from a known population: calls within one share its mood (a beta-distributed
chance of failing, a log-normal pace), so that they are less telling than independent ones. One
dataset is one group of the measure, so that a thousand of them are one query.
"""

from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from toolspan.analytics.engine import connect
from toolspan.analytics.measures import MEASURES, Selection, measure_sql
from toolspan.analytics.model._build import define

DATASETS = 1500


@dataclass(frozen=True)
class World:
    """How sessions and their calls come about."""

    sessions: int
    calls: int
    rate: float = 0.9
    alike: float = 0.2  # correlation of outcomes within a session
    pace: float = 0.5  # how much sessions differ in the logarithm of latency (calls: 1)
    uneven: bool = True

    def __str__(self) -> str:
        return f"{self.sessions}x{self.calls}-p{self.rate}-icc{self.alike}-pace{self.pace}"


def drawn(world: World, rng: np.random.Generator) -> pd.DataFrame:
    """The calls of many datasets: `dataset, session_key, outcome, duration_ms`."""
    size = (DATASETS, world.sessions)
    n = 1 + rng.poisson(world.calls - 1, size) if world.uneven else np.full(size, world.calls)
    if world.alike:
        weight = (1 - world.alike) / world.alike
        chance = rng.beta(world.rate * weight, (1 - world.rate) * weight, size)
    else:
        chance = np.full(size, world.rate)
    mood = rng.normal(0, world.pace, size)
    place = np.repeat(np.arange(n.size), n.ravel())
    return pd.DataFrame(
        {
            "dataset": place // world.sessions,
            "session_key": [f"s-{number}" for number in place],
            "outcome": np.where(rng.random(len(place)) < chance.ravel()[place], "ok", "error"),
            "duration_ms": 100 * np.exp(mood.ravel()[place] + rng.normal(0, 1, len(place))),
        }
    )


def measured(calls: pd.DataFrame) -> pd.DataFrame:
    """The measure `tools`, computed for each dataset by the SQL that users get."""
    with closing(connect()) as connection:
        define(connection)
        connection.register("drawn", calls)
        connection.execute(
            "CREATE TEMP TABLE tool_call_rows AS SELECT *, 1000000000 AS start_ns, "
            "2000000000 AS end_ns, make_timestamp_ns(1000000000) AS start_time, 1 AS attempts, "
            "false AS is_retried, 0.0 AS wasted_retry_ms, NULL::VARCHAR AS fallback_from, "
            "NULL::DOUBLE AS cost, false AS is_pseudo FROM drawn"
        )
        connection.execute(
            "CREATE TEMP TABLE session_times AS SELECT DISTINCT session_key, "
            "1000000000 AS start_ns, 2000000000 AS end_ns FROM drawn"
        )
        columns = {
            "tool_calls": frozenset({"dataset", "is_pseudo", *MEASURES["tools"].needs}),
            "sessions": frozenset({"session_key"}),
        }
        query = measure_sql("tools", columns, Selection(by=("dataset",)))
        return connection.execute(query).df()


def coverage(frame: pd.DataFrame, low: str, high: str, truth: float) -> float:
    has = frame[frame[low].notna() & frame[high].notna()]
    assert len(has) > 0.9 * len(frame)
    return float(((has[low] <= truth) & (truth <= has[high])).mean())


WORLDS = [
    World(30, 5),
    World(100, 3),
    World(100, 8, alike=0.05),
    World(40, 20, rate=0.7, alike=0.3),
    World(200, 4, rate=0.97, alike=0.1),
    World(60, 10, rate=0.5, alike=0.5),
    World(150, 1, alike=0.0, uneven=False),
    World(80, 6, alike=0.0, pace=0.0),
    World(15, 20),
]


@pytest.mark.slow
@pytest.mark.requirement("design.5-intervals", "analytics.01-intervals")
@pytest.mark.parametrize("world", WORLDS, ids=str)
def test_intervals_hold_the_truth_in_95_of_100_cases(world: World) -> None:
    frame = measured(drawn(world, np.random.default_rng(7)))
    assert len(frame) == DATASETS
    spread = np.hypot(1, world.pace)
    found: dict[str, Any] = {
        "success_rate": coverage(frame, "success_rate_low", "success_rate_high", world.rate)
    }
    for name, share in (("p50", 0.5), ("p90", 0.9), ("p95", 0.95)):
        truth = 100 * np.exp(spread * stats.norm.ppf(share))
        found[name] = coverage(frame, f"{name}_low_ms", f"{name}_high_ms", truth)
    assert all(0.92 <= value <= 0.97 for value in found.values()), found
