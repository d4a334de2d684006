"""The verbs toolspan itself brings: for `--help`, and to name the extra a verb needs."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Verb:
    """One line of `toolspan --help`.

    `extra` is the optional dependency group the verb needs, or None for the base install.
    """

    group: str
    summary: str
    extra: str | None = None


GROUPS: Final = ("Record", "Look", "Explain", "Decide", "Move")

# Keyed as in the entry-point group `toolspan.commands`; `a.b` is typed as `toolspan a b`.
VERBS: Final[dict[str, Verb]] = {
    "run": Verb("Record", "run a Python program with its agents and tools recorded"),
    "doctor": Verb("Record", "say what is recorded, what is not, and why"),
    "feedback.add": Verb("Record", "add one rating or check result to a session"),
    "tools": Verb("Look", "calls, failures and latency of each tool", "analytics"),
    "agents": Verb("Look", "runs, failures and latency of each agent", "analytics"),
    "workflows": Verb("Look", "runs, failures and latency of each workflow", "analytics"),
    "steps": Verb("Look", "the same of each step of each workflow", "analytics"),
    "models": Verb("Look", "calls, latency, tokens and cost of each model", "analytics"),
    "servers": Verb("Look", "calls through each MCP server, by layer", "analytics"),
    "sessions": Verb("Look", "each session with its outcome", "analytics"),
    "trends": Verb("Look", "calls and failures over time", "analytics"),
    "status": Verb("Look", "the last hour against the one before", "analytics"),
    "watch": Verb("Look", "what happens now, in the terminal", "analytics"),
    "tool": Verb("Explain", "everything about one tool", "analytics"),
    "session": Verb("Explain", "one session as a waterfall", "analytics"),
    "errors": Verb("Explain", "what the failures are, with examples", "analytics"),
    "transitions": Verb("Explain", "which tool is called after which", "analytics"),
    "loops": Verb("Explain", "calls repeated with the same arguments", "analytics"),
    "dead-ends": Verb("Explain", "the last calls of sessions that failed", "analytics"),
    "recovery": Verb("Explain", "what second and third attempts bring", "analytics"),
    "retry-ladder": Verb("Explain", "success by attempt, and what retries add", "analytics"),
    "carried-cost": Verb("Explain", "tokens that tools add to later turns", "analytics"),
    "waste": Verb("Explain", "what went into calls that led nowhere", "analytics"),
    "repeats": Verb("Explain", "failed calls that were made again", "analytics"),
    "fallbacks": Verb("Explain", "which tool stands in for which", "analytics"),
    "concurrency": Verb("Explain", "the most calls in flight at once", "analytics"),
    "critical-path": Verb("Explain", "whose time the sessions' time is", "analytics"),
    "missed-parallelism": Verb("Explain", "calls that waited for no reason", "analytics"),
    "search": Verb("Explain", "find tool calls", "analytics"),
    "sql": Verb("Explain", "any query over the tables", "analytics"),
    "damage": Verb("Explain", "what could not be read, and where", "analytics"),
    "failed-calls": Verb("Explain", "how failed calls go with failed sessions", "analytics"),
    "costs": Verb("Explain", "what success costs, with a tool and without it", "analytics"),
    "recommend": Verb("Decide", "what to do about tools, and what is to be won", "analytics"),
    "report": Verb("Decide", "one page on what works and what does not", "analytics"),
    "correlate": Verb("Decide", "which tool use goes with good and bad outcomes", "analytics"),
    "compare": Verb("Decide", "is a new run no worse than the one before: a gate", "analytics"),
    "check": Verb("Decide", "thresholds, for gates and alerts", "analytics"),
    "feedback.import": Verb(
        "Move", "bring ratings from Langfuse, Phoenix, MLflow, CSV to the traces", "analytics"
    ),
    "export": Verb("Move", "measures and tables as files", "analytics"),
    "compact": Verb("Move", "traces as a Parquet dataset, to keep and share", "analytics"),
    "send": Verb("Move", "send recorded spans and events to a collector, Jaeger or Tempo"),
}
