"""One tool and one session, looked at closely; printable in a terminal and in a notebook."""

import html
from typing import TYPE_CHECKING, Any

from toolspan.analytics.engine import literal
from toolspan.analytics.errors import UsageError
from toolspan.analytics.measures import conditions
from toolspan.analytics.output import (
    clean,
    count,
    duration,
    interval,
    moment,
    number,
    percent,
    waterfall,
)

if TYPE_CHECKING:
    import pandas as pd

    from toolspan.analytics._traces import Traces, Where


class _View:
    """Text in a terminal, the same text in a notebook."""

    def text(self) -> str:
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
        self._where = [f"tool_name={name}"]
        self._more = where
        self.name = name
        found = [
            record
            for record in traces.records("tools", where=where, with_pseudo=True)
            if record["tool_name"] == name
        ]
        if not found:
            tools = [record["tool_name"] for record in traces.records("tools", with_pseudo=True)]
            raise UsageError(f"no call of a tool {name!r}{_nearest(name, tools)}")
        self.numbers: dict[str, Any] = found[0]
        if conditions(where):
            self._where += [where] if isinstance(where, str) else list(where or ())

    def calls(self) -> "pd.DataFrame":
        """Its calls, the newest first."""
        return self._traces.search(where=self._where, limit=None)

    def errors(self) -> "pd.DataFrame":
        """What its failures are."""
        return self._traces.errors(where=self._where)

    def recovery(self) -> "pd.DataFrame":
        """What came of its second, third, ... attempts."""
        return self._traces.recovery(where=f"tool_name={self.name}")

    def trend(self, every: str = "day") -> "pd.DataFrame":
        """Its calls over time."""
        return self._traces.trends(every, where=self._where)

    def text(self) -> str:
        """What there is to say about it, in a few lines."""
        n = self.numbers
        lines = [
            clean(self.name),
            f"  calls      {count(n['calls'])} in {count(n['sessions'])} sessions",
            f"  time       {moment(n['first_time'])} to {moment(n['last_time'])}",
            f"  success    {percent(n['success_rate'])}, likely "
            f"{interval(n['success_rate_low'], n['success_rate_high'])}"
            + (f" ({n['note']})" if n["note"] else ""),
            f"  latency    p50 {duration(n['p50_ms'])}, p95 {duration(n['p95_ms'])}",
            f"  share      {percent(n['session_time_share'])} of session time",
        ]
        if n["retried_calls"]:
            lines.append(
                f"  retries    {count(n['retried_calls'])} calls retried, "
                f"{percent(n['recovery_rate'])} recovered, {duration(n['wasted_retry_ms'])} lost"
            )
        if n["fallback_calls"]:
            lines.append(
                f"  fallback   stood in {count(n['fallback_calls'])} times, "
                f"rescued {percent(n['rescue_rate'])}"
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
        around = self._traces.records("transitions")
        before = [(t["from_tool"], t["count"]) for t in around if t["to_tool"] == self.name]
        after = [(t["to_tool"], t["count"]) for t in around if t["from_tool"] == self.name]
        for title, found in (("after", before), ("then", after)):
            if found:
                named = ", ".join(f"{clean(tool, 40)} {calls}" for tool, calls in found[:6])
                lines.append(f"  {title:<10} {named}")
        return "\n".join(lines)


class SessionView(_View):
    """One session.

    Attributes:
        session_id: of the session.
        numbers: its row of the measure `sessions`.
    """

    def __init__(self, traces: "Traces", session_id: str) -> None:
        self._traces = traces
        self.session_id = session_id
        found = traces.records("sessions", where={"session_key": session_id})
        if not found:
            near = traces.sql_records(
                "SELECT session_key FROM sessions ORDER BY "
                f"jaro_winkler_similarity(session_key, {literal(session_id)}) DESC LIMIT 3"
            )
            keys = [row["session_key"] for row in near]
            raise UsageError(f"no session {session_id!r}{_nearest(session_id, keys)}")
        self.numbers: dict[str, Any] = found[0]

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

    def text(self) -> str:
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
        return "\n".join([*lines, "", self.waterfall()])


def _nearest(wanted: str, names: list[str]) -> str:
    import difflib  # only for a typing mistake

    close = difflib.get_close_matches(wanted, names, n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(map(repr, close))}?" if close else ""
