"""Which measures there are, and what each counts."""

from dataclasses import dataclass


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
