"""The verbs that print a measure: `toolspan tools`, `agents`, `models`, ..."""

from collections.abc import Mapping
from typing import Any

from toolspan.analytics.cli._measure_verb import MeasureVerb
from toolspan.analytics.output import Column, clean, count, duration, interval, moment, percent
from toolspan.analytics.output import number as money

NOT_IN_RATE = ("cancelled", "interrupted", "denied", "abandoned")
EVERY = ("minute", "hour", "day", "week", "month")


def failures(record: Mapping[str, Any]) -> str:
    """How the failures and what is outside the rate divide."""
    kinds = ("error", "tool_error", "timeout", *NOT_IN_RATE)
    return ", ".join(f"{record[kind]} {kind}" for kind in kinds if record[kind])


def text(title: str, key: str, weight: int = 5) -> Column:
    """A column of text."""
    return Column(title, lambda r: clean(r[key] or ""), is_number=False, weight=weight)


SUCCESS = (
    Column("success", lambda r: percent(r["success_rate"]), weight=8),
    Column(
        "95 % interval", lambda r: interval(r["success_rate_low"], r["success_rate_high"]), weight=4
    ),
)
LATENCY = (
    Column("p50", lambda r: duration(r["p50_ms"]), weight=6),
    Column("p95", lambda r: duration(r["p95_ms"]), weight=7),
)
SESSIONS = Column("sessions", lambda r: count(r["sessions"]), weight=3)
HOW = Column("did not end ok", failures, is_number=False, weight=5)
NOTE = text("note", "note", 1)
COST = Column("cost", lambda r: money(r["cost"]), weight=3)
ALL = {
    "--all": {
        "action": "store_true",
        "dest": "with_pseudo",
        "help": "include plumbing of frameworks, such as final_answer",
    }
}

tools = MeasureVerb(
    "tools",
    "Calls, failures, latency, retries, fallbacks and cost of each tool.",
    "none describes a tool call",
    (
        Column("calls", lambda r: count(r["calls"]), weight=9),
        *SUCCESS,
        *LATENCY,
        Column("max", lambda r: duration(r["max_ms"]), weight=2),
        Column("of session time", lambda r: percent(r["session_time_share"]), weight=2),
        Column("retried", lambda r: count(r["retried_calls"]) if r["retried_calls"] else ""),
        SESSIONS,
        HOW,
        NOTE,
    ),
    keys=(("tool_name", "tool"),),
    options=ALL,
)

agents = MeasureVerb(
    "agents",
    "Runs, failures and latency of each agent, and how its own calls went.",
    "none describes an agent run",
    (
        Column("runs", lambda r: count(r["runs"]), weight=9),
        *SUCCESS,
        *LATENCY,
        Column("tool calls", lambda r: count(r["tool_calls"]), weight=5),
        Column("of them ok", lambda r: percent(r["tool_success_rate"]), weight=5),
        Column("LLM calls", lambda r: count(r["llm_calls"]), weight=2),
        COST,
        SESSIONS,
        HOW,
        NOTE,
    ),
    keys=(("agent_name", "agent"),),
)

workflows = MeasureVerb(
    "workflows",
    "Runs, failures and latency of each workflow.",
    "none describes a workflow run",
    (
        Column("runs", lambda r: count(r["runs"]), weight=9),
        *SUCCESS,
        *LATENCY,
        Column("roots lost", lambda r: count(r["lost_roots"]) if r["lost_roots"] else ""),
        SESSIONS,
        Column(
            "did not end ok", lambda r: failures(r) if r["runs"] else "", is_number=False, weight=5
        ),
        NOTE,
    ),
    keys=(("workflow_name", "workflow"),),
)

steps = MeasureVerb(
    "steps",
    "Runs, failures and latency of each step of each workflow, in their order.",
    "none describes a workflow step",
    (
        Column("runs", lambda r: count(r["runs"]), weight=9),
        *SUCCESS,
        *LATENCY,
        SESSIONS,
        HOW,
        NOTE,
    ),
    keys=(("workflow_name", "workflow"), ("step_name", "step")),
)

models = MeasureVerb(
    "models",
    "Calls, failures, latency, tokens and reported cost of each model.",
    "none describes an LLM call",
    (
        Column("calls", lambda r: count(r["calls"]), weight=9),
        *SUCCESS,
        *LATENCY,
        Column("tokens in", lambda r: count(r["input_tokens"]), weight=6),
        Column("out", lambda r: count(r["output_tokens"]), weight=6),
        COST,
        SESSIONS,
        HOW,
        NOTE,
    ),
    keys=(("model", "model"),),
)

servers = MeasureVerb(
    "servers",
    "Calls through each MCP server, seen from the agent, the client and the server.",
    "none describes a call through an MCP server",
    (
        Column("calls", lambda r: count(r["calls"]), weight=9),
        Column("tools", lambda r: count(r["tools"]), weight=3),
        *SUCCESS,
        *LATENCY,
        Column("p95 client", lambda r: duration(r["client_p95_ms"]), weight=3),
        Column("p95 server", lambda r: duration(r["server_p95_ms"]), weight=3),
        HOW,
        NOTE,
    ),
    keys=(("mcp_server", "server"),),
)

errors = MeasureVerb(
    "errors",
    "Failed calls by tool, error type and message, numbers and names taken out of it.",
    "no call failed",
    (
        Column("count", lambda r: count(r["count"]), weight=9),
        text("error type", "error_type", 7),
        text("message", "message", 6),
        SESSIONS,
        Column("last seen", lambda r: moment(r["last_time"]), weight=4),
        text("example session", "example_session_id", 1),
    ),
    keys=(("tool_name", "tool"),),
)

sessions = MeasureVerb(
    "sessions",
    "Each session: outcome, duration, calls, tokens, cost. One in detail: toolspan session ID.",
    "none belongs to a session",
    (
        text("session", "session_key", 9),
        text("workflow", "workflow_name", 4),
        text("outcome", "outcome", 8),
        Column("began", lambda r: moment(r["start_time"]), weight=5),
        Column("took", lambda r: duration(r["duration_ms"]), weight=7),
        Column("tool calls", lambda r: count(r["tool_calls"]), weight=6),
        Column("failed", lambda r: count(r["failed_calls"]) if r["failed_calls"] else "", weight=6),
        Column("LLM calls", lambda r: count(r["llm_calls"]), weight=3),
        Column("tokens in", lambda r: count(r["input_tokens"]), weight=2),
        Column("out", lambda r: count(r["output_tokens"]), weight=2),
        COST,
    ),
)

transitions = MeasureVerb(
    "transitions",
    "Which tool is called after which.",
    "no session has two calls",
    (
        text("from", "from_tool", 9),
        text("to", "to_tool", 9),
        Column("count", lambda r: count(r["count"]), weight=8),
        Column("share", lambda r: percent(r["share"]), weight=6),
        Column("after a failure", lambda r: count(r["after_failure"]), weight=3),
        Column("gap p50", lambda r: duration(r["p50_gap_ms"]), weight=3),
        SESSIONS,
    ),
)

loops = MeasureVerb(
    "loops",
    "Three or more calls in a row of one tool with the same arguments.",
    "no loop among them",
    (
        text("session", "session_key", 7),
        text("tool", "tool_name", 9),
        Column("calls", lambda r: count(r["calls"]), weight=9),
        Column("failed", lambda r: count(r["errors"]), weight=5),
        Column("took", lambda r: duration(r["duration_ms"]), weight=4),
        text("agent", "agent_name", 3),
    ),
)

trends = MeasureVerb(
    "trends",
    "Calls, failures, latency, concurrency and growth over time.",
    "none describes a tool call",
    (
        Column("from", lambda r: f"{r['time']:%Y-%m-%d %H:%M}", is_number=False, weight=9),
        Column("calls", lambda r: count(r["calls"]), weight=9),
        Column("growth", lambda r: "" if r["growth"] is None else f"{100 * r['growth']:+.0f} %"),
        Column("failed", lambda r: percent(r["error_rate"]), weight=8),
        *LATENCY,
        Column("most at once", lambda r: count(r["most_at_once"]), weight=3),
        COST,
        SESSIONS,
    ),
    options={
        "--every": {
            "choices": EVERY,
            "default": "day",
            "help": "the stretch of time (default day)",
        }
    },
)
