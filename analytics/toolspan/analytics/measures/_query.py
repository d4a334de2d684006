"""The SQL of a measure, with what to group by and which rows to look at."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from toolspan.analytics.engine import literal, load_sql, quoted
from toolspan.analytics.errors import UsageError
from toolspan.analytics.measures._catalogue import (
    APPROXIMATE,
    EVERY,
    EVERYTHING,
    MEASURES,
    ROWS,
)
from toolspan.analytics.measures._filter import Condition, Window


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
        "$share": interval_sql(_SHARED.get(name, "$by")),
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


def interval_sql(by: str) -> str:
    """The part `success` of a query: of each group of `judged`, what its interval is made of."""
    whole = _include("interval").replace("$summed", _include("summed"))
    return whole.replace("$by", by)


def _include(name: str) -> str:
    """The text of a part that measures include, without its comment."""
    lines = load_sql(f"measures/{name}.sql").splitlines()
    return "\n".join(line for line in lines if not line.startswith("--"))
