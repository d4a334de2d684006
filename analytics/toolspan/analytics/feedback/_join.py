"""The join report: what matched, what did not and why, and whom the feedback speaks for."""

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from toolspan.analytics.engine import load_sql, rows
from toolspan.analytics.model import make_views
from toolspan.analytics.output import clean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb

# Below this share of rated sessions a reader should know that most are not.
FEW_RATED = 0.5
# Rated and unrated sessions fail differently from this ratio on, if it is no chance (Fisher, 5 %).
SELECTION_RATIO = 1.5
SELECTION_P = 0.05


@dataclass(frozen=True, slots=True)
class JoinReport:
    """How feedback and sessions came together.

    Attributes:
        scores: a record for each score, source and evaluator version: `feedback, matched,
            unmatched, superseded, no_judgement, unknown_label, rated_sessions, sessions,
            rated_failed, failed_sessions`.
        unmatched: the feedback that found no session, with `unmatched_because`.
        unknown_labels: labels that have no value, with their number.
    """

    scores: "Sequence[Mapping[str, Any]]"
    unmatched: "Sequence[Mapping[str, Any]]"
    unknown_labels: "Mapping[str, int]"

    def messages(self) -> list[str]:
        """What a reader must know, in sentences; empty when all feedback found its session."""
        found = []
        if self.unmatched:
            reasons = Counter(row["unmatched_because"] for row in self.unmatched)
            named = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
            found.append(
                f"{_rows(len(self.unmatched))} no session ({named}). See report.unmatched."
            )
        if self.unknown_labels:
            some = list(self.unknown_labels.items())[:8]
            named = ", ".join(f"{clean(label, 40)!r} ({count})" for label, count in some)
            lead, end = (
                ("1 label has no value and is", "it means")
                if len(self.unknown_labels) == 1
                else (f"{len(self.unknown_labels)} labels have no value and are", "they mean")
            )
            found.append(
                f"{lead} left out of every number: {named}. Say what {end}: "
                f"--label '{clean(some[0][0], 40)}=1'"
            )
        return found

    def selection(self, record: "Mapping[str, Any]") -> str | None:
        """Whether the sessions with this score are unlike the others, in a sentence."""
        rated, sessions = record["rated_sessions"], record["sessions"]
        unrated = sessions - rated
        if not rated or not unrated:
            return None
        share = f"Only {100 * rated / sessions:.0f}% of sessions have feedback"
        failed = record["rated_failed"]
        others = record["failed_sessions"] - failed
        if failed and others:
            ratio = (failed / rated) / (others / unrated)
            is_unlike = max(ratio, 1 / ratio) >= SELECTION_RATIO
            if is_unlike and _fisher(failed, rated, others, unrated) < SELECTION_P:
                how = (
                    f"{ratio:.1f} times as often as"
                    if ratio > 1
                    else (f"{1 / ratio:.1f} times as rarely as")
                )
                lead = (
                    share
                    if rated / sessions < FEW_RATED
                    else (f"{100 * rated / sessions:.0f}% of sessions have feedback")
                )
                return (
                    f"{lead}, and rated sessions failed {how} unrated ones: these results "
                    "describe rated sessions only."
                )
        if rated / sessions < FEW_RATED:
            return f"{share}: these results describe rated sessions only."
        return None


def join_report(connection: "duckdb.DuckDBPyConnection") -> JoinReport:
    """Report on the feedback that was resolved."""
    sql = load_sql("feedback/join.sql")
    make_views(connection, set(), sql)
    scores = rows(connection.execute(sql))
    unmatched = rows(
        connection.execute(
            "SELECT score_name, source_kind, source_id, session_key, trace_hex(trace_id) AS "
            "trace_id, span_hex(span_id) AS span_id, value, label, timestamp_of(time_ns) AS time, "
            "unmatched_because, feedback_id FROM assessment WHERE matched_by IS NULL ORDER BY ALL"
        )
    )
    labels = connection.execute(
        "SELECT label, count(*) FROM assessment WHERE is_unknown_label AND NOT is_superseded "
        "AND value_kind <> 'text' GROUP BY label ORDER BY count(*) DESC, label"
    ).fetchall()
    return JoinReport(scores, unmatched, dict(labels))


def source_name(record: "Mapping[str, Any]") -> str:
    """Kind, id and version of a source, as one text."""
    parts = (record["source_kind"], record["source_id"], record["evaluator_version"])
    return " · ".join(part for part in parts if part)


def _rows(count: int) -> str:
    return f"{count} feedback row{'s' if count != 1 else ''} match{'es' if count == 1 else ''}"


def _fisher(first: int, first_of: int, second: int, second_of: int) -> float:
    import numpy as np
    from scipy import stats

    table = np.array([[first, first_of - first], [second, second_of - second]])
    return float(np.asarray(stats.fisher_exact(table))[1])
