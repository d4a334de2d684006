"""The verbs that print a measure: `toolspan tools`, `agents`, `models`, ..."""

from collections.abc import Mapping
from typing import Any

from toolspan.analytics.cli._measure_verb import MeasureVerb
from toolspan.analytics.output import (
    NOTHING,
    Column,
    clean,
    count,
    duration,
    interval,
    moment,
    percent,
)
from toolspan.analytics.output import number as money

NOT_IN_RATE = ("cancelled", "interrupted", "denied", "abandoned")
EVERY = ("minute", "hour", "day", "week", "month")


def failures(record: Mapping[str, Any]) -> str:
    """How the failures and what is outside the rate divide."""
    kinds = ("error", "tool_error", "timeout", *NOT_IN_RATE)
    return ", ".join(f"{record[kind]} {kind}" for kind in kinds if record[kind])


def text(title: str, key: str, weight: int = 5, shortest: int = 16) -> Column:
    """A column of text."""
    return Column(
        title, lambda r: clean(r[key] or ""), is_number=False, weight=weight, shortest=shortest
    )


def range_of(low: str, high: str) -> Column:
    """The 95 % interval of a length of time."""

    def show(record: Mapping[str, Any]) -> str:
        if record[low] is None or record[high] is None:
            return NOTHING
        return f"{duration(record[low])} to {duration(record[high])}"

    return Column("95 % interval", show, weight=1)


def few(title: str, key: str, weight: int = 3) -> Column:
    """A count that is left blank where it is none."""
    return Column(title, lambda r: count(r[key]) if r[key] else "", weight=weight)


SUCCESS = (
    Column("success", lambda r: percent(r["success_rate"]), weight=8),
    Column(
        "95 % interval", lambda r: interval(r["success_rate_low"], r["success_rate_high"]), weight=7
    ),
)
P95 = Column("p95", lambda r: duration(r["p95_ms"]), weight=8)
LATENCY = (
    Column("p50", lambda r: duration(r["p50_ms"]), weight=6),
    P95,
    range_of("p95_low_ms", "p95_high_ms"),
)
SESSIONS = Column("sessions", lambda r: count(r["sessions"]), weight=4)
HOW = Column("did not end ok", failures, is_number=False, weight=5)
NOTE = text("note", "note", 6)
COST = Column("cost", lambda r: money(r["cost"]), weight=3)
SHARE = Column("of session time", lambda r: percent(r["session_time_share"]), weight=2)
CALLS = Column("calls", lambda r: count(r["calls"]), weight=9)
RUNS = Column("runs", lambda r: count(r["runs"]), weight=9)
TOOL_CALLS = (
    Column("tool calls", lambda r: count(r["tool_calls"]), weight=5),
    Column("of them ok", lambda r: percent(r["tool_success_rate"]), weight=5),
)
TOKENS = (
    Column("tokens in", lambda r: count(r["input_tokens"]), weight=4),
    Column("out", lambda r: count(r["output_tokens"]), weight=4),
)
LEGEND = {
    "little data": "little data: fewer than 20 that ended ok or failed, or fewer than 5 sessions; "
    "read the interval rather than the rate",
}
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
        CALLS,
        *SUCCESS,
        *LATENCY,
        Column("max", lambda r: duration(r["max_ms"]), weight=2),
        SHARE,
        few("retried", "retried_calls"),
        few("fallbacks", "fallback_calls", 1),
        COST,
        SESSIONS,
        HOW,
        NOTE,
    ),
    (
        ("--since 24h", "the last day"),
        ("--by agent_name,tool_name", "each tool of each agent"),
        ("--where error_type=TimeoutError", "only calls that ended so"),
        ("--sort p95_ms --limit 10", "the ten slowest"),
        ("--format csv > tools.csv", "all columns, for a spreadsheet"),
    ),
    keys=(("tool_name", "tool"),),
    options=ALL,
    legend=LEGEND,
)

agents = MeasureVerb(
    "agents",
    "Runs, failures and latency of each agent, its own tool and LLM calls, tokens and cost.",
    "none describes an agent run",
    (
        RUNS,
        *SUCCESS,
        *LATENCY,
        *TOOL_CALLS,
        Column("LLM calls", lambda r: count(r["llm_calls"]), weight=2),
        *TOKENS,
        COST,
        SESSIONS,
        HOW,
        NOTE,
    ),
    (
        ("--where workflow_name=newsletter", "the agents of one workflow"),
        ("--by service.version", "one row for each version of the service"),
    ),
    keys=(("agent_name", "agent"),),
    legend=LEGEND,
)

workflows = MeasureVerb(
    "workflows",
    "Runs, failures and latency of each workflow, their tool and LLM calls, tokens and cost.",
    "none describes a workflow run",
    (
        RUNS,
        *SUCCESS,
        *LATENCY,
        few("roots lost", "lost_roots", 4),
        *TOOL_CALLS,
        *TOKENS,
        COST,
        SESSIONS,
        Column(
            "did not end ok", lambda r: failures(r) if r["runs"] else "", is_number=False, weight=5
        ),
        NOTE,
    ),
    (("--since 7d", "the last week"), ("--by user_id", "one row for each user")),
    keys=(("workflow_name", "workflow"),),
    legend=LEGEND,
)

steps = MeasureVerb(
    "steps",
    "Runs, failures and latency of each step of each workflow, in their order.",
    "none describes a workflow step",
    (RUNS, *SUCCESS, *LATENCY, *TOOL_CALLS, *TOKENS, COST, SHARE, SESSIONS, HOW, NOTE),
    (("--where workflow_name=newsletter", "the steps of one workflow"),),
    keys=(("workflow_name", "workflow"), ("step_name", "step")),
    legend=LEGEND,
)

models = MeasureVerb(
    "models",
    "Calls, failures, latency, tokens and reported cost of each model.",
    "none describes an LLM call",
    (CALLS, *SUCCESS, *LATENCY, *TOKENS, COST, SHARE, SESSIONS, HOW, NOTE),
    (
        ("--by agent_name,model", "which agent uses which"),
        ("--sort output_tokens", "the most talkative first"),
    ),
    keys=(("model", "model"),),
    legend=LEGEND,
)

servers = MeasureVerb(
    "servers",
    "Calls through each MCP server, seen from the agent, the client and the server.",
    "none describes a call through an MCP server",
    (
        CALLS,
        few("tools", "tools"),
        *SUCCESS,
        *LATENCY,
        Column("p95 client", lambda r: duration(r["client_p95_ms"]), weight=3),
        Column("p95 server", lambda r: duration(r["server_p95_ms"]), weight=3),
        few("retried", "retried_calls", 2),
        SESSIONS,
        HOW,
        NOTE,
    ),
    (("--by mcp_server,tool_name", "each tool of each server"),),
    keys=(("mcp_server", "server"),),
    legend=LEGEND,
)

errors = MeasureVerb(
    "errors",
    "Failed calls by tool, error type and message, numbers and names taken out of it.",
    "no call failed",
    (
        Column("count", lambda r: count(r["count"]), weight=9),
        text("error type", "error_type", 7),
        text("message", "message", 8, 32),
        SESSIONS,
        Column("first seen", lambda r: moment(r["first_time"]), weight=3),
        Column("last seen", lambda r: moment(r["last_time"]), weight=6),
        text("example session", "example_session_id", 5),
        text("example", "example", 2, 40),
    ),
    (
        ("--since 1h", "what fails now"),
        ("--by agent_name", "by agent in place of tool"),
        ("--where tool_name=search_web", "of one tool"),
    ),
    keys=(("tool_name", "tool"),),
)

sessions = MeasureVerb(
    "sessions",
    "Each session: outcome, duration, calls, tokens, cost. One in detail: toolspan session ID.\n"
    "Conditions may also be about what happened in it: --where tool_name=search_web.",
    "none belongs to a session",
    (
        text("session", "session_key", 9),
        text("workflow", "workflow_name", 4),
        text("outcome", "outcome", 8),
        Column("began", lambda r: moment(r["start_time"]), weight=5),
        Column("took", lambda r: duration(r["duration_ms"]), weight=7),
        Column("tool calls", lambda r: count(r["tool_calls"]), weight=6),
        few("failed", "failed_calls", 6),
        Column("LLM calls", lambda r: count(r["llm_calls"]), weight=3),
        *TOKENS,
        COST,
    ),
    (
        ("--sort failed_calls --limit 10", "the worst ten"),
        ("--sort start_time --limit 10", "the newest ten"),
        ("--where outcome=error --where tool_name=search_web", "failed ones that used a tool"),
    ),
)

transitions = MeasureVerb(
    "transitions",
    "Which tool is called after which; share: of all calls that followed the first.",
    "no session has two calls",
    (
        text("from", "from_tool", 9),
        text("to", "to_tool", 9),
        Column("count", lambda r: count(r["count"]), weight=8),
        Column("share", lambda r: percent(r["share"]), weight=7),
        Column("95 % interval", lambda r: interval(r["share_low"], r["share_high"]), weight=5),
        few("after a failure", "after_failure"),
        Column("gap p50", lambda r: duration(r["p50_gap_ms"]), weight=3),
        SESSIONS,
    ),
    (
        ("--where tool_name=search_web", "what follows one tool"),
        ("--by agent_name", "of each agent by itself"),
    ),
    keys=(),
)


def tokens(value: float | None) -> str:
    """Tokens, of which there may be parts."""
    return count(None if value is None else round(value))


def _looped(record: Mapping[str, Any]) -> str:
    tools = dict.fromkeys([record["tool_name"], record["other_tool_name"] or record["tool_name"]])
    return ", ".join(clean(tool, 40) for tool in tools)


loops = MeasureVerb(
    "loops",
    "Calls that go round in a circle: the same call three or more times in a row (streak), two "
    "calls in turn (oscillation), or the same again and again with others between (repetition).",
    "no loop among them",
    (
        text("session", "session_key", 7),
        text("kind", "kind", 8),
        Column("tool", _looped, is_number=False, weight=9),
        CALLS,
        few("failed", "errors", 5),
        Column("took", lambda r: duration(r["duration_ms"]), weight=4),
        text("agent", "agent_name", 3),
        Column("began", lambda r: moment(r["start_time"]), weight=2),
    ),
    (
        ("--where agent_name=researcher", "of one agent"),
        ("--sort errors", "those that failed most"),
    ),
)

dead_ends = MeasureVerb(
    "dead_ends",
    "The tools whose call was the last of sessions that failed.",
    "no session failed after a tool call",
    (
        text("tool", "tool_name", 9),
        Column("failed sessions", lambda r: count(r["sessions"]), weight=9),
        Column("of sessions", lambda r: count(r["ended_sessions"]), weight=6),
        Column("share", lambda r: percent(r["share"]), weight=6),
        few("call failed too", "after_failure", 4),
        text("example session", "example_session_key", 5),
    ),
    (("--by workflow_name", "of each workflow by itself"),),
    keys=(),
)

recovery = MeasureVerb(
    "recovery",
    "What came of the second, third, ... attempt of each tool's calls.",
    "no call has a second attempt",
    (
        text("tool", "tool_name", 9),
        Column("attempt", lambda r: count(r["attempt_number"]), weight=9),
        Column("made", lambda r: count(r["made"]), weight=8),
        Column("ended ok", lambda r: percent(r["recovery_rate"]), weight=8),
        Column(
            "95 % interval",
            lambda r: interval(r["recovery_rate_low"], r["recovery_rate_high"]),
            weight=6,
        ),
        Column("waited p50", lambda r: duration(r["p50_waited_ms"]), weight=5),
        Column("waited in all", lambda r: duration(r["waited_ms"]), weight=3),
        Column("took p50", lambda r: duration(r["p50_ms"]), weight=4),
        SESSIONS,
    ),
    (("--where tool_name=fetch_page", "of one tool"),),
    keys=(),
)

retry_ladder = MeasureVerb(
    "retry_ladder",
    "Success by attempt, for tools of which calls were retried, and what retries add.",
    "no call has a second attempt",
    (
        Column("attempt", lambda r: count(r["attempt_number"]), weight=9),
        CALLS,
        Column("success", lambda r: percent(r["success_rate"]), weight=8),
        Column(
            "95 % interval",
            lambda r: interval(r["success_rate_low"], r["success_rate_high"]),
            weight=6,
        ),
        Column("ok by then", lambda r: percent(r["success_so_far"]), weight=8),
        Column("adds p50", lambda r: duration(r["p50_added_ms"]), weight=5),
        Column("adds in all", lambda r: duration(r["added_ms"]), weight=5),
        Column("adds cost", lambda r: money(r["added_cost"]), weight=3),
        SESSIONS,
    ),
    (
        ("--where tool_name=fetch_page", "of one tool"),
        ("--by agent_name", "of the tools of each agent"),
    ),
    keys=(("tool_name", "tool"),),
)
carried_cost = MeasureVerb(
    "carried_cost",
    "Tokens that tools' results and schemas add to later turns of the agents that call them: an "
    "estimate from how the input of LLM calls grows.",
    "no agent run has tool calls and LLM calls with tokens",
    (
        CALLS,
        Column("adds per call", lambda r: tokens(r["mean_added_tokens"]), weight=8),
        Column("adds in all", lambda r: tokens(r["added_tokens"]), weight=6),
        Column("read in all", lambda r: tokens(r["carried_tokens"]), weight=8),
        Column("of input", lambda r: percent(r["carried_share"]), weight=7),
        Column("schema", lambda r: tokens(r["schema_tokens"]), weight=4),
        Column("cost", lambda r: money(r["carried_cost"]), weight=5),
        SESSIONS,
    ),
    (
        ("--by agent_name", "by agent"),
        ("--sort mean_added_tokens --limit 10", "the ten with the longest results"),
    ),
    keys=(("tool_name", "tool"),),
)
repeats = MeasureVerb(
    "repeats",
    "How often a failed call was made again right away, and what came of it.\n"
    "Inferred from the data: the same agent run calls the same tool next.",
    "no call failed",
    (
        Column("failed", lambda r: count(r["errors"]), weight=9),
        Column("repeated", lambda r: count(r["repeated"]), weight=8),
        few("same arguments", "with_same_arguments", 5),
        Column("then ok", lambda r: count(r["recovered"]), weight=6),
        Column("recovered", lambda r: percent(r["recovery_rate"]), weight=8),
        Column(
            "95 % interval",
            lambda r: interval(r["recovery_rate_low"], r["recovery_rate_high"]),
            weight=6,
        ),
        Column("waited p50", lambda r: duration(r["p50_waited_ms"]), weight=4),
        SESSIONS,
    ),
    (("--by agent_name", "which agent tries again"),),
    keys=(("tool_name", "tool"),),
)

fallbacks = MeasureVerb(
    "fallbacks",
    "Which tool stood in for which, and how often that rescued the call.",
    "no call stood in for another",
    (
        text("asked for", "fallback_from", 9),
        text("ran", "tool_name", 9),
        Column("used", lambda r: count(r["used"]), weight=8),
        Column("rescued", lambda r: count(r["rescued"]), weight=7),
        Column("rescue rate", lambda r: percent(r["rescue_rate"]), weight=8),
        Column(
            "95 % interval",
            lambda r: interval(r["rescue_rate_low"], r["rescue_rate_high"]),
            weight=6,
        ),
        SESSIONS,
    ),
    (("--since 7d", "the last week"),),
    keys=(),
)

concurrency = MeasureVerb(
    "concurrency",
    "The most tool calls in flight at one moment, overall and in each session.",
    "none describes a tool call",
    (
        Column("session", lambda r: clean(r["session_key"] or "all"), is_number=False, weight=9),
        Column("most at once", lambda r: count(r["most_at_once"]), weight=9),
        Column("first at", lambda r: moment(r["first_time"]), weight=5),
    ),
    (("--where tool_name=search_web", "of one tool"),),
)

missed_parallelism = MeasureVerb(
    "missed_parallelism",
    "Calls of an agent that ran one after the other and perhaps need not have: between them it\n"
    "neither thought nor fell back. The saving is an upper bound.",
    "no agent made calls one after the other without a thought between",
    (
        text("session", "session_key", 9),
        text("agent", "agent_name", 6),
        text("step", "step_name", 3),
        text("one after the other", "tools", 8, 24),
        Column("calls", lambda r: count(r["calls"]), weight=5),
        Column("saves at most", lambda r: duration(r["saving_ms"]), weight=9),
    ),
    (("--where agent_name=researcher --limit 10", "the largest savings of one agent"),),
)

trends = MeasureVerb(
    "trends",
    "Calls, failures, latency, concurrency and growth over time (UTC).",
    "none describes a tool call",
    (
        CALLS,
        Column(
            "growth",
            lambda r: "" if r["growth"] is None else f"{100 * r['growth']:+.0f} %",
            weight=6,
        ),
        *SUCCESS,
        *LATENCY,
        Column("most at once", lambda r: count(r["most_at_once"]), weight=5),
        COST,
        SESSIONS,
        NOTE,
    ),
    (
        ("--every hour --since 24h", "the last day by the hour"),
        ("--by tool_name --every week", "each tool by the week"),
    ),
    keys=(),
    options={
        "--every": {
            "choices": EVERY,
            "default": "day",
            "help": "the stretch of time (default day)",
        }
    },
    legend=LEGEND,
)
