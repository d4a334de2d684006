"""`open_traces` and what it gives: traces as tables and measures."""

import html
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from toolspan.analytics.engine import connect, literal, quoted, rows
from toolspan.analytics.errors import UsageError, close_to
from toolspan.analytics.feedback import (
    Collection,
    JoinReport,
    events_beside,
    find_feedback,
    join_report,
    load_feedback,
    resolve,
)
from toolspan.analytics.measures import (
    EVERYTHING,
    MEASURES,
    Selection,
    Where,
    Window,
    conditions,
    measure_sql,
    rows_sql,
    window,
)
from toolspan.analytics.model import make_views
from toolspan.analytics.output import counted, moment
from toolspan.analytics.read import ReadSummary
from toolspan.analytics.store import CacheChoice, Progress, load

if TYPE_CHECKING:
    from collections import Counter

    import duckdb
    import pandas as pd

    from toolspan.analytics._check import Rule, Verdict
    from toolspan.analytics._status import Status
    from toolspan.analytics._views import SessionView, ToolView
    from toolspan.analytics.findings import Correlation

Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]
By = str | Sequence[str] | None

TABLES = (
    "spans",
    "tool_calls",
    "attempts",
    "retries",
    "agent_runs",
    "workflow_runs",
    "workflow_steps",
    "llm_calls",
    "sessions",
    "feedback",
)


def open_traces(
    paths: Paths | None = None,
    feedback: Paths | None = None,
    *,
    since: object = None,
    until: object = None,
    cache: bool = True,
    cache_dir: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    labels: Sequence[str] | Mapping[str, float | None] | None = None,
) -> "Traces":
    """Read traces and make them askable.

    Args:
        paths: span files, folders or glob patterns, here or in an object store
            (`"s3://bucket/prefix/"`), `-` for standard input; default the data directory
            (`$TOOLSPAN_DIR`, else `./toolspan-data`). Evaluation events found there, and in
            `events*.jsonl*` beside files that are named, are read as feedback.
        feedback: more files or folders of feedback: evaluation events, exports of Langfuse,
            Phoenix or MLflow, or tables (CSV, JSON, Parquet) with a session and a score.
        since: leave out what began earlier: a length before now (`"24h"`, `"7d"`) or a time.
        until: leave out what began then or later; lengths in `since` count from here.
        cache: whether to keep what was read as Parquet, so that it is read only once; small
            input is never kept.
        cache_dir: where; default `$TOOLSPAN_CACHE_DIR`, else the user's cache folder.
        progress: called with the bytes read and the bytes to read.
        labels: what labels mean as values (`{"pass": 1, "n/a": None}`), on top of the usual words.

    Raises:
        InputError: nothing there can be read.
        UsageError: `since` or `until` is no time, or a label has no number.
    """
    default = window(since, until, now_ns=time.time_ns())
    connection = connect()
    try:
        choice = CacheChoice(cache, Path(cache_dir) if cache_dir else None)
        events, others = find_feedback(_list(feedback) or (), choice.objects)
        events += events_beside(_list(paths))
        summary, clean_up = load(connection, _list(paths), events, choice, progress)
        imported = load_feedback(connection, others)
        resolve(connection, labels)
    except BaseException:
        connection.close()
        raise
    return Traces(connection, summary, clean_up, Selection(window=default), imported)


def _list(paths: Paths | None) -> Sequence[str | os.PathLike[str]] | None:
    return [paths] if isinstance(paths, str | os.PathLike) else paths


class Traces:
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
        self._connection = connection
        self._clean_up = clean_up
        self._selection = selection
        self._columns: dict[str, frozenset[str]] = {}
        self._views: set[str] = set()
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

    # --- measures --------------------------------------------------------------------------

    def tools(
        self,
        *,
        by: By = None,
        where: Where = None,
        since: object = None,
        until: object = None,
        with_pseudo: bool = False,
    ) -> "pd.DataFrame":
        """Calls, failures, latency, retries, fallbacks and cost of each tool.

        One row is a tool. `errors` are all failures (`error + tool_error + timeout`); rates and
        `*_ms` are over the calls that ended ok or failed; `success_rate_low` and `_high` bound the
        95 % interval that respects clustering in sessions; `session_time_share` is the part of
        all sessions' time in which a call was under way. Definitions: docs/model.md.

        Args:
            by: columns or attributes to group by in place of the tool.
            where: conditions on the calls.
            since: leave out calls that began earlier.
            until: leave out calls that began then or later.
            with_pseudo: whether framework plumbing (`final_answer`, ...) counts as tools.
        """
        return self.measure("tools", by, where, since, until, with_pseudo=with_pseudo)

    def tool(self, name: str, *, where: Where = None) -> "ToolView":
        """Everything about one tool: its numbers, errors, calls, neighbours, trend.

        Raises:
            UsageError: there is no call of a tool of that name.
        """
        from toolspan.analytics._views import ToolView

        return ToolView(self, name, where)

    def agents(
        self, *, by: By = None, where: Where = None, since: object = None, until: object = None
    ) -> "pd.DataFrame":
        """Runs, failures and latency of each agent, its own tool and LLM calls, tokens and cost."""
        return self.measure("agents", by, where, since, until)

    def workflows(
        self, *, by: By = None, where: Where = None, since: object = None, until: object = None
    ) -> "pd.DataFrame":
        """Runs, failures and latency of each workflow, and roots that never arrived."""
        return self.measure("workflows", by, where, since, until)

    def steps(
        self, *, by: By = None, where: Where = None, since: object = None, until: object = None
    ) -> "pd.DataFrame":
        """Runs, failures and latency of each step of each workflow, in their order."""
        return self.measure("steps", by, where, since, until)

    def models(
        self, *, by: By = None, where: Where = None, since: object = None, until: object = None
    ) -> "pd.DataFrame":
        """Calls, failures, latency, tokens and reported cost of each model."""
        return self.measure("models", by, where, since, until)

    def servers(
        self, *, by: By = None, where: Where = None, since: object = None, until: object = None
    ) -> "pd.DataFrame":
        """Calls through each MCP server: failures, and latency at the agent, client and server."""
        return self.measure("servers", by, where, since, until)

    def errors(
        self, *, by: By = None, where: Where = None, since: object = None, until: object = None
    ) -> "pd.DataFrame":
        """Failed calls by tool, error type and normalised message, with an example of each."""
        return self.measure("errors", by, where, since, until)

    def sessions(
        self, *, where: Where = None, since: object = None, until: object = None
    ) -> "pd.DataFrame":
        """Each session: outcome, duration, calls, failures, tokens, cost."""
        return self.measure("sessions", None, where, since, until)

    def session(self, session_id: str) -> "SessionView":
        """One session, with its waterfall.

        Raises:
            UsageError: there is no session of that id.
        """
        from toolspan.analytics._views import SessionView

        return SessionView(self, session_id)

    def transitions(
        self, *, by: By = None, where: Where = None, since: object = None, until: object = None
    ) -> "pd.DataFrame":
        """Which tool is called after which, with the share of those that left the first.

        A condition is about the first of the two calls; neighbours are those of whole sessions.
        """
        return self.measure("transitions", by, where, since, until)

    def loops(
        self, *, where: Where = None, since: object = None, until: object = None
    ) -> "pd.DataFrame":
        """Calls of a session that go round in a circle.

        `kind` is `streak` (three or more in a row with the same tool and arguments), `oscillation`
        (four or more that take turns between two) or `repetition` (three or more of the same with
        others between them).
        """
        return self.measure("loops", None, where, since, until)

    def dead_ends(
        self, *, by: By = None, where: Where = None, since: object = None, until: object = None
    ) -> "pd.DataFrame":
        """The tools whose call was the last of sessions that failed."""
        return self.measure("dead_ends", by, where, since, until)

    def recovery(
        self, *, by: By = None, where: Where = None, since: object = None, until: object = None
    ) -> "pd.DataFrame":
        """What came of the second, third, ... attempt of each tool's calls."""
        return self.measure("recovery", by, where, since, until)

    def retry_ladder(
        self, *, by: By = None, where: Where = None, since: object = None, until: object = None
    ) -> "pd.DataFrame":
        """Success by attempt, from the first on, and what the attempts after it add.

        Only tools of which calls were retried. `success_so_far` is the share of all calls that were
        ok by then; `added_ms` the time of the further attempts with the waits before them;
        `added_cost` what the calls that ended with an attempt cost beyond as many that needed one.
        """
        return self.measure("retry_ladder", by, where, since, until)

    def latency_buckets(
        self, *, by: By = None, where: Where = None, since: object = None, until: object = None
    ) -> "pd.DataFrame":
        """How many calls of each tool took how long, in buckets that can be added up.

        Each bucket is 2 % longer than the one before; `middle_ms` is within 1 % of all in it. Of
        the sum of several such tables, percentiles are those that `approximate=True` gives.
        """
        return self.measure("latency_buckets", by, where, since, until)

    def carried_cost(
        self, *, by: By = None, where: Where = None, since: object = None, until: object = None
    ) -> "pd.DataFrame":
        """The tokens that a tool's results and schema add to later turns of the agents calling it.

        An estimate from how the input of LLM calls grows within an agent run; docs/reference/
        measures.md says how.
        """
        return self.measure("carried_cost", by, where, since, until)

    def waste(
        self, *, by: By = None, where: Where = None, since: object = None, until: object = None
    ) -> "pd.DataFrame":
        """What went into calls that led nowhere: failures, retries, repeats, loops.

        One row is a tool and a reason; `total` is all reasons of the tool. Each call counts under
        one of them. An upper bound of what could have been avoided, never a saving.
        """
        return self.measure("waste", by, where, since, until)

    def repeats(
        self, *, by: By = None, where: Where = None, since: object = None, until: object = None
    ) -> "pd.DataFrame":
        """How often a failed call was made again right away, and what came of it.

        Inferred from the data (table `retries`); attempts within one call are in `recovery`.
        """
        return self.measure("repeats", by, where, since, until)

    def fallbacks(
        self, *, by: By = None, where: Where = None, since: object = None, until: object = None
    ) -> "pd.DataFrame":
        """Which tool stood in for which, and how often that rescued the call."""
        return self.measure("fallbacks", by, where, since, until)

    def concurrency(
        self, *, where: Where = None, since: object = None, until: object = None
    ) -> "pd.DataFrame":
        """The most calls in flight at one moment, overall and in each session."""
        return self.measure("concurrency", None, where, since, until)

    def missed_parallelism(
        self, *, where: Where = None, since: object = None, until: object = None
    ) -> "pd.DataFrame":
        """Calls of an agent that ran one after the other and perhaps need not have.

        `saving_ms` is what running them at once would save at most.
        """
        return self.measure("missed_parallelism", None, where, since, until)

    def critical_path(
        self, *, where: Where = None, since: object = None, until: object = None
    ) -> "pd.DataFrame":
        """Of which units' time the sessions' time consists, and what halving it would save.

        Each moment is charged to the deepest unit on the path that ends last, so that the rows add
        up to the time of all sessions.

        Args:
            where: conditions on the sessions, also on what happened in them.
            since: leave out sessions that began earlier.
            until: leave out sessions that began then or later.
        """
        import pandas as pd

        columns = ["unit", "name", "path_ms", "share", "sessions", "half_saves_ms"]
        return pd.DataFrame(
            self.critical_path_records(where, since, until),
            columns=[*columns, "example_session_key"],
        )

    def critical_path_records(
        self, where: Where = None, since: object = None, until: object = None
    ) -> list[dict[str, Any]]:
        """The same as plain dicts, without pandas."""
        from toolspan.analytics.measures._critical_path import summed

        return summed(self.critical_paths(where, since, until))

    def critical_paths(
        self, where: Where = None, since: object = None, until: object = None
    ) -> "dict[str, Counter[tuple[str, str]]]":
        """Of each session, the nanoseconds on its critical path by unit and name."""
        from toolspan.analytics.measures._critical_path import UNITS, paths

        selection = self._selected(None, where, since, until)
        self._check_keys("sessions", selection)
        chosen = rows_sql("sessions", _Columns(self), selection)
        found = self._execute(
            f"SELECT session_key, ns_of(start_time), ns_of(end_time) FROM {chosen}"
        )
        times = {key: (start, end) for key, start, end in found.fetchall()}
        return paths(self._records(UNITS), times)

    def trends(
        self,
        every: str = "day",
        *,
        by: By = None,
        where: Where = None,
        since: object = None,
        until: object = None,
    ) -> "pd.DataFrame":
        """Calls, failures, latency, concurrency and growth per minute, hour, day, week or month.

        Stretches begin at UTC; a week at its Monday. `growth` is against the stretch before, and
        `most_at_once` counts calls in flight at one moment.
        """
        return self.measure("trends", by, where, since, until, every=every)

    def feedback_summary(self) -> "pd.DataFrame":
        """Each score of each source: how many, for how many sessions, mean; never pooled."""
        return self.measure("feedback_summary")

    def search(
        self,
        text: str | None = None,
        *,
        where: Where = None,
        since: object = None,
        until: object = None,
        limit: int | None = 100,
    ) -> "pd.DataFrame":
        """Tool calls, the newest first.

        Args:
            text: what must stand in the tool's name, the error, the arguments or the result;
                capitals make no difference.
            where: conditions on the calls.
            since: leave out calls that began earlier.
            until: leave out calls that began then or later.
            limit: the most calls to give; None is all.
        """
        return self._frame(self._search_sql(text, where, since, until, limit))

    def measure(
        self,
        name: str,
        by: By = None,
        where: Where = None,
        since: object = None,
        until: object = None,
        *,
        with_pseudo: bool = False,
        every: str = "day",
        approximate: bool = False,
    ) -> "pd.DataFrame":
        """Any measure by its name, as a DataFrame.

        Args:
            name: of the measure.
            by: columns or attributes to group by in place of its own.
            where: conditions on its rows.
            since: leave out what began earlier.
            until: leave out what began then or later.
            with_pseudo: whether framework plumbing counts as tools.
            every: of trends, the stretch of time.
            approximate: percentiles within 1 %, from buckets that can be added up
                (`latency_buckets`); `latency_note` says so.
        """
        selection = self._selected(by, where, since, until, with_pseudo=with_pseudo)
        selection = replace(selection, approximate=approximate)
        return self._frame(self._measure_sql(name, selection, every))

    def records(
        self,
        name: str,
        by: By = None,
        where: Where = None,
        since: object = None,
        until: object = None,
        *,
        with_pseudo: bool = False,
        every: str = "day",
        approximate: bool = False,
    ) -> list[dict[str, Any]]:
        """The same measure as plain dicts, without pandas."""
        selection = self._selected(by, where, since, until, with_pseudo=with_pseudo)
        selection = replace(selection, approximate=approximate)
        return self._records(self._measure_sql(name, selection, every))

    def search_records(
        self,
        text: str | None = None,
        where: Where = None,
        since: object = None,
        until: object = None,
        limit: int | None = 100,
    ) -> list[dict[str, Any]]:
        """What `search` gives, as plain dicts, without pandas."""
        return self._records(self._search_sql(text, where, since, until, limit))

    # --- feedback and findings ---------------------------------------------------------------

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

        question = Question(
            score=score, exposure=exposure, source=source, window=self._selection.window
        )
        return pd.DataFrame(raw_associations(self._connection, question, by))

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

    @property
    def has_feedback(self) -> bool:
        """Whether any score came with the traces."""
        return bool(self._records("SELECT 1 AS one FROM feedback LIMIT 1"))

    @property
    def window(self) -> Window:
        """The stretch of time that measures look at unless told otherwise."""
        return self._selection.window

    @property
    def connection(self) -> "duckdb.DuckDBPyConnection":
        """The engine with the tables of the model, for what is built upon them."""
        return self._connection

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

    # --- tables and SQL --------------------------------------------------------------------

    def sql(self, query: str) -> "pd.DataFrame":
        """Any query of DuckDB over the tables of docs/model.md, as a DataFrame."""
        return self._frame(query)

    def sql_records(self, query: str) -> list[dict[str, Any]]:
        """The same as plain dicts, without pandas."""
        return self._records(query)

    def sql_table(self, query: str) -> tuple[list[dict[str, Any]], list[str]]:
        """The same with the names of the columns, which rows do not tell where there are none."""
        result = self._execute(query)
        names = [str(column[0]) for column in result.description or ()]
        return rows(result), names

    def table_records(self, name: str) -> list[dict[str, Any]]:
        """A table of docs/model.md as plain dicts."""
        return self._records(self.table_sql(name))

    def query(
        self,
        name: str,
        by: By = None,
        where: Where = None,
        *,
        with_pseudo: bool = False,
        every: str = "day",
        approximate: bool = False,
    ) -> str:
        """The SQL of a measure, to read, change and run with `sql`."""
        selection = self._selected(by, where, None, None, with_pseudo=with_pseudo)
        selection = replace(selection, approximate=approximate)
        return self._measure_sql(name, selection, every).strip().removesuffix(";")

    def table_sql(self, name: str) -> str:
        """The SQL of a table.

        Raises:
            UsageError: there is no such table.
        """
        if name not in TABLES:
            raise UsageError(f"no table {name!r}; there are: {', '.join(TABLES)}")
        return f"SELECT * FROM {quoted(name)}"

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

    # --- status and checks -----------------------------------------------------------------

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

    # --- life cycle ------------------------------------------------------------------------

    def close(self) -> None:
        """Give memory and temporary files back; the object is of no use afterwards."""
        self._connection.close()
        self._clean_up()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    # --- inside ----------------------------------------------------------------------------

    def _selected(
        self,
        by: By,
        where: Where,
        since: object,
        until: object,
        *,
        with_pseudo: bool = False,
    ) -> Selection:
        chosen = self._selection
        if since is not None or until is not None:
            asked = window(since, until, now_ns=time.time_ns())
            chosen = replace(chosen, window=asked)
        return replace(
            chosen,
            by=(by,) if isinstance(by, str) else tuple(by or ()),
            where=conditions(where),
            with_pseudo=with_pseudo,
        )

    def _measure_sql(self, name: str, selection: Selection, every: str = "day") -> str:
        if name not in MEASURES:
            raise UsageError(f"no measure {name!r}; there are: {', '.join(MEASURES)}")
        self._check_keys(MEASURES[name].rows, selection)
        query = measure_sql(name, _Columns(self), selection, every=every)
        if selection.by:
            described = self._execute(f"DESCRIBE {query}").fetchall()
            taken = [row[0] for row in described[len(selection.by) :]]
            for key in selection.by:
                if key in taken:
                    raise UsageError(f"{name} has a column {key!r} itself; group by something else")
        return query

    def _check_keys(self, table: str, selection: Selection) -> None:
        """Refuse what is neither a column nor an attribute of anything here: a typing mistake.

        Raises:
            UsageError: there is such a key.
        """
        asked = [key for key in selection.by if key != EVERYTHING]
        asked += [c.key for c in selection.where if (c.operator, c.value) != ("=", None)]
        known = self.columns(table)
        if table == "sessions":
            known |= self.columns("spans")
        for key in dict.fromkeys(asked):
            if key in known or self._is_attribute(key):
                continue
            near = close_to(key, [*known, *self._attributes()])
            raise UsageError(
                f"{table} have no column {key!r}, and no span here has such an attribute"
                f"{near}; columns are: {', '.join(sorted(known))}"
            )

    def _is_attribute(self, key: str) -> bool:
        wanted = literal(key)
        found = self._execute(
            f"SELECT 1 FROM resolved WHERE list_contains(keys, {wanted}) UNION ALL "
            f"SELECT 1 FROM resource WHERE list_contains(resource_keys, {wanted}) UNION ALL "
            "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM resolved) LIMIT 1"
        )
        return found.fetchone() is not None

    def _attributes(self) -> list[str]:
        found = self._execute(
            "SELECT DISTINCT unnest(keys) FROM (SELECT keys FROM resolved LIMIT 10000) UNION "
            "SELECT DISTINCT unnest(resource_keys) FROM resource"
        )
        return [str(row[0]) for row in found.fetchall()]

    def _search_sql(
        self, text: str | None, where: Where, since: object, until: object, limit: int | None
    ) -> str:
        selection = self._selected(None, where, since, until, with_pseudo=True)
        self._check_keys("tool_calls", selection)
        source = rows_sql("tool_calls", _Columns(self), selection)
        places = ("tool_name", "error_type", "error_message", "arguments", "result")
        found = " OR ".join(
            f"contains(lower({p}), {literal((text or '').lower())})" for p in places
        )
        chosen = f"WHERE {found}" if text else ""
        names = ", ".join(map(quoted, self.ordered_columns("tool_calls")))
        ending = f" LIMIT {int(limit)}" if limit is not None else ""
        return f"SELECT {names} FROM {source} {chosen} ORDER BY start_ns DESC, span_id{ending}"

    def ordered_columns(self, table: str) -> list[str]:
        """The names of a table's columns, in their order."""
        described = self._execute(f"DESCRIBE {quoted(table)}").fetchall()
        return [str(row[0]) for row in described]

    def result_columns(self, name: str) -> list[str]:
        """The names of a measure's columns, in their order."""
        query = self._measure_sql(name, self._selected(None, None, None, None))
        return [str(row[0]) for row in self._execute(f"DESCRIBE {query}").fetchall()]

    def columns(self, table: str) -> frozenset[str]:
        """The names of a table's columns."""
        if table not in self._columns:
            self._columns[table] = frozenset(self.ordered_columns(table))
        return self._columns[table]

    def _frame(self, query: str) -> "pd.DataFrame":
        frame = self._execute(query).df()
        for column in frame.select_dtypes("datetime").columns:
            frame[column] = frame[column].astype("datetime64[ns]").dt.tz_localize("UTC")
        return frame

    def _records(self, query: str) -> list[dict[str, Any]]:
        return rows(self._execute(query))

    def _execute(self, query: str) -> "duckdb.DuckDBPyConnection":
        make_views(self._connection, self._views, query)
        return self._connection.execute(query)


class _Columns(dict[str, frozenset[str]]):
    """The columns of each table, looked up when they are asked for."""

    def __init__(self, traces: Traces) -> None:
        super().__init__()
        self._traces = traces

    def __missing__(self, table: str) -> frozenset[str]:
        return self._traces.columns(table)


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
