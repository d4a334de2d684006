"""The rules by which spans become calls, runs and sessions: a small table for each."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from support.tables import columns
from support.traces import agent, otlp, span, tool, write_lines
from toolspan.analytics import Traces, open_traces

Spans = dict[str, Any]


@contextmanager
def reading(folder: Path, *spans: Spans, scope: str = "my.app") -> Iterator[Traces]:
    with open_traces(write_lines(folder / "spans.jsonl", otlp(spans, scope=scope))) as traces:
        yield traces


def chat(number: int, parent: int | None = None, **more: Any) -> Spans:
    more = {"gen_ai__operation__name": "chat", "gen_ai__request__model": "m", **more}
    return span("chat m", number, parent, kind=3, **more)


def tokens(used_in: int, used_out: int) -> dict[str, int]:
    return {
        "gen_ai__usage__input_tokens": used_in,
        "gen_ai__usage__output_tokens": used_out,
    }


def attempt(number: int, parent: int, try_number: int | None = None, **more: Any) -> Spans:
    if try_number:
        more["toolspan__attempt__number"] = try_number
    return span("attempt t", number, parent, toolspan__tool_call__layer="attempt", **more)


# --- attempts ---------------------------------------------------------------------------------


@pytest.mark.requirement("design.5-fold-attempt-marker")
def test_marked_attempts_are_part_of_their_call(tmp_path: Path) -> None:
    with reading(
        tmp_path,
        tool("t", 1, ms=1000, error="ValueError"),
        attempt(2, 1, 1, at=0, ms=300, error="ConnectionError"),
        attempt(3, 1, 2, at=400, ms=600, error="ValueError"),
    ) as traces:
        assert columns(
            traces, "tool_calls", "span_id", "attempts", "outcome", "error_type", "wasted_retry_ms"
        ) == [(1, 2, "error", "ValueError", 1000.0)]
        assert columns(
            traces, "attempts", "tool_call_span_id", "attempt_number", "waited_ms", "error_type"
        ) == [(1, 1, None, "ConnectionError"), (1, 2, 100.0, "ValueError")]


def test_attempts_without_a_number_are_numbered_by_time(tmp_path: Path) -> None:
    with reading(
        tmp_path, tool("t", 1), attempt(3, 1, at=50), attempt(2, 1, at=0, error="ValueError")
    ) as traces:
        assert columns(traces, "attempts", "span_id", "attempt_number") == [(2, 1), (3, 2)]


def test_a_stated_count_of_attempts_needs_no_spans(tmp_path: Path) -> None:
    with reading(tmp_path, tool("t", 1, toolspan__attempt__count=3)) as traces:
        assert columns(traces, "tool_calls", "attempts", "is_retried") == [(3, True)]
        assert columns(traces, "attempts", "span_id") == []


@pytest.mark.requirement("design.5-fold-attempt-marker")
def test_calls_that_pydantic_ai_marks_as_tried_again_are_one_call(tmp_path: Path) -> None:
    mark = {"pydantic_ai__tool__retry__attempt": 1}
    with reading(
        tmp_path,
        agent("a", 1, ms=900),
        tool("t", 2, 1, at=0, ms=100, error="ModelRetry", **mark),
        tool("t", 3, 1, at=150, ms=50),
        tool("t", 4, 1, at=400, ms=10),
        scope="pydantic-ai",
    ) as traces:
        assert columns(
            traces, "tool_calls", "span_id", "start_time", "end_time", "outcome", "error_type",
            "attempts", "wasted_retry_ms",
        ) == [(2, 0, 200, "ok", None, 2, 150.0), (4, 400, 410, "ok", None, 1, 0.0)]  # fmt: skip
        assert columns(
            traces, "attempts", "span_id", "tool_call_span_id", "attempt_number", "outcome"
        ) == [(2, 2, 1, "error"), (3, 2, 2, "ok")]


@pytest.mark.requirement("design.5-fold-attempt-marker")
def test_later_tries_that_langgraph_tags_are_one_call(tmp_path: Path) -> None:
    kind = {"openinference__span__kind": "TOOL", "tool__name": "t"}
    with reading(
        tmp_path,
        span("t", 1, at=0, error="ValueError", **kind),
        span("t", 2, at=200, **kind, tag__tags='["retry:attempt:2"]'),
        span("t", 3, at=400, **kind),
    ) as traces:
        assert columns(traces, "tool_calls", "span_id", "attempts", "outcome") == [
            (1, 2, "ok"),
            (3, 1, "ok"),
        ]


@pytest.mark.requirement("design.5-inferred-retries", "capability.C-inferred-offline")
def test_repeats_without_a_mark_stay_calls_and_are_rows_of_retries(tmp_path: Path) -> None:
    with reading(
        tmp_path,
        agent("a", 1, ms=900),
        tool("t", 2, 1, at=0, ms=100, error="ValueError", toolspan__tool_call__arguments_hash="h"),
        tool("t", 3, 1, at=150, error="KeyError", toolspan__tool_call__arguments_hash="h"),
        tool("t", 4, 1, at=300, toolspan__tool_call__arguments_hash="i"),
        tool("t", 5, 1, at=500),
        tool("u", 6, 1, at=700, error="ValueError"),
        tool("t", 7, 1, at=800),
    ) as traces:
        assert columns(traces, "tool_calls", "span_id", "attempts") == [
            (number, 1) for number in range(2, 8)
        ]
        assert columns(
            traces, "retries", "failed_span_id", "span_id", "waited_ms", "failed_error_type",
            "outcome", "has_recovered", "has_same_arguments",
        ) == [
            (2, 3, 50.0, "ValueError", "error", False, True),
            (3, 4, 50.0, "KeyError", "ok", True, False),
        ]  # fmt: skip


def test_another_agents_call_is_no_retry(tmp_path: Path) -> None:
    with reading(
        tmp_path,
        agent("a", 1, ms=300),
        agent("b", 2, at=400),
        tool("t", 3, 1, at=0, error="ValueError"),
        tool("t", 4, 2, at=450),
    ) as traces:
        assert columns(traces, "retries", "span_id") == []


# --- folding and layers -----------------------------------------------------------------------


def test_what_describes_a_call_again_is_a_duplicate_layer(tmp_path: Path) -> None:
    with reading(
        tmp_path, tool("t", 1, ms=100), tool("t", 2, 1, ms=90), span("GET", 3, 2, kind=3)
    ) as traces:
        assert columns(traces, "spans", "span_id", "unit", "layer", order="span_id") == [
            (1, "tool", "logical"),
            (2, None, "duplicate"),
            (3, None, None),
        ]


def test_a_recursive_call_that_our_recorder_saw_is_a_call(tmp_path: Path) -> None:
    ours = {"toolspan__tool_call__layer": "logical"}
    with reading(tmp_path, tool("t", 1, **ours), tool("t", 2, 1, **ours)) as traces:
        assert columns(traces, "tool_calls", "span_id", order="span_id") == [(1,), (2,)]


def test_behind_a_server_our_recorders_span_is_the_same_call(tmp_path: Path) -> None:
    ours = {"toolspan__tool_call__layer": "logical"}
    mcp = {"mcp__method__name": "tools/call", "gen_ai__tool__name": "t"}
    with reading(
        tmp_path,
        tool("t", 1, ms=100, **ours),
        span("tools/call t", 2, 1, ms=90, kind=3, **mcp),
        span("tools/call t", 3, 2, ms=80, kind=2, **mcp),
        tool("t", 4, 3, ms=70, **ours),
    ) as traces:
        assert columns(traces, "tool_calls", "span_id", "client_ms", "server_ms") == [
            (1, 90.0, 80.0)
        ]


def test_a_spans_own_outcome_beats_what_its_layers_say(tmp_path: Path) -> None:
    mcp = {"mcp__method__name": "tools/call", "gen_ai__tool__name": "t"}
    with reading(
        tmp_path,
        tool("t", 1, toolspan__outcome="ok"),
        span("tools/call t", 2, 1, kind=3, error="tool_error", **mcp),
    ) as traces:
        assert columns(traces, "tool_calls", "outcome") == [("ok",)]


def test_a_request_that_was_sent_again_counts_by_its_last_try(tmp_path: Path) -> None:
    mcp = {"mcp__method__name": "tools/call", "gen_ai__tool__name": "t"}
    with reading(
        tmp_path,
        tool("t", 1, ms=500),
        span("tools/call t", 2, 1, at=0, kind=3, error="ConnectionError", **mcp),
        span("tools/call t", 3, 1, at=200, kind=3, **mcp),
    ) as traces:
        assert columns(traces, "tool_calls", "outcome", "error_type") == [("ok", None)]


@pytest.mark.requirement("capability.F-once-offline")
def test_three_instrumentations_of_one_call_are_one_call(tmp_path: Path) -> None:
    with reading(
        tmp_path,
        tool("t", 1, ms=100),
        span("t.tool", 2, 1, ms=90, traceloop__span__kind="tool", traceloop__entity__name="t"),
        span("t", 3, 2, ms=80, openinference__span__kind="TOOL", tool__name="t"),
    ) as traces:
        assert columns(traces, "tool_calls", "tool_name", "span_id", "duration_ms") == [
            ("t", 1, 100.0)
        ]


def test_a_layer_that_is_no_call_of_ours_never_stands_alone(tmp_path: Path) -> None:
    with reading(tmp_path, tool("t", 1, toolspan__tool_call__layer="duplicate")) as traces:
        assert columns(traces, "tool_calls", "span_id") == []
        assert columns(traces, "spans", "span_id", "layer") == [(1, "duplicate")]


# --- the same span twice ----------------------------------------------------------------------


@pytest.mark.requirement("design.5-same-span-once")
def test_of_two_deliveries_the_fuller_one_stays_whatever_the_order(tmp_path: Path) -> None:
    early = dict(tool("t", 1), endTimeUnixNano="0")
    late = tool("t", 1, ms=40, toolspan__outcome="timeout")
    for number, order in enumerate(([early, late], [late, early])):
        folder = tmp_path / str(number)
        folder.mkdir()
        for place, item in enumerate(order):
            write_lines(folder / f"{place}.jsonl", otlp([item]))
        with open_traces(folder) as traces:
            assert (traces.summary.spans_delivered, traces.summary.spans) == (2, 1)
            assert columns(traces, "tool_calls", "duration_ms", "outcome") == [(40.0, "timeout")]


def test_the_same_span_id_in_another_trace_is_another_span(tmp_path: Path) -> None:
    with reading(tmp_path, tool("t", 1, trace=1), tool("t", 1, trace=2)) as traces:
        assert traces.summary.spans == 2


# --- tokens and cost --------------------------------------------------------------------------


@pytest.mark.requirement(
    "design.5-tokens-from-deepest", "capability.F-usage-from-leaves", "pain.08-double-counting"
)
def test_nested_model_spans_are_one_call_with_the_deepest_tokens(tmp_path: Path) -> None:
    with reading(
        tmp_path,
        agent("a", 1, ms=900, **tokens(30, 9)),
        chat(2, 1, ms=500, **tokens(20, 6), gen_ai__usage__cost__amount=0.5),
        chat(3, 2, ms=400, **tokens(20, 6)),
        chat(4, 3, ms=300, gen_ai__request__model="m-2026"),
        chat(5, 1, at=600, ms=50, **tokens(10, 3)),
    ) as traces:
        assert columns(
            traces, "llm_calls", "span_id", "duration_ms", "input_tokens", "output_tokens", "cost"
        ) == [(2, 500.0, 20, 6, 0.5), (5, 50.0, 10, 3, None)]
        assert columns(
            traces, "sessions", "input_tokens", "output_tokens", "cost", order="1"
        ) == [(30, 9, 0.5)]  # fmt: skip


def test_two_model_calls_below_one_are_both_counted(tmp_path: Path) -> None:
    with reading(
        tmp_path,
        chat(1, ms=900, **tokens(30, 9)),
        chat(2, 1, at=0, **tokens(10, 3)),
        chat(3, 1, at=500, **tokens(20, 6)),
    ) as traces:
        assert columns(traces, "llm_calls", "span_id", "input_tokens", "output_tokens") == [
            (1, 30, 9)
        ]


@pytest.mark.requirement("design.5-tokens-from-deepest")
def test_an_agents_own_tokens_count_only_where_no_model_call_has_any(tmp_path: Path) -> None:
    with reading(
        tmp_path,
        agent("a", 1, trace=1, session__id="alone", **tokens(30, 9)),
        agent("b", 2, 1, trace=1, **tokens(20, 5)),
        agent("a", 1, trace=2, session__id="both", **tokens(30, 9)),
        chat(2, 1, trace=2, **tokens(7, 3)),
    ) as traces:
        assert columns(
            traces, "sessions", "session_id", "input_tokens", "output_tokens", order="1"
        ) == [("alone", 30, 9), ("both", 7, 3)]


def test_what_nobody_reports_is_unknown_and_not_nought(tmp_path: Path) -> None:
    with reading(tmp_path, chat(1)) as traces:
        assert columns(traces, "llm_calls", "input_tokens", "cost") == [(None, None)]
        assert columns(traces, "sessions", "input_tokens", "cost", order="1") == [(None, None)]


# --- identity ---------------------------------------------------------------------------------


def test_identity_comes_from_above_then_from_anywhere_in_the_trace(tmp_path: Path) -> None:
    with reading(
        tmp_path,
        span("root", 1),
        agent("a", 2, 1, session__id="inner"),
        tool("below", 3, 2),
        tool("beside", 4, 1, at=500, user__id="u"),
    ) as traces:
        assert columns(traces, "tool_calls", "tool_name", "session_id", "user_id") == [
            ("below", "inner", "u"),
            ("beside", "inner", "u"),
        ]


def test_an_own_session_stays_ones_own(tmp_path: Path) -> None:
    with reading(
        tmp_path,
        agent("a", 1, session__id="outer"),
        tool("mine", 2, 1),
        tool("other", 3, 1, at=1, session__id="inner"),
    ) as traces:
        assert columns(traces, "tool_calls", "tool_name", "session_id") == [
            ("mine", "outer"),
            ("other", "inner"),
        ]


def test_of_nested_conversations_the_outermost_counts(tmp_path: Path) -> None:
    with reading(
        tmp_path,
        agent("a", 1, gen_ai__conversation__id="c-1"),
        chat(2, 1, gen_ai__conversation__id="made-up"),
        tool("t", 3, 2),
    ) as traces:
        assert columns(traces, "tool_calls", "session_id", "conversation_id") == [("c-1", "c-1")]


def test_a_session_beats_a_conversation(tmp_path: Path) -> None:
    with reading(
        tmp_path, tool("t", 1, session__id="s-1", gen_ai__conversation__id="c-1")
    ) as traces:
        assert columns(traces, "sessions", "session_id", "conversation_id", order="1") == [
            ("s-1", "c-1")
        ]


def test_without_any_name_a_trace_stands_for_a_session(tmp_path: Path) -> None:
    with reading(tmp_path, tool("t", 1, trace=7), tool("t", 1, trace=8)) as traces:
        assert columns(traces, "sessions", "session_id", "session_key", order="2") == [
            (None, f"{7:032x}"),
            (None, f"{8:032x}"),
        ]


def test_words_for_nothing_name_nobody(tmp_path: Path) -> None:
    with reading(tmp_path, tool("t", 1, session__id="unknown", user__id=" ")) as traces:
        assert columns(traces, "tool_calls", "session_id", "user_id") == [(None, None)]


def test_agent_step_and_workflow_are_the_nearest_above(tmp_path: Path) -> None:
    with reading(
        tmp_path,
        span("w", 1, gen_ai__operation__name="invoke_workflow", gen_ai__workflow__name="w"),
        agent("outer", 2, 1),
        span("step s", 3, 2, toolspan__step__index=0, toolspan__step="s"),
        agent("inner", 4, 3),
        span("http", 5, 4),
        tool("t", 6, 5),
    ) as traces:
        assert columns(
            traces, "tool_calls", "agent_name", "step_name", "workflow_name", "agent_run_id"
        ) == [("inner", "s", "w", 4)]
        assert columns(traces, "agent_runs", "agent_name", "parent_agent_name", order="1") == [
            ("inner", "outer"),
            ("outer", None),
        ]


def test_a_step_of_ours_is_one_without_an_index_too(tmp_path: Path) -> None:
    """The name of a step is on what is in it as well, so that does not tell."""
    inside = {"toolspan__step": "s"}
    spans = (span("step s", 1, **inside), span("http", 2, 1, **inside), tool("t", 3, 1, **inside))
    with reading(tmp_path, *spans, scope="toolspan.instrumentation") as traces:
        assert columns(traces, "workflow_steps", "step_name", "span_id") == [("s", 1)]
        assert columns(traces, "tool_calls", "step_name") == [("s",)]


def test_where_the_spans_above_are_lost_the_stamps_stand_in(tmp_path: Path) -> None:
    stamps = {
        "toolspan__workflow": "w",
        "toolspan__agent": "a",
        "toolspan__step": "s",
        "session__id": "s-1",
    }
    with reading(tmp_path, tool("t", 2, 99, **stamps)) as traces:
        assert columns(
            traces, "tool_calls", "agent_name", "step_name", "workflow_name", "session_id"
        ) == [("a", "s", "w", "s-1")]
        assert columns(traces, "spans", "depth", "parent_span_id") == [(0, 99)]
        assert columns(traces, "sessions", "outcome", "workflow_name", order="1") == [
            ("unknown", "w")
        ]
        (workflow,) = traces.records("workflows")
        assert (workflow["workflow_name"], workflow["runs"], workflow["lost_roots"]) == ("w", 0, 1)


def test_a_tool_without_an_agent_has_none(tmp_path: Path) -> None:
    with reading(
        tmp_path, span("t", 1, openinference__span__kind="TOOL", traceloop__entity__name="t")
    ) as traces:
        assert columns(traces, "tool_calls", "tool_name", "agent_name", "step_name") == [
            ("t", None, None)
        ]


def test_a_run_seen_from_both_sides_of_a_lost_link_is_one_run(tmp_path: Path) -> None:
    with reading(
        tmp_path,
        agent("helm-agent", 1, at=0, ms=1000),
        agent("helm_agent", 2, 99, at=100, ms=800),
        tool("t", 3, 2, at=200),
    ) as traces:
        assert columns(traces, "agent_runs", "span_id") == [(2,)]


# --- sessions ---------------------------------------------------------------------------------


def test_a_session_of_several_traces_ends_as_its_last_run(tmp_path: Path) -> None:
    with reading(
        tmp_path,
        agent("a", 1, trace=1, at=0, session__id="s", error="ValueError"),
        agent("a", 1, trace=2, at=500, ms=250, session__id="s"),
    ) as traces:
        assert columns(
            traces, "sessions", "outcome", "traces", "start_time", "end_time", order="1"
        ) == [("ok", 2, 0, 750)]


# --- pseudo tools -----------------------------------------------------------------------------


@pytest.mark.requirement("design.5-pseudo-tools-exact", "design.5-pseudo-tools-footnote")
def test_plumbing_is_told_by_scope_and_exact_name_and_kept_apart(tmp_path: Path) -> None:
    write_lines(
        tmp_path / "spans.jsonl",
        otlp([tool("final_answer", 1), tool("final_answers", 2)], scope="openinference.instrumentation.smolagents"),
        otlp([tool("final_answer", 3)], scope="my.app"),
    )  # fmt: skip
    with open_traces(tmp_path) as traces:
        assert columns(traces, "tool_calls", "span_id", "is_pseudo", order="span_id") == [
            (1, True),
            (2, False),
            (3, False),
        ]
        names = [(row["tool_name"], row["calls"]) for row in traces.records("tools")]
        assert sorted(names) == [("final_answer", 1), ("final_answers", 1)]
        assert traces.pseudo_tools() == {"final_answer": 1}
        every = traces.records("tools", with_pseudo=True)
        assert {row["tool_name"]: row["calls"] for row in every}["final_answer"] == 2


# --- files of several origins -----------------------------------------------------------------


@pytest.mark.requirement("analytics.quality-mixed")
def test_places_of_one_fact_may_differ_in_type_between_origins(tmp_path: Path) -> None:
    """A cost as a number here, as JSON text there; a count as text; an outcome by presence."""
    write_lines(
        tmp_path / "a.jsonl",
        otlp([chat(1, trace=1, gen_ai__usage__cost=0.25, gen_ai__usage__input_tokens="12")]),
        otlp([chat(1, trace=2, gen_ai__usage__input_cost="0.5", gen_ai__usage__output_cost=0.125)]),
        otlp([
            span("answer", 1, trace=3, langfuse__observation__type="generation",
                 langfuse__observation__cost_details='{"total": 1.5}',
                 langfuse__observation__usage_details='{"input": 7, "output": 1}')
        ]),
        otlp([tool("t", 1, trace=4, pydantic_ai__tool__deferral__id="x")], scope="pydantic-ai"),
        otlp([tool("t", 1, trace=5, toolspan__outcome="denied", gen_ai__usage__cost="much")]),
    )  # fmt: skip
    with open_traces(tmp_path) as traces:
        assert columns(traces, "llm_calls", "cost", "input_tokens", order="trace_id") == [
            (0.25, 12),
            (0.625, None),
            (1.5, 7),
        ]
        assert columns(traces, "tool_calls", "outcome", order="trace_id") == [
            ("interrupted",),
            ("denied",),
        ]
