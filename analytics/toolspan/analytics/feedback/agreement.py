"""Whether scores of the same sessions agree, and raters of the same score."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from toolspan.analytics.engine import load_sql, rows
from toolspan.analytics.feedback._join import source_name
from toolspan.analytics.statistics import krippendorff_alpha, pair_agreement

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb
    from numpy.typing import NDArray

# So few values in common say nothing about agreement.
LEAST_IN_COMMON = 3


@dataclass(frozen=True, slots=True)
class Score:
    """All values of one score of one source.

    Attributes:
        name: of the score.
        source: kind, id and version of who judged.
        values: by session.
        good_from: the middle of the scale, from where on a value counts as good.
    """

    name: str
    source: str
    values: "Mapping[str, float]"
    good_from: float


def scores(connection: "duckdb.DuckDBPyConnection") -> list[Score]:
    """Every score of every source that has values for sessions."""
    found: dict[tuple[str, str], dict[str, float]] = {}
    for row in rows(connection.execute(load_sql("feedback/session_scores.sql"))):
        key = (row["score_name"], source_name(row))
        found.setdefault(key, {})[row["session_key"]] = row["value"]
    scales = rows(
        connection.execute(
            "SELECT score_name, source_kind, source_id, evaluator_version, "
            "min(scale_min) AS low, max(scale_max) AS high FROM assessment GROUP BY ALL"
        )
    )
    middles = {
        (row["score_name"], source_name(row)): (row["low"] + row["high"]) / 2
        for row in scales
        if row["low"] is not None and row["high"] is not None
    }
    return [
        Score(name, source, values, middles.get((name, source), _middle(values)))
        for (name, source), values in found.items()
    ]


def _middle(values: "Mapping[str, float]") -> float:
    return (min(values.values()) + max(values.values())) / 2


def score_agreement(connection: "duckdb.DuckDBPyConnection") -> list[dict[str, Any]]:
    """Each pair of scores that share sessions.

    One record: `first, first_source, second, second_source, n, pearson, spearman, same_side,
    kappa`. `same_side` is the share of sessions that both call good or both do not; a score is
    good from the middle of its scale on.
    """
    known = scores(connection)
    found = []
    for place, first in enumerate(known):
        for second in known[place + 1 :]:
            common = sorted(first.values.keys() & second.values.keys())
            if len(common) < LEAST_IN_COMMON:
                continue
            agreement = pair_agreement(
                _array(first, common), _array(second, common), first.good_from, second.good_from
            )
            found.append(
                {
                    "first": first.name,
                    "first_source": first.source,
                    "second": second.name,
                    "second_source": second.source,
                    "n": agreement.n,
                    "pearson": _known(agreement.pearson),
                    "spearman": _known(agreement.spearman),
                    "same_side": agreement.same_side,
                    "kappa": _known(agreement.kappa),
                }
            )
    return found


def rater_agreement(connection: "duckdb.DuckDBPyConnection") -> list[dict[str, Any]]:
    """Krippendorff's alpha of each score that several raters gave to the same sessions.

    One record: `score_name, source, raters, sessions, alpha`, `sessions` being those with two
    raters or more.
    """
    ratings: dict[tuple[str, str], dict[tuple[str, str], float]] = {}
    for row in rows(
        connection.execute(
            "SELECT score_name, source_kind, source_id, evaluator_version, rater_id, session_key, "
            "avg(value) AS value FROM assessment WHERE matched_by IS NOT NULL "
            "AND value IS NOT NULL AND rater_id IS NOT NULL AND NOT is_superseded "
            "GROUP BY ALL ORDER BY ALL"
        )
    ):
        key = (row["score_name"], source_name(row))
        ratings.setdefault(key, {})[row["rater_id"], row["session_key"]] = row["value"]
    found = []
    for (name, source), given in ratings.items():
        raters = sorted({rater for rater, _ in given})
        sessions = sorted({session for _, session in given})
        if len(raters) < 2:
            continue
        table = np.array([[given.get((r, s), np.nan) for s in sessions] for r in raters])
        shared = int(((~np.isnan(table)).sum(0) >= 2).sum())
        found.append(
            {
                "score_name": name,
                "source": source,
                "raters": len(raters),
                "sessions": shared,
                "alpha": _known(krippendorff_alpha(table, _level(table))),
            }
        )
    return found


def _level(table: "NDArray[np.float64]") -> Any:
    """Few different values are ordered categories, many are measurements."""
    return "ordinal" if len(np.unique(table[~np.isnan(table)])) <= 7 else "interval"


def _array(score: Score, sessions: list[str]) -> "NDArray[np.float64]":
    return np.array([score.values[session] for session in sessions])


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value
