"""Measures by name: their SQL, with what to group by and which rows to look at."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

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
        needs: the columns of its rows that its SQL reads, beside those it groups by.
    """

    name: str
    rows: str
    by: tuple[str, ...] = ()
    only: str = ""
    needs: tuple[str, ...] = ()


# What rates, latency and intervals are computed from.
_RATED = ("session_key", "outcome", "duration_ms")


MEASURES = {
    measure.name: measure
    for measure in (
        Measure(
            "tools",
            "tool_calls",
            ("tool_name",),
            needs=(
                *_RATED,
                "start_ns",
                "end_ns",
                "start_time",
                "attempts",
                "is_retried",
                "wasted_retry_ms",
                "fallback_from",
                "cost",
            ),
        ),
        Measure("agents", "agent_runs", ("agent_name",), needs=(*_RATED, "trace_key", "span_id")),
        Measure("workflows", "workflow_runs", ("workflow_name",), needs=_RATED),
        Measure(
            "steps",
            "workflow_steps",
            ("workflow_name", "step_name"),
            needs=(*_RATED, "step_index", "start_ns"),
        ),
        Measure(
            "models",
            "llm_calls",
            ("model",),
            needs=(
                *_RATED,
                "input_tokens",
                "output_tokens",
                "cache_read_tokens",
                "cache_write_tokens",
                "reasoning_tokens",
                "cost",
            ),
        ),
        Measure(
            "servers",
            "tool_calls",
            ("mcp_server",),
            "coalesce(client_ms, server_ms) IS NOT NULL",
            needs=(*_RATED, "tool_name", "client_ms", "server_ms"),
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
        Measure(
            "transitions",
            "tool_calls",
            needs=("session_key", "tool_name", "outcome", "start_ns", "end_ns", "span_key"),
        ),
        Measure(
            "loops",
            "tool_calls",
            needs=(
                *_RATED,
                "session_id",
                "tool_name",
                "arguments_hash",
                "start_ns",
                "start_time",
                "span_key",
                "agent_name",
            ),
        ),
        Measure(
            "dead_ends", "tool_calls", needs=("session_key", "tool_name", "start_ns", "span_key")
        ),
        Measure(
            "recovery",
            "attempts",
            needs=("tool_name", "attempt_number", "outcome", "waited_ms", "duration_ms"),
        ),
        Measure(
            "fallbacks",
            "tool_calls",
            needs=("fallback_from", "tool_name", "outcome", "session_key"),
        ),
        Measure("concurrency", "tool_calls", needs=("session_key", "start_ns", "end_ns")),
        Measure(
            "trends", "tool_calls", needs=(*_RATED, "start_ns", "end_ns", "start_time", "cost")
        ),
        Measure("feedback_summary", "feedback"),
        Measure("totals", "tool_calls", needs=("outcome", "tool_name")),
    )
}

# Each table's view with the columns measures compute by.
ROWS = {
    "tool_calls": "tool_call_rows",
    "attempts": "attempt_rows",
    "retries": "retry_rows",
    "agent_runs": "agent_run_rows",
    "workflow_runs": "workflow_run_rows",
    "workflow_steps": "workflow_step_rows",
    "llm_calls": "llm_call_rows",
    "spans": "span_rows",
    "sessions": "sessions",
    "feedback": "feedback",
}
# What to group by to have all in one.
EVERYTHING = "everything"
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
    """

    by: tuple[str, ...] = ()
    where: tuple[Condition, ...] = ()
    window: Window = field(default_factory=Window)
    with_pseudo: bool = False


def measure_sql(
    name: str,
    columns: Mapping[str, frozenset[str]],
    selection: Selection | None = None,
    *,
    every: str = "day",
) -> str:
    """The query of a measure.

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
    if selection.by and not measure.by:
        raise UsageError(f"{name} has a grouping of its own; --by does not apply")
    if every not in EVERY:
        raise UsageError(f"a stretch of time is one of {', '.join(EVERY)}, not {every!r}")
    by = selection.by or measure.by
    # What is told of related tables (sessions, calls of an agent) is told for the same time.
    aside = Selection(window=selection.window, with_pseudo=selection.with_pseudo)
    rows = rows_sql(
        measure.rows, columns, selection, extra=by, only=measure.only, needs=measure.needs
    )
    lost = by == ("workflow_name",) and not selection.where
    texts = {
        "$interval": _include("interval"),
        "$rates": _include("rates"),
        "$latency": _include("latency"),
        "$note": _include("note"),
        "$union_of_session": _include("union_ms")
        .replace("$per", "$by, session_key")
        .replace("$spans", "$rows"),
        "$union_of_child": _include("union_ms")
        .replace("$per", "trace_key, parent_agent_run_id")
        .replace("$spans", "child"),
        "$join_lost": "FULL JOIN lost USING (workflow_name)" if lost else "",
        "$lost_roots": "coalesce(lost_roots, 0)" if lost else "CAST(NULL AS BIGINT)",
        "$every": every,
        "$rows": "chosen",
        "$calls": rows_sql("tool_calls", columns, aside),
        "$sessions": rows_sql("sessions", columns, aside),
        "$run_by": ", ".join(f"run.{quoted(column)}" for column in by),
        "$by_first": quoted(by[0]) if by else "1",
        "$by": ", ".join(quoted(column) for column in by),
    }
    sql = load_sql(f"measures/{name}.sql")
    for placeholder, text in texts.items():
        sql = sql.replace(placeholder, text)
    # The rows are picked once, with the columns that are read.
    head, first, rest = _BEGINNING.split(sql, maxsplit=1)
    if first == "WITH":
        return f"{head}WITH chosen AS {rows},{rest}"
    return f"{head}WITH chosen AS {rows}\n{first}{rest}"


_BEGINNING = re.compile(r"^(WITH|SELECT)\b", re.MULTILINE)


def rows_sql(
    table: str,
    columns: Mapping[str, frozenset[str]],
    selection: Selection,
    *,
    extra: Sequence[str] = (),
    only: str = "",
    needs: Sequence[str] = (),
) -> str:
    """A relation of the rows of a table that a selection leaves.

    Attributes that `extra` or the conditions name become columns of it. Of the table's columns
    it has those that are needed, or all.
    """
    known = columns[table]
    wanted = [*extra, *(condition.key for condition in selection.where)]
    attributes = [key for key in dict.fromkeys(wanted) if key not in known and key != EVERYTHING]
    tests = [only] if only else []
    if table == "tool_calls" and not selection.with_pseudo:
        tests.append("NOT is_pseudo")
    if table != "feedback":
        tests += selection.window.sql("start_ns" if table != "sessions" else None)
    tests += [condition.sql() for condition in selection.where]
    source = ROWS[table]
    if attributes:
        if table in ("sessions", "feedback"):
            raise UsageError(
                f"{table} has no column {attributes[0]!r}; it has: {', '.join(sorted(known))}"
            )
        source = _with_attributes(source, attributes)
    # A group without a name is one all the same, and joins need it to have one.
    named = {
        key: f"coalesce(CAST({quoted(key)} AS VARCHAR), '(none)') AS {quoted(key)}"
        for key in extra
        if key != EVERYTHING
    }
    if EVERYTHING in extra:
        named[EVERYTHING] = f"'all' AS {EVERYTHING}"
    condition = f" WHERE {' AND '.join(tests)}" if tests else ""
    if needs:
        kept = [key for key in dict.fromkeys(needs) if key not in named]
        return f"(SELECT {', '.join([*named.values(), *kept])} FROM {source}{condition})"
    replaced = f" REPLACE ({', '.join(named.values())})" if named else ""
    return f"(SELECT *{replaced} FROM {source}{condition})"


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
