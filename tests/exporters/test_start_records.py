"""On request spans are written when they start, too: running and killed calls can be seen."""

import signal
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import Span, SpanProcessor, TracerProvider

from support.otlp_protobuf import traces_messages
from support.programs import run_program
from support.spans import otlp_json_spans
from toolspan.exporters import attach
from toolspan.exporters.files import FileName


class Stamp(SpanProcessor):
    def on_start(self, span: Span, parent_context: object = None) -> None:
        span.set_attribute("session.id", "s")


def test_a_span_is_written_when_it_starts_with_what_others_put_on_it(
    directory: Path, provider: TracerProvider
) -> None:
    provider.add_span_processor(Stamp())
    attach(directory, tracer_provider=provider, start_records=True)
    span = provider.get_tracer("t").start_span("a", attributes={"k": 1})
    [path] = directory.iterdir()
    name = FileName.parsed(path.name)
    assert name is not None
    assert name.signal == "starts"
    [message] = traces_messages(directory, "starts-*.jsonl")
    [started] = message.resource_spans[0].scope_spans[0].spans
    assert (started.start_time_unix_nano, started.end_time_unix_nano) == (span.start_time, 0)  # type: ignore[attr-defined]
    span.end()
    assert [
        (path.name.split("-")[0], written["attributes"])
        for path in sorted(directory.iterdir())
        for written in otlp_json_spans(path)
    ] == [
        ("spans", {"session.id": "s", "k": 1}),
        ("starts", {"session.id": "s", "k": 1}),
    ]


def test_nothing_is_written_at_the_start_unless_asked_for(
    directory: Path, provider: TracerProvider
) -> None:
    attach(directory, tracer_provider=provider)
    provider.get_tracer("t").start_span("a")
    assert not directory.exists()


@pytest.mark.requirement("pain.19-running-work", "capability.L-start-records")
def test_calls_that_a_kill_cut_short_are_seen_and_those_that_ended_count_once(
    directory: Path,
) -> None:
    from toolspan.analytics import open_traces

    done = run_program(
        """
        import os, signal, sys
        from opentelemetry import trace
        from opentelemetry.sdk.trace import TracerProvider
        from toolspan.instrumentation import session, track_agent_run, track_tool_call

        trace.set_tracer_provider(TracerProvider())

        @track_tool_call
        def search(query):
            return query

        @track_tool_call
        def crash():
            os.kill(os.getpid(), signal.SIGKILL)

        @track_agent_run
        def researcher():
            search("a")
            crash()

        with session("chat-1"):
            researcher()
        """,
        env={"TOOLSPAN_DIR": str(directory), "TOOLSPAN_FILES_START_RECORDS": "true"},
    )
    assert done.returncode == -signal.SIGKILL
    with open_traces(directory, cache=False) as traces:
        calls = traces.sql("SELECT tool_name, agent_name, session_id, outcome FROM tool_calls")
    assert sorted(calls.itertuples(index=False, name=None)) == [
        ("crash", "researcher", "chat-1", "abandoned"),
        ("search", "researcher", "chat-1", "ok"),
    ]
