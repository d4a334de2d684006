"""What traces and feedback say together."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from toolspan.analytics.feedback import JoinReport, join_report
from toolspan.analytics.traces._queries import Queries

if TYPE_CHECKING:
    import pandas as pd

    from toolspan.analytics.findings import Correlation


class Findings(Queries):
    """Which tool use goes with which outcomes, and whether scores agree."""

    def correlate(
        self,
        score: str | None = None,
        exposure: str = "used",
        *,
        source: str | None = None,
        name: str | None = None,
        within: Sequence[str] = (),
        unit: str | None = None,
        since: object = None,
        until: object = None,
        seed: int = 0,
    ) -> "pd.DataFrame":
        """Which tool use goes with good and bad outcomes, among comparable sessions.

        One row is an exposure (a tool) and a score of one source, the most certain first, with
        `verdict` and `sentence`; docs/reference/findings.md describes every column. An
        association, never a cause. The frame's `attrs` have `audits` and `notes`.

        Args:
            score: name of the score; default each that has values.
            exposure: `used`, `calls`, `failures`, `retries`, `fallback`, `latency_share`,
                `transitions`, `agents`, `workflows`, `steps` or `models`.
            source: only scores whose source holds this text (`human`, `gpt-4o`).
            name: report on this tool (agent, ...) alone; it is still tested with all of them.
            within: span or resource attributes (a task, a run); sessions are compared only within
                equal values.
            unit: `session` or `trace`; default what the feedback is about.
            since: leave out sessions that began earlier.
            until: leave out sessions that began then or later.
            seed: the same seed, the same numbers.

        Raises:
            UsageError: there is no such score, exposure, source or tool; the text says which are.
        """
        import pandas as pd

        found = self.correlation(
            score,
            exposure,
            source=source,
            name=name,
            within=within,
            unit=unit,
            since=since,
            until=until,
            seed=seed,
        )
        frame = pd.DataFrame(found.records)
        frame.attrs.update(audits=found.audits, notes=found.notes)
        return frame

    def correlation(
        self,
        score: str | None = None,
        exposure: str = "used",
        *,
        source: str | None = None,
        name: str | None = None,
        within: Sequence[str] = (),
        unit: str | None = None,
        since: object = None,
        until: object = None,
        seed: int = 0,
    ) -> "Correlation":
        """What `correlate` gives, as plain dicts without pandas, with audits and notes."""
        from toolspan.analytics.findings import Question, correlate

        question = Question(
            score=score,
            exposure=exposure,
            source=source,
            name=name,
            within=tuple(within),
            unit=unit,
            window=self._selected(None, None, since, until).window,
            seed=seed,
        )
        return correlate(self._connection, question)

    def raw_associations(
        self,
        score: str | None = None,
        exposure: str = "used",
        *,
        source: str | None = None,
        by: str | None = None,
    ) -> "pd.DataFrame":
        """The usual statistics over all sessions alike, to set beside the adjusted ones.

        Args:
            score: name of the score; default each that has values.
            exposure: `used`, `agents`, `workflows`, `steps` or `models`.
            source: only scores whose source holds this text.
            by: a span or resource attribute; each of its values is looked at alone.

        Raises:
            UsageError: there is no such score, exposure or source; the text says which are.
        """
        import pandas as pd

        from toolspan.analytics.findings import Question, raw_associations

        question = Question(score=score, exposure=exposure, source=source, window=self.window)
        return pd.DataFrame(raw_associations(self._connection, question, by))

    @property
    def has_feedback(self) -> bool:
        """Whether any score came with the traces."""
        return bool(self._records("SELECT 1 AS one FROM feedback LIMIT 1"))

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
