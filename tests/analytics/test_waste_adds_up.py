"""What went into calls that led nowhere adds up, in the example, in real and in generated data."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.reference import shared
from support.traces import agent, otlp, span, tool, write_lines
from toolspan.analytics import Traces, open_traces

Spans = dict[str, Any]
HASH = "toolspan__tool_call__arguments_hash"
RESULT = "gen_ai__tool__call__result"
FAILED = {"repeated", "looped", "superseded", "tried_again", "given_up"}


def adds_up(traces: Traces) -> None:
    """No call under two reasons, none missing, no part above its whole."""
    tools = {row["tool_name"]: row for row in traces.records("tools")}
    carried = {r["tool_name"]: r["carried_tokens"] for r in traces.records("carried_cost")}
    rows = traces.records("waste")
    for name in {row["tool_name"] for row in rows}:
        (total,) = (r for r in rows if (r["tool_name"], r["reason"]) == (name, "total"))
        parts = [r for r in rows if r["tool_name"] == name and r["reason"] != "total"]
        tool_ = tools[name]
        assert len({part["reason"] for part in parts}) == len(parts) > 0
        assert sum(part["calls"] for part in parts) == total["calls"] <= total["all_calls"]
        for column in ("spent_ms", "cost", "carried_tokens", "carried_cost"):
            known = [part[column] for part in parts if part[column] is not None]
            assert (total[column] is None) == (not known)
            assert sum(known) == pytest.approx(total[column] or 0)
        assert total["all_calls"] == tool_["ok"] + tool_["errors"]
        assert 0 <= (total["spent_ms"] or 0) <= total["all_ms"] + 1e-6
        assert total["all_ms"] <= tool_["duration_ms"] + 1e-6
        assert (total["cost"] or 0) <= (total["all_cost"] or 0) + 1e-9
        assert (total["carried_tokens"] or 0) <= (carried.get(name) or 0) + 1e-6
        retried = sum(part["calls"] for part in parts if part["reason"] == "retried")
        assert retried <= tool_["recovered_calls"]
        for part in [total, *parts]:
            low, share, high = (part[key] for key in ("share_low", "share", "share_high"))
            assert low is None or 0 <= low <= share + 1e-9 <= high + 2e-9
    # Each failure counts under one reason, what ended ok only if it was repeated or retried.
    counted = 0
    for row in traces.records("waste", by="outcome"):
        if row["outcome"] == "ok":
            assert row["reason"] in ("total", "looped", "retried")
        else:
            assert row["reason"] in FAILED | {"total"}
            counted += row["calls"] * (row["reason"] == "total")
    assert counted == sum(row["errors"] for row in tools.values())
    together = {r["reason"]: r for r in traces.records("waste", by="everything")}
    for column in ("calls", "spent_ms"):
        for reason in together:
            amounts = [r[column] or 0 for r in rows if r["reason"] == reason]
            assert sum(amounts) == pytest.approx(together[reason][column] or 0)


@pytest.mark.requirement("analytics.03-wasted")
def test_the_parts_add_up_in_the_example(newsletter: Path) -> None:
    with open_traces(newsletter) as traces:
        adds_up(traces)


@pytest.mark.shared
@pytest.mark.requirement("analytics.03-wasted")
@pytest.mark.parametrize("data", ["tau2-bench/traces.jsonl.gz", "legacy", "collector", "dialects"])
def test_the_parts_add_up_in_real_data(data: str) -> None:
    with open_traces(shared("data", *data.split("/"))) as traces:
        adds_up(traces)


CALL = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["t", "u", "v"]),
        "outcome": st.sampled_from(["ok", "ok", "error", "timeout", "cancelled", "denied"]),
        "arguments": st.sampled_from(["x", "y", None]),
        "result": st.sampled_from(["1", "2", None]),
        "fallback": st.sampled_from([None, None, None, "t", "u"]),
        "inside": st.integers(0, 3),  # how many calls of the same agent it goes on inside of
        "ms": st.integers(1, 100),
        "tries": st.integers(1, 3),
        "cost": st.sampled_from([None, 1.0, 2.5]),
    }
)


def spans_of(session: int, calls: list[dict[str, Any]]) -> list[Spans]:
    """Calls one after the other, or inside the one before: never side by side."""
    common = {"trace": session, "session__id": f"s{session}"}
    first = session * 10_000
    spans = [agent("a", first, ms=1_000_000, **common)]
    open_calls: list[tuple[int, float, float]] = []  # its id, where it has got to, its end
    at = 0.0
    for number, call in enumerate(calls, 1):
        open_calls = open_calls[: call["inside"]]
        me, parent, ms = first + number * 10, first, float(call["ms"])
        start = at
        if open_calls:
            parent, start, end = open_calls[-1]
            ms = min(ms, end - start) / 2
            open_calls[-1] = (parent, start + ms, end)
        else:
            at += ms
        pairs = {
            "toolspan__outcome": call["outcome"],
            HASH: call["arguments"],
            RESULT: call["result"],
            "toolspan__fallback__from": call["fallback"],
            "toolspan__tool__cost__amount": call["cost"],
        }
        pairs = {key: item for key, item in pairs.items() if item is not None}
        spans.append(tool(call["name"], me, parent, at=start, ms=ms, **pairs, **common))
        for try_ in range(1, call["tries"] + 1) if call["tries"] > 1 else ():
            more = {"toolspan__tool_call__layer": "attempt", "toolspan__attempt__number": try_}
            outcome = call["outcome"] if try_ == call["tries"] else "error"
            length = ms / call["tries"]
            spans.append(
                span("attempt", me + try_, me, at=start + length * (try_ - 1), ms=length,
                     toolspan__outcome=outcome, **more, **common)
            )  # fmt: skip
        open_calls.append((me, start, start + ms))
    return spans


SESSIONS = st.lists(st.lists(CALL, min_size=1, max_size=9), min_size=1, max_size=4)
CHECKS = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@pytest.mark.requirement("analytics.03-wasted")
@settings(max_examples=6, deadline=None, suppress_health_check=CHECKS)
@given(sessions=SESSIONS)
def test_the_parts_add_up_whatever_happened(tmp_path: Path, sessions) -> None:
    adds_up_whatever_happened(tmp_path, sessions)


@pytest.mark.slow
@pytest.mark.requirement("analytics.03-wasted")
@settings(max_examples=250, deadline=None, suppress_health_check=CHECKS)
@given(sessions=SESSIONS)
def test_the_parts_add_up_whatever_happened_at_length(tmp_path: Path, sessions) -> None:
    adds_up_whatever_happened(tmp_path, sessions)


def adds_up_whatever_happened(tmp_path: Path, sessions: list[list[dict[str, Any]]]) -> None:
    spans = [each for n, calls in enumerate(sessions, 1) for each in spans_of(n, calls)]
    path = write_lines(tmp_path / "spans.jsonl", otlp(spans))
    with open_traces(path, cache=False) as traces:
        adds_up(traces)
        # No two calls went on side by side, so all of it fits into the time of the outermost.
        (whole,) = traces.sql_records(
            "SELECT coalesce(sum(duration_ms), 0) AS ms FROM tool_calls "
            "WHERE parent_unit_id = agent_run_id"
        )
        spent = [r["spent_ms"] for r in traces.records("waste") if r["reason"] == "total"]
        assert sum(ms or 0 for ms in spent) <= whole["ms"] + 1e-6
