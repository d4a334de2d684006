"""The usual statistics over all sessions alike: what most tools would report, and why not to.

They take differences between workflows, users and session lengths for effects of a tool: 64 to
99 % of their findings are false where those matter (docs/explanation/statistics.md). They are
here to be set beside the adjusted ones.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from toolspan.analytics.findings._gather import ScoreKey, all_sessions, exposures_of, scores_of
from toolspan.analytics.statistics import (
    benjamini_hochberg,
    correlation,
    fisher_test,
    raw_association,
)

if TYPE_CHECKING:
    import duckdb

    from toolspan.analytics.findings._study import Exposure
    from toolspan.analytics.measures import Window

# A tool that nearly no session or nearly every session used is left out of the family.
LEAST_ON_EACH_SIDE = 5
# Where sessions are exposed or not, all of them.
RAW_EXPOSURES = ("used", "agents", "workflows", "steps", "models")


def raw_of_score(
    connection: "duckdb.DuckDBPyConnection",
    key: ScoreKey,
    kind: str,
    *,
    by: str | None = None,
    window: "Window | None" = None,
) -> list[dict[str, Any]]:
    """Relate every exposure to a score without regard to anything else.

    One record: `exposure, group, score_name, source, n_used, n_unused, mean_used, mean_unused,
    difference, r, r_p, u, u_p, u_q, good_used, bad_used, good_unused, bad_unused, fisher_p,
    rho_calls, rho_calls_p`. `u_q` is Benjamini and Hochberg's over the exposures of the group with
    at least five sessions on each side.

    Args:
        connection: an engine with the model and the feedback.
        key: the score.
        kind: one of `RAW_EXPOSURES`.
        by: a span or resource attribute; each of its values is looked at alone.
        window: only sessions that began in it.
    """
    sessions = all_sessions(connection, key.unit, (by,) if by else (), window)
    places, scores = scores_of(connection, key, sessions)
    rated = sessions.at(places)
    if not len(scores):
        return []
    # For the two-by-two tables: good is what lies in the upper half of all scores' range.
    good_from = float(scores.min() + scores.max()) / 2
    exposures = exposures_of(connection, kind, key.unit, rated)
    groups = rated.columns["within_0"] if by else np.full(len(scores), "", dtype=object)
    found: list[dict[str, Any]] = []
    for group in sorted(set(groups.tolist())):
        mine = groups == group
        records = [
            _record(exposure, mine, scores, key, good_from)
            for exposure in exposures
            if exposure.values[mine].any()
        ]
        family = [
            record
            for record in records
            if min(record["n_used"], record["n_unused"]) >= LEAST_ON_EACH_SIDE
        ]
        q_values = benjamini_hochberg(np.array([record["u_p"] for record in family], dtype=float))
        for record, q_value in zip(family, q_values, strict=True):
            record["u_q"] = float(q_value)
        for record in records:
            record["group"] = group or None
        found += sorted(records, key=lambda record: (_last(record["u_p"]), record["exposure"]))
    return found


def _record(
    exposure: "Exposure",
    mine: "np.ndarray[Any, np.dtype[np.bool_]]",
    scores: "np.ndarray[Any, np.dtype[np.float64]]",
    key: ScoreKey,
    good_from: float,
) -> dict[str, Any]:
    used = exposure.values[mine] > 0
    raw = raw_association(used, scores[mine], good_from)
    calls = exposure.own_calls
    rho = (np.nan, np.nan)
    if calls is not None:
        rho = correlation(calls[mine].astype(np.float64), scores[mine], of_ranks=True)
    (good_used, bad_used), (good_unused, bad_unused) = raw.table
    numbers = {
        "mean_used": raw.mean_used,
        "mean_unused": raw.mean_unused,
        "difference": raw.difference,
        "r": raw.point_biserial_r,
        "r_p": raw.point_biserial_p,
        "u": raw.mann_whitney_u,
        "u_p": raw.mann_whitney_p,
        "u_q": np.nan,
        "fisher_p": fisher_test(raw.table),
        "rho_calls": rho[0],
        "rho_calls_p": rho[1],
    }
    return {
        "exposure": exposure.name,
        "group": None,
        "score_name": key.name,
        "source": key.source,
        "n_used": raw.n_used,
        "n_unused": raw.n_unused,
        "good_used": good_used,
        "bad_used": bad_used,
        "good_unused": good_unused,
        "bad_unused": bad_unused,
        **{name: None if np.isnan(value) else float(value) for name, value in numbers.items()},
    }


def _last(p_value: float | None) -> float:
    return 2.0 if p_value is None else p_value
