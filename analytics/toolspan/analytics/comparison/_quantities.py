"""What two runs are compared by: one definition for each quantity."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from toolspan.analytics.comparison._samples import Points, Ratio, Sample

if TYPE_CHECKING:
    from toolspan.analytics.comparison._sessions import Calls, Floats, Run

Make = Callable[["Run", "Run", str | None], Sample | None]


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number of a run.

    Attributes:
        name: as margins files call it.
        title: as people read it.
        unit: `share`, `ms` or `number`: how it is printed.
        is_higher_better: None where neither end is.
        make: the sample of two runs (of one tool or score, where asked); None where one of the
            runs does not have it.
        kind: how much of it NEW may be worse: `absolute`, or `relative` to BASE.
        margin: by default; None where it is shown and not judged by default.
        of: what a margin may be about beside all: `tool`, `score`, or nothing.
    """

    name: str
    title: str
    unit: str
    is_higher_better: bool
    make: Make
    kind: str
    margin: float | None = None
    of: str = ""


def _both(base: "Run", new: "Run", name: str) -> "Floats":
    return np.concatenate([base.numbers[name], new.numbers[name]])


def _known(base: "Run", new: "Run", *names: str) -> bool:
    """Whether both runs have a session of which all of these are known."""
    return all(
        bool(np.all([~np.isnan(run.numbers[name]) for name in names], axis=0).any())
        for run in (base, new)
    )


def _mean_of(name: str, *, is_rate: bool = False) -> Make:
    def make(base: "Run", new: "Run", of: str | None) -> Sample | None:
        del of
        if not _known(base, new, name):
            return None
        values = _both(base, new, name)
        known = ~np.isnan(values)
        return Ratio(np.where(known, values, 0.0), known.astype(np.float64), is_rate=is_rate)

    return make


def _cost_per_success(base: "Run", new: "Run", of: str | None) -> Sample | None:
    del of
    if not _known(base, new, "cost", "is_ok"):
        return None
    cost, is_ok = _both(base, new, "cost"), _both(base, new, "is_ok")
    known = ~np.isnan(cost) & ~np.isnan(is_ok)
    for side in (known[: base.sessions], known[base.sessions :]):
        if not side.any():
            return None
    successes = np.where(known, is_ok, 0.0)
    if not successes[: base.sessions].any() or not successes[base.sessions :].any():
        return None
    return Ratio(np.where(known, cost, 0.0), successes, is_mean=False)


def _session_time(q: float) -> Make:
    def make(base: "Run", new: "Run", of: str | None) -> Sample | None:
        del of
        if not _known(base, new, "duration_ms"):
            return None
        values = _both(base, new, "duration_ms")
        places = np.flatnonzero(~np.isnan(values))
        return Points(values[places], places, len(values), q)

    return make


def _calls(base: "Run", new: "Run", tool: str | None) -> "tuple[Calls, Calls]":
    return base.calls.of(tool), new.calls.of(tool)


def _tool_success(base: "Run", new: "Run", tool: str | None) -> Sample | None:
    counts = []
    for run, calls in zip((base, new), _calls(base, new, tool), strict=True):
        ok = np.bincount(calls.places, calls.is_ok, run.sessions)
        finished = ok + np.bincount(calls.places, calls.has_failed, run.sessions)
        if not finished.any():
            return None
        counts.append((ok, finished))
    (ok0, all0), (ok1, all1) = counts
    return Ratio(np.r_[ok0, ok1], np.r_[all0, all1], is_rate=True, is_mean=False)


def _call_time(q: float) -> Make:
    def make(base: "Run", new: "Run", tool: str | None) -> Sample | None:
        values, places = [], []
        for first, calls in zip((0, base.sessions), _calls(base, new, tool), strict=True):
            rows = (calls.is_ok | calls.has_failed) & ~np.isnan(calls.duration_ms)
            if not rows.any():
                return None
            values.append(calls.duration_ms[rows])
            places.append(calls.places[rows] + first)
        return Points(
            np.concatenate(values), np.concatenate(places), base.sessions + new.sessions, q
        )

    return make


_SAME: Final = 1e-12


def score_sample(base: "Run", new: "Run", key: tuple[str, str]) -> Sample | None:
    """The scores of both runs; looked at on its scale where it never varies in a run."""
    sides = [run.scores.get(key, np.full(run.sessions, np.nan)) for run in (base, new)]
    if not all((~np.isnan(side)).any() for side in sides):
        return None
    values = np.r_[sides[0], sides[1]]
    known = ~np.isnan(values)
    per = known.astype(np.float64)
    amounts = np.where(known, values, 0.0)
    if np.isin(values[known], (0.0, 1.0)).all():
        return Ratio(amounts, per, is_rate=True)
    low, high = score_scale(base, new, key)
    is_constant = any(np.nanmax(side) - np.nanmin(side) < _SAME for side in sides)
    return Ratio(amounts, per, scale=(low, high) if is_constant else None)


def score_scale(base: "Run", new: "Run", key: tuple[str, str]) -> tuple[float, float]:
    """The ends of a score's scale, as far as stated; otherwise what was seen, at least 0 to 1."""
    stated = [run.known_scores[key].scale for run in (base, new) if key in run.known_scores]
    lows = [low for low, _ in stated if low is not None]
    highs = [high for _, high in stated if high is not None]
    values = np.concatenate([run.scores[key] for run in (base, new) if key in run.scores])
    low = min(lows) if lows else min(0.0, float(np.nanmin(values)))
    high = max(highs) if highs else max(1.0, float(np.nanmax(values)))
    return low, high


QUANTITIES: Final[Mapping[str, Quantity]] = {
    quantity.name: quantity
    for quantity in (
        Quantity(
            "session_success",
            "sessions that end well",
            "share",
            True,
            _mean_of("is_ok", is_rate=True),
            "absolute",
            0.05,
        ),
        Quantity(
            "tool_success",
            "tool calls that succeed",
            "share",
            True,
            _tool_success,
            "absolute",
            0.02,
            of="tool",
        ),
        Quantity(
            "session_p50_ms",
            "time of a session (p50)",
            "ms",
            False,
            _session_time(0.5),
            "relative",
            0.15,
        ),
        Quantity(
            "session_p95_ms",
            "time of a session (p95)",
            "ms",
            False,
            _session_time(0.95),
            "relative",
        ),
        Quantity(
            "call_p50_ms",
            "time of a tool call (p50)",
            "ms",
            False,
            _call_time(0.5),
            "relative",
            of="tool",
        ),
        Quantity(
            "call_p95_ms",
            "time of a tool call (p95)",
            "ms",
            False,
            _call_time(0.95),
            "relative",
            0.25,
            of="tool",
        ),
        Quantity("cost", "cost of a session", "number", False, _mean_of("cost"), "relative", 0.15),
        Quantity(
            "cost_per_success",
            "cost of a session that ends well",
            "number",
            False,
            _cost_per_success,
            "relative",
        ),
        Quantity(
            "tokens", "tokens of a session", "number", False, _mean_of("tokens"), "relative", 0.15
        ),
        Quantity(
            "tool_calls",
            "tool calls of a session",
            "number",
            False,
            _mean_of("tool_calls"),
            "relative",
        ),
        Quantity(
            "failed_calls",
            "failed calls of a session",
            "number",
            False,
            _mean_of("failed_calls"),
            "absolute",
        ),
        Quantity(
            "loops",
            "sessions with a loop",
            "share",
            False,
            _mean_of("has_loop", is_rate=True),
            "absolute",
            0.05,
        ),
    )
}
# Two more that are no single number of a run: each score, and how the use of tools shifts.
SCORE: Final = "score"
SCORE_MARGIN_OF_SCALE: Final = 0.05
TOOL_MIX: Final = "tool_mix"
NAMES: Final = (*QUANTITIES, SCORE, TOOL_MIX)
