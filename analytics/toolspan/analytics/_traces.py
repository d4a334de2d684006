"""`open_traces` and what it gives: traces as tables and measures."""

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from toolspan.analytics.engine import connect, rows
from toolspan.analytics.feedback import (
    Collection,
    JoinReport,
    events_beside,
    find_feedback,
    join_report,
    load,
    resolve,
)
from toolspan.analytics.measures import measure_sql
from toolspan.analytics.model import build
from toolspan.analytics.read import ReadSummary, read

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


def open_traces(
    paths: Paths | None = None,
    feedback: Paths | None = None,
    *,
    labels: Sequence[str] | Mapping[str, float | None] | None = None,
) -> "Traces":
    """Read traces and make them askable.

    Args:
        paths: span files, folders or glob patterns; default the data directory (`$TOOLSPAN_DIR`,
            else `./toolspan-data`). Evaluation events found there, and in `events*.jsonl*` beside
            files that are named, are read as feedback.
        feedback: more files or folders of feedback: evaluation events, exports of Langfuse,
            Phoenix or MLflow, or tables (CSV, JSON, Parquet) with a session and a score.
        labels: what labels mean as values (`{"pass": 1, "n/a": None}`), on top of the usual words.

    Raises:
        InputError: nothing there can be read.
        UsageError: a label has no number.
    """
    connection = connect()
    events, others = find_feedback(_list(feedback) or ())
    summary = read(connection, _list(paths), [*events, *events_beside(_list(paths))])
    build(connection, summary)
    imported = load(connection, others)
    resolve(connection, labels)
    return Traces(connection, summary, imported)


def _list(paths: Paths | None) -> Sequence[str | os.PathLike[str]] | None:
    return [paths] if isinstance(paths, str | os.PathLike) else paths


class Traces:
    """Traces that were read: measures as DataFrames, and SQL over the tables.

    Attributes:
        summary: what was read, and what was not.
        imported: what was made of files of feedback that are no OTLP.
    """

    def __init__(
        self,
        connection: "duckdb.DuckDBPyConnection",
        summary: ReadSummary,
        imported: Sequence[Collection] = (),
    ) -> None:
        self._connection = connection
        self.summary = summary
        self.imported = imported

    def __repr__(self) -> str:
        files = len(self.summary.files)
        return f"<Traces: {self.summary.spans} spans of {files} file{'s'[: files != 1]}>"

    def tools(self, *, with_pseudo: bool = False) -> "pd.DataFrame":
        """Calls, failures and latency of each tool.

        One row is a tool. `errors` are all failures (`error + tool_error + timeout`); rates and
        `*_ms` are over the calls that ended ok or failed; `success_rate_low` and `_high` bound the
        95 % interval that respects clustering in sessions. Definitions: docs/model.md.

        Args:
            with_pseudo: whether framework plumbing (`final_answer`, ...) counts as tools.
        """
        return self.sql(measure_sql("tools", with_pseudo=with_pseudo))

    def agents(self) -> "pd.DataFrame":
        """Runs, failures and latency of each agent, and how its own tool calls went."""
        return self.sql(measure_sql("agents"))

    def feedback_summary(self) -> "pd.DataFrame":
        """Each score of each source: how many, for how many sessions, mean; never pooled."""
        return self.sql(measure_sql("feedback_summary"))

    @property
    def connection(self) -> "duckdb.DuckDBPyConnection":
        """The engine with all tables, for what is built upon them."""
        return self._connection

    def correlate(
        self,
        score: str | None = None,
        exposure: str = "used",
        *,
        source: str | None = None,
        name: str | None = None,
        within: Sequence[str] = (),
        unit: str | None = None,
        seed: int = 0,
    ) -> "pd.DataFrame":
        """Which tool use goes with good and bad outcomes, among comparable sessions.

        One row is an exposure (a tool) and a score of one source, the most certain first, with
        `verdict` and `sentence`; docs/reference/findings.md describes every column. An
        association, never a cause. `toolspan.analytics.findings.correlate` also gives the audit.

        Args:
            score: name of the score; default each that has values.
            exposure: `used`, `calls`, `failures`, `retries`, `fallback`, `latency_share`,
                `transitions`, `agents`, `workflows`, `steps` or `models`.
            source: only scores whose source holds this text (`human`, `gpt-4o`).
            name: report on this tool (agent, ...) alone; it is still tested with all of them.
            within: span or resource attributes (a task, a run); sessions are compared only within
                equal values.
            unit: `session` or `trace`; default what the feedback is about.
            seed: the same seed, the same numbers.

        Raises:
            UsageError: there is no such score, exposure, source or tool; the text says which are.
        """
        import pandas as pd

        from toolspan.analytics.findings import Question, correlate

        question = Question(
            score=score,
            exposure=exposure,
            source=source,
            name=name,
            within=tuple(within),
            unit=unit,
            seed=seed,
        )
        return pd.DataFrame(correlate(self._connection, question).records)

    def join_report(self) -> JoinReport:
        """How feedback and sessions came together: what matched, what did not and why."""
        return join_report(self._connection)

    def agreement(self) -> "pd.DataFrame":
        """Whether scores of the same sessions agree; one row is a pair of scores.

        Columns: `first, first_source, second, second_source, n, pearson, spearman, same_side,
        kappa`. Scores that disagree must not be pooled.
        """
        import pandas as pd

        from toolspan.analytics.feedback.agreement import score_agreement

        return pd.DataFrame(score_agreement(self._connection))

    def rater_agreement(self) -> "pd.DataFrame":
        """Krippendorff's alpha where several raters gave the same score to the same sessions.

        Columns: `score_name, source, raters, sessions, alpha`.
        """
        import pandas as pd

        from toolspan.analytics.feedback.agreement import rater_agreement

        return pd.DataFrame(rater_agreement(self._connection))

    def sql(self, query: str) -> "pd.DataFrame":
        """Any query over the tables `tool_calls`, `attempts`, `agent_runs`, `feedback`."""
        frame = self._connection.execute(query).df()
        for column in frame.select_dtypes("datetime").columns:
            frame[column] = frame[column].dt.tz_localize("UTC")
        return frame

    def records(self, measure: str, *, with_pseudo: bool = False) -> list[dict[str, Any]]:
        """A measure as plain dicts, without pandas."""
        return rows(self._connection.execute(measure_sql(measure, with_pseudo=with_pseudo)))

    def pseudo_tools(self) -> dict[str, int]:
        """The calls of framework plumbing that measures leave out, by name."""
        found = self._connection.execute(
            "SELECT tool_name, count(*) FROM tool_calls WHERE is_pseudo GROUP BY ALL ORDER BY ALL"
        )
        return dict(found.fetchall())

    def close(self) -> None:
        """Give the memory back; the object is of no use afterwards."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
