"""The measures of traces, a method each."""

from typing import TYPE_CHECKING, Any

from toolspan.analytics.engine import literal, quoted
from toolspan.analytics.measures import Where
from toolspan.analytics.traces._queries import By, Queries

if TYPE_CHECKING:
    from collections import Counter

    import pandas as pd


class Measures(Queries):
    """What is counted of tools, agents, workflows, models and sessions."""

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
        chosen = self._rows_sql("sessions", selection)
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

    def _search_sql(
        self, text: str | None, where: Where, since: object, until: object, limit: int | None
    ) -> str:
        selection = self._selected(None, where, since, until, with_pseudo=True)
        source = self._rows_sql("tool_calls", selection)
        places = ("tool_name", "error_type", "error_message", "arguments", "result")
        found = " OR ".join(
            f"contains(lower({p}), {literal((text or '').lower())})" for p in places
        )
        chosen = f"WHERE {found}" if text else ""
        names = ", ".join(map(quoted, self.ordered_columns("tool_calls")))
        ending = f" LIMIT {int(limit)}" if limit is not None else ""
        return f"SELECT {names} FROM {source} {chosen} ORDER BY start_ns DESC, span_id{ending}"
