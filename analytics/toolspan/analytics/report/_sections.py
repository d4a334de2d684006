"""The tables of the report, as text and Markdown show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from toolspan.analytics.output import Column, count, duration, interval, number, percent

if TYPE_CHECKING:
    from toolspan.analytics.report._facts import Facts

Record = Mapping[str, Any]

SIGNS: Final = {"bad": "✗", "warn": "!", "unsure": "?", "ok": "✓"}
MOST_ROWS: Final = 30


@dataclass(frozen=True, slots=True)
class Section:
    """One table.

    Attributes:
        title: what it is about.
        records: its rows.
        columns: what is shown of them.
        more: how many rows were left out, and the command that prints them all.
    """

    title: str
    records: Sequence[Record]
    columns: Sequence[Column]
    more: str = ""


def sections(facts: "Facts") -> list[Section]:
    """Every table for which there is something to show."""
    found = [
        _section("Tools", facts.tools, TOOLS, "tools"),
        _section("Agents", facts.agents, AGENTS, "agents"),
        _section("Workflows", facts.workflows, WORKFLOWS, "workflows"),
        _section("Models", facts.models, MODELS, "models"),
        _section("Commonest failures", facts.errors, ERRORS, "errors"),
        _section("Tool use and scores (no causes)", _told(facts), FINDINGS, "correlate"),
        _section("Feedback (never pooled)", facts.feedback, FEEDBACK, "report --html FILE"),
    ]
    return [section for section in found if section.records]


def _section(
    title: str, records: Sequence[Record], columns: Sequence[Column], verb: str
) -> Section:
    left = len(records) - MOST_ROWS
    more = f"{left} more: toolspan {verb}" if left > 0 else ""
    return Section(title, records[:MOST_ROWS], columns, more)


def _told(facts: "Facts") -> list[Record]:
    return [row for row in facts.findings.records if row["verdict"] != "not enough data"]


def _name(title: str, key: str) -> Column:
    return Column(title, lambda r: str(r[key] or "(none)"), is_number=False, weight=9)


def _source(record: Record) -> str:
    parts = (record["source_kind"], record["source_id"], record["evaluator_version"])
    return " · ".join(str(part) for part in parts if part) or "unknown"


_CALLS = Column("calls", lambda r: count(r["calls"]), weight=8)
_RUNS = Column("runs", lambda r: count(r["runs"]), weight=8)
_SUCCESS = Column("success", lambda r: percent(r["success_rate"]), weight=7)
_INTERVAL = Column(
    "95 % interval", lambda r: interval(r["success_rate_low"], r["success_rate_high"]), weight=6
)
_P50 = Column("p50", lambda r: duration(r["p50_ms"]), weight=4)
_P95 = Column("p95", lambda r: duration(r["p95_ms"]), weight=5)
_SESSIONS = Column("sessions", lambda r: count(r["sessions"]), weight=3)

TOOLS = (
    Column("", lambda r: SIGNS[r["level"]], is_number=False, weight=9),
    _name("tool", "tool_name"),
    _CALLS,
    _SUCCESS,
    _INTERVAL,
    _P50,
    _P95,
    Column("retried", lambda r: count(r["retried_calls"]), weight=2),
    _SESSIONS,
)
AGENTS = (
    _name("agent", "agent_name"),
    _RUNS,
    _SUCCESS,
    _INTERVAL,
    _P50,
    _P95,
    Column("tool calls", lambda r: count(r["tool_calls"]), weight=2),
    Column("of them ok", lambda r: percent(r["tool_success_rate"]), weight=1),
)
WORKFLOWS = (_name("workflow", "workflow_name"), _RUNS, _SUCCESS, _INTERVAL, _P50, _P95, _SESSIONS)
MODELS = (
    _name("model", "model"),
    _CALLS,
    _P50,
    _P95,
    Column("tokens in", lambda r: count(r["input_tokens"]), weight=3),
    Column("tokens out", lambda r: count(r["output_tokens"]), weight=3),
    Column("cost", lambda r: number(r["cost"]), weight=4),
)
ERRORS = (
    _name("tool", "tool_name"),
    Column("error", lambda r: r["error_type"], is_number=False, weight=8),
    Column("message", lambda r: (r["message"] or "")[:60], is_number=False, weight=2),
    Column("times", lambda r: count(r["count"]), weight=7),
    _SESSIONS,
)
FINDINGS = (
    _name("tool", "exposure"),
    _name("score", "score_name"),
    Column("verdict", lambda r: r["verdict"], is_number=False, weight=8),
    Column("difference", lambda r: number(r["difference"]), weight=7),
    Column(
        "95 % interval",
        lambda r: f"{number(r['ci_low'])} to {number(r['ci_high'])}",
        weight=6,
    ),
    Column("used", lambda r: count(r["n_used"]), weight=3),
    Column("not used", lambda r: count(r["n_unused"]), weight=3),
)
FEEDBACK = (
    _name("score", "score_name"),
    Column("source", _source, is_number=False, weight=5),
    _SESSIONS,
    Column("mean", lambda r: number(r["mean"]), weight=7),
    Column("unmatched", lambda r: count(r["unmatched"]), weight=2),
)
