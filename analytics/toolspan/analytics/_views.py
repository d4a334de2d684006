"""One tool and one session, looked at closely; printable in a terminal and in a notebook."""

import html
import re
from typing import TYPE_CHECKING, Any

from toolspan.analytics.engine import literal
from toolspan.analytics.errors import UsageError, close_to
from toolspan.analytics.measures import Condition, conditions
from toolspan.analytics.output import (
    clean,
    count,
    duration,
    interval,
    moment,
    number,
    percent,
    times,
    waterfall,
)

if TYPE_CHECKING:
    import pandas as pd

    from toolspan.analytics.measures import Where
    from toolspan.analytics.traces import Traces


OUTCOMES = (
    "ok",
    "error",
    "tool_error",
    "timeout",
    "cancelled",
    "interrupted",
    "denied",
    "abandoned",
)
PERCENTILES = ("p50", "p90", "p95", "p99")
# So many characters of a session's id stand for it, if no other begins so.
PREFIX = 4


class _View:
    """Text in a terminal, the same text in a notebook."""

    def text(self, width: int | None = None) -> str:
        raise NotImplementedError

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self.text())}</pre>"


class ToolView(_View):
    """One tool.

    Attributes:
        name: of the tool.
        numbers: its row of the measure `tools`.
    """

    def __init__(self, traces: "Traces", name: str, where: "Where" = None) -> None:
        self._traces = traces
        self._where = (*conditions({"tool_name": name}), *conditions(where))
        self.name = name
        found = traces.records("tools", where=self._where, with_pseudo=True)
        if not found:
            tools = [record["tool_name"] for record in traces.records("tools", with_pseudo=True)]
            raise UsageError(f"no call of a tool {name!r}{close_to(name, tools)}")
        self.numbers: dict[str, Any] = found[0]

    def calls(self) -> "pd.DataFrame":
        """Its calls, the newest first."""
        return self._traces.search(where=self._where, limit=None)

    def errors(self) -> "pd.DataFrame":
        """What its failures are."""
        return self._traces.errors(where=self._where)

    def recovery(self) -> "pd.DataFrame":
        """What came of its second, third, ... attempts."""
        return self._traces.recovery(where={"tool_name": self.name})

    def repeats(self) -> "pd.DataFrame":
        """How often it was called again right after it had failed."""
        return self._traces.repeats(where=self._where)

    def trend(self, every: str = "day") -> "pd.DataFrame":
        """Its calls over time."""
        return self._traces.trends(every, where=self._where)

    def text(self, width: int | None = None) -> str:  # noqa: ARG002 lines here have no width
        """What there is to say about it, in a few lines."""
        n = self.numbers
        low, high = n["success_rate_low"], n["success_rate_high"]
        note = f" ({n['note']})" if n["note"] else ""
        percentiles = ", ".join(_percentile(n, which) for which in PERCENTILES)
        likely = "" if low is None else f", likely {interval(low, high)}"
        lines = [
            clean(self.name),
            f"  calls      {count(n['calls'])} in {count(n['sessions'])} sessions",
            f"  time       {moment(n['first_time'])} to {moment(n['last_time'])}",
            f"  success    {percent(n['success_rate'])}{likely}{note}",
            f"  latency    {percentiles}, max {duration(n['max_ms'])}",
        ]
        if n["latency_note"]:
            lines.append(f"             {n['latency_note']}")
        lines.append(f"  share      {percent(n['session_time_share'])} of session time")
        ended = ", ".join(f"{count(n[kind])} {kind}" for kind in OUTCOMES if n[kind])
        lines.append(f"  ended      {ended}")
        if n["retried_calls"]:
            lines.append(
                f"  retries    {count(n['retried_calls'])} calls retried, "
                f"{percent(n['recovery_rate'])} recovered, {duration(n['wasted_retry_ms'])} lost"
            )
            lines += [
                f"             attempt {each['attempt_number']}: {count(each['made'])} made, "
                f"{percent(each['recovery_rate'])} ended ok"
                for each in self._traces.records("recovery", where={"tool_name": self.name})
            ]
        if n["fallback_calls"]:
            lines.append(
                f"  fallback   stood in {times(n['fallback_calls'])}, "
                f"rescued {percent(n['rescue_rate'])}"
            )
        again = self._traces.records("repeats", where=self._where)
        if again and again[0]["repeated"]:
            lines.append(
                f"  repeated   {count(again[0]['repeated'])} of {count(again[0]['errors'])} "
                f"failures right away, {percent(again[0]['recovery_rate'])} then ended ok"
            )
        if n["cost"] is not None:
            lines.append(f"  cost       {number(n['cost'])}")
        failed = self._traces.records("errors", where=self._where)
        if failed:
            lines.append("  failures")
        lines += [
            f"    {count(error['count']):>5}  {clean(error['error_type'], 40)}: "
            f"{clean(error['message'] or '', 80)}"
            for error in failed[:8]
        ]
        if len(failed) > 8:
            lines.append(f"           and {len(failed) - 8} more kinds: toolspan errors")
        pairs = self._traces.records("transitions")
        before = [
            (pair["from_tool"], pair["count"]) for pair in pairs if pair["to_tool"] == self.name
        ]
        then = [
            (pair["to_tool"], pair["count"]) for pair in pairs if pair["from_tool"] == self.name
        ]
        for title, found in (("after", before), ("then", then)):
            if found:
                named = ", ".join(f"{clean(tool, 40)} {count(calls)}" for tool, calls in found[:4])
                more = f" and {len(found) - 4} more" if len(found) > 4 else ""
                lines.append(f"  {title:<10} {named}{more}")
        return "\n".join(lines)


def _percentile(numbers: dict[str, Any], which: str) -> str:
    text = f"{which} {duration(numbers[f'{which}_ms'])}"
    low, high = numbers[f"{which}_low_ms"], numbers[f"{which}_high_ms"]
    return text if low is None or high is None else f"{text} ({duration(low)} to {duration(high)})"


class SessionView(_View):
    """One session.

    Attributes:
        session_id: of the session; where none is named, the id of its trace.
        numbers: its row of the measure `sessions`.
    """

    def __init__(self, traces: "Traces", session_id: str) -> None:
        self._traces = traces
        found = traces.records("sessions", where={"session_key": session_id})
        if not found and len(session_id) >= PREFIX:
            found = traces.records(
                "sessions", where=Condition("session_key", "~", f"^{re.escape(session_id)}")
            )
            if len(found) > 1:
                raise UsageError(
                    f"{len(found)} sessions begin with {session_id!r}: "
                    + ", ".join(each["session_key"] for each in found[:5])
                )
        if not found:
            near = traces.sql_records(
                "SELECT session_key FROM sessions ORDER BY "
                f"jaro_winkler_similarity(session_key, {literal(session_id)}) DESC LIMIT 3"
            )
            keys = [row["session_key"] for row in near]
            raise UsageError(f"no session {session_id!r}{close_to(session_id, keys)}")
        self.numbers: dict[str, Any] = found[0]
        self.session_id: str = found[0]["session_key"]

    def calls(self) -> "pd.DataFrame":
        """Its tool calls, the newest first."""
        return self._traces.search(where={"session_key": self.session_id}, limit=None)

    def feedback(self) -> "pd.DataFrame":
        """What was said about it."""
        return self._traces.sql(
            f"SELECT * FROM feedback WHERE session_key = {literal(self.session_id)}"
            " ORDER BY time, score_name"
        )

    def waterfall(self, width: int = 100) -> str:
        """Its units as a tree with bars on one axis of time."""
        units = self._traces.sql_records(
            f"""
            SELECT
                concat(s.trace_id, s.span_id) AS span_key,
                concat(s.trace_id, s.parent_unit_id) AS parent_unit_key,
                s.unit, s.start_ns, s.end_ns,
                coalesce(call.outcome, s.outcome) AS outcome,
                coalesce(call.error_type, s.error_type) AS error_type, call.attempts,
                CASE s.unit
                    WHEN 'tool' THEN s.tool_name WHEN 'pseudo' THEN s.tool_name
                    WHEN 'agent' THEN s.agent_name WHEN 'workflow' THEN s.workflow_name
                    WHEN 'step' THEN s.step_name ELSE coalesce(s.model, s.name) END AS label
            FROM span_rows AS s
            LEFT JOIN tool_call_rows AS call
                ON call.trace_key = s.trace_key AND call.span_key = s.span_key
            WHERE s.session_key = {literal(self.session_id)} AND s.unit IS NOT NULL
            """
        )
        return waterfall(units, width=width)

    def text(self, width: int | None = None) -> str:
        """What there is to say about it, and the waterfall."""
        n = self.numbers
        tokens = ""
        if n["input_tokens"] is not None:
            tokens = f", {count(n['input_tokens'])} + {count(n['output_tokens'])} tokens"
        cost = "" if n["cost"] is None else f", cost {number(n['cost'])}"
        said = self._traces.sql_records(
            "SELECT score_name, value, label, source_kind FROM feedback "
            f"WHERE session_key = {literal(self.session_id)} AND NOT is_superseded "
            "ORDER BY score_name, source_kind"
        )
        scores = ", ".join(
            f"{clean(s['score_name'], 40)} "
            f"{number(s['value']) if s['value'] is not None else clean(s['label'] or '')}"
            f" ({clean(s['source_kind'] or 'unknown', 20)})"
            for s in said
        )
        when = f"{duration(n['duration_ms'])} from {moment(n['start_time'])}"
        calls = f"{count(n['tool_calls'])} tool calls ({count(n['failed_calls'])} failed)"
        models = f"{count(n['llm_calls'])} LLM calls{tokens}{cost}"
        lines = [f"{clean(self.session_id)}: {n['outcome']}, {when}", f"{calls}, {models}"]
        if scores:
            lines.append(f"feedback: {scores}")
        return "\n".join([*lines, "", self.waterfall(width or 100)])
