"""How the use of tools shifts between two runs."""

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from toolspan.analytics.statistics import RelabellingTest, codes_of, holm

if TYPE_CHECKING:
    from toolspan.analytics.comparison._design import Matched
    from toolspan.analytics.comparison._sessions import Floats, Run
    from toolspan.analytics.statistics import Relabelling

RESAMPLES = 1_000
# Sessions times tools of a resample; more are resampled less often.
MOST_CELLS = 400_000_000


@dataclass(frozen=True, slots=True)
class MixShift:
    """The distance of two mixes of tools: the share of calls that went to other tools.

    Total variation, ½ Σ |share in NEW - share in BASE|. Chance alone makes it more than nought, so
    the interval is the basic bootstrap of sessions, which takes as much off as resampling adds.

    Attributes:
        difference: the distance, from 0 to 1.
        resampled: the distance in resamples of the sessions.
    """

    difference: float
    resampled: "Floats"
    is_relative: bool = False

    def interval(self, confidence: float = 0.95, times: float = 1.0) -> tuple[float, float]:
        """Bounds, within 0 and 1; with `times` as many sessions, they narrow with the root."""
        ends = np.quantile(self.resampled, [(1 - confidence) / 2, (1 + confidence) / 2])
        low, high = self.difference + (ends - self.difference) / math.sqrt(times)
        return (
            float(np.clip(2 * self.difference - high, 0, 1)),
            float(np.clip(2 * self.difference - low, 0, 1)),
        )

    def p_above(self, limit: float) -> float:
        """One-sided p-value of "the distance is at most `limit`"."""
        beyond = 2 * self.difference - self.resampled <= limit
        return float((1 + beyond.sum()) / (1 + len(beyond)))

    def p_below(self, limit: float) -> float:
        """One-sided p-value of "the distance is at least `limit`"."""
        beyond = 2 * self.difference - self.resampled >= limit
        return float((1 + beyond.sum()) / (1 + len(beyond)))


@dataclass(frozen=True, slots=True)
class ToolMix:
    """What became of the tools.

    Attributes:
        matched: the sessions it is about.
        shift: how far the mix moved.
        test: whether relabelling moves it as far.
        records: one a tool, what moved most first.
    """

    matched: "Matched"
    shift: MixShift
    test: RelabellingTest
    records: list[dict[str, Any]] = field(default_factory=list)


def tool_mix(
    base: "Run", new: "Run", matched: "Matched", relabelling: "Relabelling | None", seed: int
) -> ToolMix | None:
    """Compare which tools are called; None where one of the runs calls none.

    Args:
        base: the one run.
        new: the other.
        matched: sessions with calls that can be compared.
        relabelling: of those; None for no p-values.
        seed: of the resamples.
    """
    names = sorted({*base.calls.tools.tolist(), *new.calls.tools.tolist()})
    if not len(base.calls.tools) or not len(new.calls.tools) or not matched.independent:
        return None
    column = {name: place for place, name in enumerate(names)}
    counts = np.zeros((base.sessions + new.sessions, len(names)))
    for first, run in ((0, base), (base.sessions, new)):
        codes = np.array([column[name] for name in run.calls.tools.tolist()], dtype=np.int64)
        np.add.at(counts, (run.calls.places + first, codes), 1)
    counts = counts[matched.rows]
    is_new = matched.is_new
    base_part = counts * (matched.base_weights * ~is_new)[:, None]
    new_part = counts * (matched.new_weights * is_new)[:, None]
    shares = _shares(base_part.sum(0)), _shares(new_part.sum(0))
    moved = shares[1] - shares[0]
    distance = float(np.abs(moved).sum() / 2)
    test, p_values = RelabellingTest(math.nan, math.nan, math.nan), np.full(len(names), math.nan)
    if relabelling is not None:
        test, p_values = _test(relabelling, counts, distance, moved)
    resampled = _resampled(matched, base_part, new_part, seed)
    records = _records(base, new, names, shares, p_values)
    return ToolMix(matched, MixShift(distance, resampled), test, records)


def _shares(sums: "Floats") -> "Floats":
    return np.asarray(sums / np.maximum(sums.sum(-1, keepdims=True), 1e-300), dtype=np.float64)


def _test(
    relabelling: "Relabelling", counts: "Floats", distance: float, moved: "Floats"
) -> "tuple[RelabellingTest, Floats]":
    as_new = counts * relabelling.new_weights[:, None]
    as_base = counts * relabelling.base_weights[:, None]
    beyond, each = 0, np.zeros(len(moved))
    for labels in relabelling.labels():
        chosen = labels.astype(np.float64)
        drawn = _shares(chosen @ as_new) - _shares(as_base.sum(0) - chosen @ as_base)
        beyond += int((np.abs(drawn).sum(1) / 2 >= distance - 1e-9).sum())
        each += (np.abs(drawn) >= np.abs(moved) - 1e-12).sum(0)
    p = (1 + beyond) / (relabelling.draws + 1)
    return RelabellingTest(p, p, math.nan), (1 + each) / (relabelling.draws + 1)


def _resampled(matched: "Matched", base_part: "Floats", new_part: "Floats", seed: int) -> "Floats":
    """The distance when tasks, or sessions of each side within strata, are drawn anew."""
    sides = matched.is_new.astype(np.int64)
    groups = matched.strata.codes if matched.is_paired else np.arange(len(sides))
    within = np.zeros(len(sides), dtype=np.int64)
    if not matched.is_paired:
        within = codes_of(matched.strata.codes * 2 + sides)
    group_within = np.zeros(int(groups.max()) + 1, dtype=np.int64)
    group_within[groups] = within
    random = np.random.default_rng(seed)
    resamples = max(200, min(RESAMPLES, MOST_CELLS // max(1, base_part.size)))
    drawn = np.zeros((resamples, len(group_within)))
    for code in range(int(group_within.max()) + 1):
        members = np.flatnonzero(group_within == code)
        even = np.full(len(members), 1 / len(members))
        drawn[:, members] = random.multinomial(len(members), even, resamples)
    weights = drawn[:, groups]
    moved = _shares(weights @ new_part) - _shares(weights @ base_part)
    return np.asarray(np.abs(moved).sum(1) / 2, dtype=np.float64)


def _records(
    base: "Run",
    new: "Run",
    names: list[str],
    shares: "tuple[Floats, Floats]",
    p_values: "Floats",
) -> list[dict[str, Any]]:
    adjusted = holm(p_values)
    records = []
    for place, name in enumerate(names):
        record: dict[str, Any] = {"tool_name": name}
        for side, run in (("base", base), ("new", new)):
            calls = run.calls.of(name)
            finished = calls.duration_ms[calls.is_ok | calls.has_failed]
            finished = finished[~np.isnan(finished)]
            record[f"{side}_calls"] = len(calls.tools)
            record[f"{side}_errors"] = int(calls.has_failed.sum())
            record[f"{side}_p95_ms"] = float(np.quantile(finished, 0.95)) if len(finished) else None
        record["base_share"], record["new_share"] = (float(side[place]) for side in shares)
        record["difference"] = record["new_share"] - record["base_share"]
        record["p_value"], record["p_holm"] = (
            None if math.isnan(p) else float(p) for p in (p_values[place], adjusted[place])
        )
        records.append(record)
    return sorted(records, key=lambda row: (-round(abs(row["difference"]), 9), row["tool_name"]))
