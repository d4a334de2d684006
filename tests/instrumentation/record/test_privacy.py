"""What leaves a call, and where to: nothing secret, and nowhere that nobody named."""

import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, Sampler, SamplingResult

from support.recording import recording
from toolspan.instrumentation import track_agent_run, track_attempt, track_tool_call

SECRET = "sk-aaaaaaaaaaaaaaaaaaaaaaaa"


class Everything(SpanProcessor):
    """Keeps all that any processor or sampler could ever see of a span."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def on_start(self, span: Any, parent_context: Any = None) -> None:
        self.seen.append(span.to_json())

    def _on_ending(self, span: Any) -> None:
        self.seen.append(span.to_json())

    def on_end(self, span: Any) -> None:
        self.seen.append(span.to_json())


@pytest.mark.requirement("design.9-redaction-in-the-call")
def test_no_secret_ever_leaves_a_call():
    everything = Everything()

    class Watching(Sampler):
        def should_sample(self, *args: Any, **kwargs: Any) -> SamplingResult:
            everything.seen.append(f"{args[1:]} {kwargs}")
            return ALWAYS_ON.should_sample(*args, **kwargs)

        def get_description(self) -> str:
            return "Watching"

    @track_attempt
    def once(key: str) -> None:
        raise PermissionError(f"401 for {key}")

    @track_tool_call(capture_content=True, name=lambda args, kwargs: f"call {args[0]}")
    def call(key: str, **credentials: str) -> str:
        try:
            once(key)
        except PermissionError:
            once(key)
        return key

    @track_agent_run
    def run() -> None:
        call(SECRET, password="hunter2", token="tomato")

    with recording(everything, sampler=Watching()), pytest.raises(PermissionError):
        run()
    seen = "\n".join(everything.seen)
    assert "401 for [redacted]" in seen
    assert [word for word in (SECRET, "hunter2", "tomato") if word in seen] == []


@pytest.mark.requirement("design.9-no-own-telemetry")
def test_nothing_is_sent_anywhere(tmp_path: Path):
    program = """
    import os, sys
    went = []
    def watch(event, args):
        if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.bind"):
            went.append((event, args))
    sys.addaudithook(watch)

    import toolspan.instrumentation as t
    from opentelemetry import metrics, trace
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.trace import TracerProvider
    trace.set_tracer_provider(TracerProvider())
    metrics.set_meter_provider(MeterProvider())

    @t.track_tool_call(capture_content=True)
    def search(query):
        return query
    with t.session("s"), t.track_workflow("w"), t.track_agent_run("a"), t.track_step("p"):
        search("otters")
    with t.track_llm_call("gpt-4o") as call:
        call.set_attributes({"gen_ai.usage.input_tokens": 1, "gen_ai.usage.output_tokens": 1})
    t.record_tool_call("search", start_time=1, end_time=2)
    assert t.record_feedback("quality", 1, session_id="s")
    trace.get_tracer_provider().shutdown()
    print(went)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={"TOOLSPAN_DIR": str(tmp_path / "data"), "PATH": ""},
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
    assert list((tmp_path / "data").glob("spans-*.jsonl"))
