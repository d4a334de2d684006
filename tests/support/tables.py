"""Tables of the model as plain data, small enough to be written down whole in a test."""

from datetime import datetime
from typing import Any

from support.traces import START_NS
from toolspan.analytics import Traces
from toolspan.analytics.measures import MEASURES
from toolspan.analytics.traces import TABLES

_IDS = (
    "span_id", "parent_span_id", "root_span_id", "parent_unit_id", "agent_run_id", "step_id",
    "workflow_run_id", "tool_call_span_id", "failed_span_id", "parent_agent_run_id",
)  # fmt: skip
# Columns that tests of the model leave out unless they ask: the same in nearly every row.
_PLUMBING = ("service_name", "scope_name", "dialect", "session_key", "trace_id", "root_span_id")


def whole(
    traces: Traces, table: str, order: str = "start_time, span_id", *, without: tuple[str, ...] = ()
) -> list[dict[str, Any]]:
    """Every row of a table with all it says: times in ms after the start, ids as numbers.

    What is not said (null), and the columns in `without` and those of plumbing, are left out.
    """
    return [
        {
            key: _plain(key, value)
            for key, value in row.items()
            if value is not None and key not in (*_PLUMBING, *without)
        }
        for row in traces.sql_records(f"SELECT * FROM {table} ORDER BY {order}")
    ]


def columns(
    traces: Traces, table: str, *names: str, order: str = "start_time, span_id"
) -> list[tuple[Any, ...]]:
    """Some columns of every row, in the same plain form."""
    rows = traces.sql_records(f"SELECT {', '.join(names)} FROM {table} ORDER BY {order}")
    return [tuple(_plain(key, value) for key, value in row.items()) for row in rows]


def everything(traces: Traces) -> dict[str, list[str]]:
    """All rows of all tables and measures, in an order of their own."""
    tables = {name: _sorted(traces.table_records(name)) for name in TABLES}
    return {**tables, **{f"measure {name}": _sorted(traces.records(name)) for name in MEASURES}}


def _sorted(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(repr(sorted(row.items())) for row in rows)


def _plain(key: str, value: Any) -> Any:
    if key in _IDS and isinstance(value, str):
        return int(value, 16)
    if isinstance(value, datetime):
        return round(value.timestamp() * 1e3 - START_NS / 1e6, 3)
    return value
