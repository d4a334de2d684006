"""Measures by name: their SQL, with what to group by and which rows to look at."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from toolspan.analytics.engine import literal, load_sql, quoted
from toolspan.analytics.errors import UsageError
from toolspan.analytics.measures._filter import Condition, Window


@dataclass(frozen=True, slots=True)
class Measure:
    """One named measure.

    Attributes:
        name: of the file `measures/{name}.sql`, of the method and of the command.
        rows: the table whose rows it counts.
        by: the columns it groups by unless told otherwise; empty where it has a fixed grouping.
        only: a condition its rows always fulfil.
        needs: the columns of its rows that its SQL reads, beside those it groups by; some of them
            are computed (`_COMPUTED`).
        may_group: whether more can be put before a grouping of its own.
        in_order: whether it looks at neighbours: then its rows are all calls of the sessions, and
            `is_chosen` says which of them are meant.
        in_time: whether its rows are grouped by stretches of time as well (`time`).
        also: the files with aggregates that are told beside rates and percentiles.
    """

    name: str
    rows: str
    by: tuple[str, ...] = ()
    only: str = ""
    needs: tuple[str, ...] = ()
    may_group: bool = False
    in_order: bool = False
    in_time: bool = False
    also: tuple[str, ...] = ()

    @property
    def has_percentiles(self) -> bool:
        """Whether it tells percentiles, which may be approximate."""
        return "length_ms" in self.needs

    @property
    def groups(self) -> bool:
        """Whether users may choose what to group by."""
        return bool(self.by) or self.may_group


# What rates, latency and intervals are computed from, and how long one was under way.
_RATED = (
    "session_key",
    "session_number",
    "outcome",
    "duration_ms",
    "length_ms",
    "start_ns",
    "end_ns",
)
# What retries, fallbacks and a tool's own charge are computed from.
_TRIED = ("attempts", "is_retried", "wasted_retry_ms", "fallback_from", "cost")
# What is needed to find the calls of a run.
_RUN = (*_RATED, "trace_key", "span_key")
_USAGE = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "cost",
)
# What tells of a call in its place among the others of its session.
_PLACE = (
    "session_key",
    "session_number",
    "session_id",
    "tool_name",
    "outcome",
    "start_ns",
    "end_ns",
    "span_key",
)


MEASURES = {
    measure.name: measure
    for measure in (
        Measure(
            "tools",
            "tool_calls",
            ("tool_name",),
            needs=(*_RATED, *_TRIED),
            also=("tried",),
        ),
        Measure("agents", "agent_runs", ("agent_name",), needs=_RUN),
        Measure("workflows", "workflow_runs", ("workflow_name",), needs=_RUN),
        Measure(
            "steps",
            "workflow_steps",
            ("workflow_name", "step_name"),
            needs=(*_RUN, "step_index"),
            also=("place",),
        ),
        Measure(
            "models",
            "llm_calls",
            ("model",),
            needs=(*_RATED, *_USAGE),
            also=("usage",),
        ),
        Measure(
            "servers",
            "tool_calls",
            ("mcp_server",),
            "coalesce(client_ms, server_ms) IS NOT NULL",
            needs=(*_RATED, *_TRIED, "tool_name", "client_ms", "server_ms"),
            also=("tried", "layers"),
        ),
        Measure(
            "errors",
            "tool_calls",
            ("tool_name",),
            "is_failure(outcome)",
            needs=(
                "session_key",
                "session_id",
                "error_type",
                "error_message",
                "start_time",
                "start_ns",
                "trace_id",
                "span_id",
            ),
        ),
        Measure("sessions", "sessions"),
        Measure("transitions", "tool_calls", needs=_PLACE, may_group=True, in_order=True),
        Measure(
            "loops",
            "tool_calls",
            needs=(*_PLACE, "arguments_hash", "start_time", "duration_ms", "agent_name"),
            in_order=True,
        ),
        Measure("dead_ends", "tool_calls", needs=_PLACE, may_group=True, in_order=True),
        Measure(
            "recovery",
            "attempts",
            needs=(
                "session_key",
                "tool_name",
                "attempt_number",
                "outcome",
                "waited_ms",
                "duration_ms",
            ),
            may_group=True,
        ),
        Measure(
            "retry_ladder",
            "tool_calls",
            ("tool_name",),
            needs=("session_key", "outcome", "attempts", "cost", "trace_key", "span_key"),
        ),
        Measure(
            "carried_cost",
            "tool_calls",
            ("tool_name",),
            needs=(
                "session_key",
                "start_ns",
                "trace_key",
                "span_key",
                "agent_run_key",
                "characters",
            ),
            in_order=True,
        ),
        Measure(
            "waste",
            "tool_calls",
            ("tool_name",),
            needs=(
                *_PLACE,
                "trace_key",
                "agent_run_key",
                "duration_ms",
                "attempts",
                "wasted_retry_ms",
                "fallback_from",
                "arguments_hash",
                "characters",
                "answer",
                "cost",
            ),
            in_order=True,
        ),
        Measure(
            "repeats",
            "tool_calls",
            ("tool_name",),
            "is_failure(outcome)",
            needs=("session_key", "trace_key", "span_key"),
        ),
        Measure(
            "fallbacks",
            "tool_calls",
            needs=("fallback_from", "tool_name", "outcome", "session_key"),
            may_group=True,
        ),
        Measure(
            "concurrency",
            "tool_calls",
            needs=("session_key", "session_number", "start_ns", "end_ns"),
        ),
        Measure(
            "missed_parallelism",
            "tool_calls",
            needs=(
                *_PLACE,
                "trace_key",
                "agent_run_key",
                "agent_name",
                "step_name",
                "duration_ms",
                "fallback_from",
                "arguments_hash",
            ),
        ),
        Measure(
            "trends",
            "tool_calls",
            needs=(*_RATED, "cost"),
            may_group=True,
            in_time=True,
            also=("charged",),
        ),
        Measure(
            "tool_sessions",
            "tool_calls",
            ("tool_name",),
            needs=(
                "session_key",
                "session_number",
                "outcome",
                "start_ns",
                "end_ns",
                "session_id",
                "start_time",
                "is_retried",
                "wasted_retry_ms",
                "cost",
            ),
        ),
        Measure(
            "retry_sessions",
            "attempts",
            needs=("tool_name", "session_key", "attempt_number", "outcome", "waited_ms"),
        ),
        Measure(
            "offered_tools",
            "spans",
            needs=("session_key", "attribute_keys", "attribute_values"),
        ),
        Measure(
            "latency_buckets",
            "tool_calls",
            ("tool_name",),
            needs=("outcome", "duration_ms", "length_ms"),
        ),
        Measure("feedback_summary", "feedback"),
        Measure("totals", "tool_calls", needs=("outcome", "tool_name")),
    )
}

# Each table's view with the columns measures compute by.
ROWS = {
    "spans": "span_rows",
    "tool_calls": "tool_call_rows",
    "attempts": "attempt_rows",
    "retries": "retry_rows",
    "agent_runs": "agent_run_rows",
    "workflow_runs": "workflow_run_rows",
    "workflow_steps": "workflow_step_rows",
    "llm_calls": "llm_call_rows",
    "sessions": "sessions",
    "feedback": "feedback",
}
# What to group by to have all in one.
EVERYTHING = "everything"
# What is said of percentiles that are not exact.
APPROXIMATE = "approximate, within 1 %"
EVERY = ("minute", "hour", "day", "week", "month")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows a measure looks at, and how it groups them.

    Attributes:
        by: columns or attributes to group by in place of the measure's own; `everything` is all
            in one.
        where: conditions that all must hold.
        window: the time in which rows begin.
        with_pseudo: whether framework plumbing counts as tools.
        approximate: whether percentiles are of lengths rounded to buckets (`latency_buckets`).
    """

    by: tuple[str, ...] = ()
    where: tuple[Condition, ...] = ()
    window: Window = field(default_factory=Window)
    with_pseudo: bool = False
    approximate: bool = False


def measure_sql(
    name: str,
    columns: Mapping[str, frozenset[str]],
    selection: Selection | None = None,
    *,
    every: str = "day",
) -> str:
    """The query of a measure.

    In its SQL, what is grouped by is called `key_1, key_2, ...`, so that no name of a user's meets
    one of ours; only the last SELECT gives them their names.

    Args:
        name: a key of `MEASURES`.
        columns: of each table, its columns; what is none of them is an attribute.
        selection: which rows, and how grouped.
        every: for trends, the stretch of time.

    Raises:
        UsageError: the measure cannot be grouped so.
    """
    measure = MEASURES[name]
    selection = selection or Selection()
    if selection.by and not measure.groups:
        raise UsageError(f"{name} has a grouping of its own; --by does not apply")
    if selection.approximate and not measure.has_percentiles:
        raise UsageError(f"{name} has no percentiles that could be approximate")
    if every not in EVERY:
        raise UsageError(f"a stretch of time is one of {', '.join(EVERY)}, not {every!r}")
    by = selection.by or measure.by
    keys = [f"key_{place}" for place in range(1, len(by) + 1)]
    named = [f"{key} AS {quoted(name)}" for key, name in zip(keys, by, strict=True)]
    inner = [*keys, "time"] if measure.in_time else keys
    rows = rows_sql(
        measure.rows,
        columns,
        selection,
        by=by,
        only=measure.only,
        needs=measure.needs,
        bucket=every if measure.in_time else "",
        flagged=measure.in_order,
    )
    # What is told of related tables: of the chosen runs all calls, of the chosen time all sessions.
    whole = Selection(with_pseudo=selection.with_pseudo)
    timed = Selection(window=selection.window, with_pseudo=selection.with_pseudo)
    lost = by == ("workflow_name",) and not selection.where
    # Schemas are offered to models, whichever calls are looked at.
    offered = by == ("tool_name",) and selection == Selection(
        by=selection.by, with_pseudo=selection.with_pseudo
    )
    # In this order: what is put in may itself hold placeholders that come later. What asks for the
    # columns of another table is only made where it is wanted.
    texts: dict[str, str | Callable[[], str]] = {
        "$busy": _include("busy"),
        "$within": _include("within"),
        "$circles": _include("circles"),
        "$carried": _include("carried"),
        "$share": _include("interval").replace("$by", _SHARED.get(name, "$by")),
        "$summed": _include("summed").replace("$by", _SHARED.get(name, "$by")),
        "$rates": _include("rates"),
        "$latency": _include("latency"),
        "$also": "".join(f"{_include(name)}\n" for name in measure.also),
        "$ranked": "approximate_ms(length_ms)" if selection.approximate else "length_ms",
        "$counts": _include("counts"),
        "$note": _include("note"),
        "$few": _include("few")
        .replace("$n", _COUNTED.get(name, ("ok + errors", "sessions"))[0])
        .replace("$clusters", _COUNTED.get(name, ("ok + errors", "sessions"))[1]),
        "$roughly": f"{APPROXIMATE}; " if selection.approximate else "",
        "$otherwise": literal(APPROXIMATE) if selection.approximate else "CAST(NULL AS VARCHAR)",
        "$union_of_session": _include("union_ms")
        .replace("$per", _UNITED.get(name, "$by"))
        .replace("$together", "session_number, $by")
        .replace("$spans", "$rows"),
        "$union_of_child": _include("union_ms")
        .replace("$per", "trace_key, parent_agent_run_key")
        .replace("$together", "parent_agent_run_key, trace_key")
        .replace("$spans", "child"),
        "$union_of_inner": _include("union_ms")
        .replace("$until_ns", str(_FOREVER_NS))
        .replace("$per", "trace_key, outer_key")
        .replace("$together", "trace_key, outer_key")
        .replace("$spans", "inner_call"),
        "$run_key": _RUN_KEY.get(name, ""),
        "$join_lost": "FULL JOIN lost USING (key_1)" if lost else "",
        "$lost_roots": "coalesce(lost_roots, 0)" if lost else "CAST(NULL AS BIGINT)",
        "$join_schema": "FULL JOIN schema USING (key_1)" if offered else "",
        "$schema_tokens": "schema_tokens" if offered else "CAST(NULL AS DOUBLE)",
        "$no_keys": ", ".join("CAST(NULL AS VARCHAR)" for _ in keys),
        "$every": every,
        "$rows": "chosen",
        "$all_calls": lambda: rows_sql("tool_calls", columns, whole),
        "$calls": lambda: rows_sql("tool_calls", columns, timed),
        "$sessions": lambda: rows_sql("sessions", columns, timed),
        "$runs": lambda: rows_sql("agent_runs", columns, timed),
        "$traces": _in_window("trace", selection.window, until_end="start_ns"),
        "$open_sessions": _in_window("session_times", selection.window),
        "$since_ns": str(selection.window.since_ns or 0),
        "$until_ns": str(selection.window.until_ns or _FOREVER_NS),
        "$run_by": ", ".join(f"run.{key}" for key in inner),
        "$partition": f"PARTITION BY {', '.join(keys)}" if keys else "",
        "$by_first": keys[0] if keys else "1",
        "$pair_by": "".join(f"pair.{key}, " for key in keys),
        "$and_by": "".join(f"{key}, " for key in keys),
        "$by": ", ".join(inner),
    }
    sql = load_sql(f"measures/{name}.sql")
    body, main, last = sql.rpartition("\nSELECT")
    # What is grouped by gets its name where the last SELECT begins. Names are put in at the end, so
    # that none is taken for a placeholder.
    last = last.replace("$and_by", "$named_and", 1).replace("$by", "$named", 1)
    texts |= {
        "$named_and": "".join(f"{name}, " for name in named),
        "$named": ", ".join([*named, *inner[len(keys) :]]),
    }
    sql = body + main + last
    for placeholder, text in texts.items():
        if placeholder in sql:
            sql = sql.replace(placeholder, text if isinstance(text, str) else text())
    # The rows are picked once, with the columns that are read.
    head, first, rest = _BEGINNING.split(sql, maxsplit=1)
    if first == "WITH":
        return f"{head}WITH chosen AS {rows},{rest}"
    return f"{head}WITH chosen AS {rows}\n{first}{rest}"


_BEGINNING = re.compile(r"^(WITH|SELECT)\b", re.MULTILINE)
# A number for each session, by which rows are sorted sooner than by its text; the length of what
# ended ok or failed; of a result how long it is, and a number by which equal ones are known.
_COMPUTED = {
    "session_number": "number_of(session_key) AS session_number",
    "length_ms": "counted_ms(outcome, duration_ms) AS length_ms",
    "characters": "length(result) AS characters",
    "answer": "CASE WHEN result IS NOT NULL THEN number_of(result) END AS answer",
}
# The column of calls that names the run of each kind they belong to.
_RUN_KEY = {"agents": "agent_run_key", "workflows": "workflow_run_key", "steps": "step_key"}
# What time is united for, where that is not `$by`.
_UNITED = {"tool_sessions": "$by, session_key"}
# What the rates of measures with a grouping of their own are rates of.
_SHARED = {
    "recovery": "$and_by tool_name, attempt_number",
    "retry_ladder": "$by, attempt_number",
    "fallbacks": "$and_by fallback_from, tool_name",
    "waste": "$by, reason",
}
# How many calls a rate is of, and in how many sessions, where they are not called so.
_COUNTED = {"waste": ("all_calls", "all_sessions")}
_FOREVER_NS = 2**63 - 1


def _in_window(table: str, window: Window, *, until_end: str = "end_ns") -> str:
    """The rows of a table that were under way within a window (or only began, by that column)."""
    tests = []
    if window.since_ns is not None:
        tests.append(f"{until_end} >= {window.since_ns}")
    if window.until_ns is not None:
        tests.append(f"start_ns < {window.until_ns}")
    return f"(SELECT * FROM {table}{' WHERE ' if tests else ''}{' AND '.join(tests)})"


def rows_sql(
    table: str,
    columns: Mapping[str, frozenset[str]],
    selection: Selection,
    *,
    by: Sequence[str] = (),
    only: str = "",
    needs: Sequence[str] = (),
    bucket: str = "",
    flagged: bool = False,
) -> str:
    """A relation of the rows of a table that a selection leaves.

    Args:
        table: its name, a key of `ROWS`.
        columns: of each table, its columns; what is none of them is an attribute.
        selection: which rows.
        by: columns or attributes that become `key_1, key_2, ...`, as text.
        only: one more condition.
        needs: the columns of the table to have; none is all.
        bucket: the stretch of time of which each row's beginning becomes `time`.
        flagged: leave no row out by the selection, but tell by `is_chosen`.
    """
    known = columns[table]
    tests = [only] if only else []
    if table == "tool_calls" and not selection.with_pseudo:
        tests.append("NOT is_pseudo")
    if table != "feedback":
        chosen = selection.window.sql("start_ns" if table != "sessions" else None)
    else:
        chosen = []
    wanted = list(by)
    for condition in selection.where:
        if table == "sessions" and condition.key not in known:
            chosen.append(_of_a_span(condition, columns))
        else:
            wanted.append(condition.key)
            chosen.append(condition.sql())
    attributes = [key for key in dict.fromkeys(wanted) if key not in known and key != EVERYTHING]
    source = ROWS[table]
    if attributes:
        if table in ("sessions", "feedback"):
            raise UsageError(
                f"{table} has no column {attributes[0]!r}; it has: {', '.join(sorted(known))}"
            )
        source = _with_attributes(source, attributes)
    # A group without a name is one all the same, and joins need it to have one.
    made = [
        f"coalesce(CAST({quoted(key)} AS VARCHAR), '(none)') AS key_{place}"
        if key != EVERYTHING
        else f"'all' AS key_{place}"
        for place, key in enumerate(by, 1)
    ]
    if bucket:
        made.append(f"time_bucket_of('{bucket}', start_time) AS time")
    made += [_COMPUTED.get(name, name) for name in needs or ("*",)]
    if flagged:
        made.append(f"coalesce({' AND '.join(chosen) or 'true'}, false) AS is_chosen")
    else:
        tests += chosen
    remaining = f" WHERE {' AND '.join(tests)}" if tests else ""
    return f"(SELECT {', '.join(made)} FROM {source}{remaining})"


def _of_a_span(condition: Condition, columns: Mapping[str, frozenset[str]]) -> str:
    """A test of a session: one of its spans fulfils the condition, or none does if it negates."""
    wanted = replace(condition, operator=condition.operator.removeprefix("!"))
    is_negation = condition.operator.startswith("!")
    if condition.value is None:
        # Being absent is what no span has.
        wanted, is_negation = replace(condition, operator="!="), condition.operator == "="
    spans = rows_sql("spans", columns, Selection(where=(wanted,)), needs=("session_key",))
    return f"session_key {'NOT ' * is_negation}IN (SELECT session_key FROM {spans})"


def _with_attributes(source: str, keys: Sequence[str]) -> str:
    """The rows with attributes as columns: the span's own, else its root's, else the resource's."""
    values = ", ".join(
        f"coalesce(attribute(own.keys, own.vals, {literal(key)}), "
        f"attribute(root.keys, root.vals, {literal(key)}), "
        f"attribute(resource.resource_keys, resource.resource_vals, {literal(key)})) "
        f"AS {quoted(key)}"
        for key in keys
    )
    return (
        f"(SELECT row_.*, {values} FROM {source} AS row_ "
        "LEFT JOIN resolved AS own "
        "ON own.trace_id = row_.trace_key AND own.span_id = row_.span_key "
        "LEFT JOIN resolved AS root "
        "ON root.trace_id = row_.trace_key AND root.span_id = own.root_id "
        "LEFT JOIN resource ON resource.resource_id = own.resource_id)"
    )


def _include(name: str) -> str:
    """The text of a part that measures include, without its comment."""
    lines = load_sql(f"measures/{name}.sql").splitlines()
    return "\n".join(line for line in lines if not line.startswith("--"))
