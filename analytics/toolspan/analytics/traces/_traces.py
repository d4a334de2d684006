"""`Traces`: what was read, and everything that can be asked of it."""

import html
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from toolspan.analytics.engine import quoted
from toolspan.analytics.feedback import Collection
from toolspan.analytics.measures import Selection, Where
from toolspan.analytics.output import counted, moment
from toolspan.analytics.read import ReadSummary
from toolspan.analytics.traces._findings import Findings
from toolspan.analytics.traces._measures import Measures
from toolspan.analytics.traces._queries import TABLES

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

    from toolspan.analytics._check import Rule, Verdict
    from toolspan.analytics._status import Status
    from toolspan.analytics._views import SessionView, ToolView


class Traces(Measures, Findings):
    """Traces that were read: measures as DataFrames, tables, and SQL over them.

    Every measure takes `where` (`"key=value"`, also with `!= < <= > >= ~ !~`, or several, or a
    mapping), `since` and `until`; those with a grouping of their choice also `by`. Keys are
    columns or any attribute of the span, of its trace's root, or of the resource.

    Attributes:
        summary: what was read, and what was not.
        imported: what was made of files of feedback that are no OTLP.
        tables: the tables of docs/model.md as DataFrames: `traces.tables.tool_calls`, ...
    """

    def __init__(
        self,
        connection: "duckdb.DuckDBPyConnection",
        summary: ReadSummary,
        clean_up: Callable[[], None],
        selection: Selection,
        imported: Sequence[Collection] = (),
    ) -> None:
        super().__init__(connection, selection)
        self._clean_up = clean_up
        self.summary = summary
        self.imported = imported
        self.tables = Tables(self)

    def __repr__(self) -> str:
        files = len(self.summary.files)
        return f"<Traces: {self.summary.spans} spans of {files} file{'s'[: files != 1]}>"

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _repr_html_(self) -> str:
        first, *others = map(html.escape, self._lines())
        return "<br>".join([f"<b>{first}</b>", *others])

    def _lines(self) -> list[str]:
        """What there is, in a few lines: how much, of when, and what was wrong with it."""
        (n,) = self.records("totals")
        calls = f"{counted(n['calls'], 'call')} of {counted(n['tools'], 'tool')}"
        lines = [
            f"{counted(self.summary.spans, 'span')} of {counted(len(self.summary.files), 'file')}",
            f"{counted(n['sessions'], 'session')}, {counted(n['runs'], 'agent run')}, {calls}",
        ]
        if n["first_time"] is not None:
            lines.append(f"{moment(n['first_time'])} to {moment(n['last_time'])}")
        return [*lines, *(f"Note: {note}" for note in self.summary.notes())]

    def tool(self, name: str, *, where: Where = None) -> "ToolView":
        """Everything about one tool: its numbers, errors, calls, neighbours, trend.

        Raises:
            UsageError: there is no call of a tool of that name.
        """
        from toolspan.analytics._views import ToolView

        return ToolView(self, name, where)

    def session(self, session_id: str) -> "SessionView":
        """One session, with its waterfall.

        Raises:
            UsageError: there is no session of that id.
        """
        from toolspan.analytics._views import SessionView

        return SessionView(self, session_id)

    def recommend(self) -> "pd.DataFrame":
        """What to do about tools: one row is a recommendation, the most beneficial first.

        Columns: `rule, tool_name, title, evidence, prize, prize_low, prize_high, prize_unit,
        benefit, confidence, example_sessions, next_step, would_change`. There is no row where
        there is too little data. docs/reference/recommendations.md describes every rule.
        """
        import pandas as pd

        from toolspan.analytics.recommend import COLUMNS, recommend, tool_findings

        found = recommend(self, tool_findings(self).records)
        return pd.DataFrame([each.record() for each in found], columns=list(COLUMNS))

    def export(
        self,
        directory: str | os.PathLike[str],
        formats: Sequence[str] = ("parquet",),
        *,
        tables: Sequence[str] = TABLES,
    ) -> list[Path]:
        """Write all measures, and the tables below `tables/`, as files.

        Args:
            directory: where; it is made if it is missing.
            formats: any of `json`, `csv`, `parquet`, `markdown` (measures only).
            tables: which tables; default all.

        Returns:
            The files that were written.
        """
        from toolspan.analytics._export import export

        return export(self, directory, formats, tables)

    def status(self, since: str = "1h", *, until: object = None, where: Where = None) -> "Status":
        """What is going on: the window before `until` (default now) against the one before it."""
        from toolspan.analytics._status import status

        return status(self, since, until=until, where=where)

    def check(self, rules: "str | os.PathLike[str] | Sequence[Rule]") -> "list[Verdict]":
        """What comes of thresholds on measures (a TOML file, see `toolspan check --help`)."""
        from toolspan.analytics._check import check, read_rules

        chosen = read_rules(Path(rules)) if isinstance(rules, str | os.PathLike) else rules
        return check(self, chosen)

    def damages(self) -> list[dict[str, Any]]:
        """Every damaged place: `file, line, byte, kind, reason`."""
        return [asdict(damage) for damage in self.summary.damages]

    def pseudo_tools(self) -> dict[str, int]:
        """The calls of framework plumbing that measures leave out, by name."""
        found = self._execute(
            "SELECT tool_name, count(*) FROM tool_calls WHERE is_pseudo GROUP BY ALL ORDER BY ALL"
        )
        return dict(found.fetchall())

    def close(self) -> None:
        """Give memory and temporary files back; the object is of no use afterwards."""
        self._connection.close()
        self._clean_up()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


class Tables:
    """The tables of the model as DataFrames, one attribute each."""

    def __init__(self, traces: Traces) -> None:
        self._traces = traces

    def __getattr__(self, name: str) -> "pd.DataFrame":
        if name not in TABLES:
            raise AttributeError(f"no table {name!r}; there are: {', '.join(TABLES)}")
        return self._traces.sql(f"SELECT * FROM {quoted(name)}")

    def __dir__(self) -> list[str]:
        return list(TABLES)

    def __repr__(self) -> str:
        return f"<Tables: {', '.join(TABLES)}>"
