"""What the host never notices: no SDK, disabled, suppressed, sampled out, hostile processors."""

import logging
import os
import subprocess
import sys
import threading
from typing import Any
from unittest import mock

import pytest
from opentelemetry import trace
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import (
    ALWAYS_OFF,
    DEFAULT_ON,
    Decision,
    ParentBased,
    Sampler,
    SamplingResult,
)

from support.recording import Recorded, recording, tool_span
from toolspan.instrumentation import track_agent_run, track_attempt, track_tool_call
from toolspan.instrumentation.record import open_calls


def track_everything(seen: list[str]) -> Any:
    def option(*_: object) -> Any:
        seen.append("asked")
        return "x"

    @track_tool_call(
        attributes=lambda args, kwargs: seen.append("asked") or {},
        result_attributes=lambda result: seen.append("asked") or {},
        tool_call_id=option,
        fallback_from=option,
        capture_content=True,
    )
    def search(query: object) -> str:
        return "found"

    return search


class Watched:
    """Raises when anybody looks at it."""

    def __getattribute__(self, name: str) -> object:
        raise AssertionError(f"looked at {name}")


@pytest.mark.requirement("capability.A5-nothing-when-off")
def test_without_an_sdk_a_call_is_just_a_call():
    seen: list[str] = []
    assert track_everything(seen)(Watched()) == "found"
    assert seen == []
    assert not open_calls


@pytest.mark.requirement("capability.A5-nothing-when-off")
def test_a_disabled_sdk_is_as_quiet(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    seen: list[str] = []
    with recording() as recorded:
        assert track_everything(seen)(Watched()) == "found"
    assert recorded.tree == []
    assert seen == []


@pytest.mark.requirement(
    "battery.suppressed", "capability.N-suppress-key", "capability.A5-nothing-when-off"
)
def test_under_the_suppress_key_there_is_no_span_and_no_work(recorded: Recorded):
    seen: list[str] = []
    with suppress_instrumentation():
        assert track_everything(seen)(Watched()) == "found"
        with track_tool_call("search"):
            pass
    assert recorded.tree == []
    assert seen == []


@pytest.mark.requirement("capability.A5-nothing-when-off")
def test_a_call_that_is_sampled_out_does_no_work_and_drops_what_is_below():
    seen: list[str] = []
    with recording(sampler=ParentBased(ALWAYS_OFF)) as recorded:
        search = track_everything(seen)

        @track_agent_run(name="a")
        def run() -> str:
            assert trace.get_current_span().get_span_context().is_valid
            return str(search(Watched()))

        assert run() == "found"
    assert recorded.tree == []
    assert seen == []
    assert not open_calls


def test_attempts_of_a_call_that_is_sampled_out_make_no_spans():
    with recording(sampler=ParentBased(ALWAYS_OFF)) as recorded:

        @track_attempt
        def once() -> None: ...

        @track_tool_call
        def fetch() -> None:
            once()
            once()

        fetch()
    assert recorded.tree == []


class Raises(SpanProcessor):
    def __init__(self, *where: str) -> None:
        self.where = where

    def on_start(self, span: Span, parent_context: object = None) -> None:
        if "start" in self.where:
            raise RuntimeError("from a processor")

    def on_end(self, span: ReadableSpan) -> None:
        if "end" in self.where:
            raise RuntimeError("from a processor")


class RaisingSampler(Sampler):
    def should_sample(self, *args: object, **kwargs: object) -> SamplingResult:
        raise RuntimeError("from a sampler")

    def get_description(self) -> str:
        return "raises"


@pytest.mark.requirement("capability.A4-manners")
@pytest.mark.parametrize("where", ["start", "end"])
def test_processors_that_raise_do_not_reach_the_host(where: str):
    with recording(Raises(where)):

        @track_tool_call
        def search() -> str:
            return "found"

        assert search() == "found"
        with track_tool_call("search"):
            pass
        assert list(track_tool_call(lambda: iter([1]))()) == [1]
    assert not open_calls


def test_a_sampler_that_raises_does_not_reach_the_host():
    with recording(sampler=RaisingSampler()):
        assert track_tool_call(lambda: "found")() == "found"


@pytest.mark.requirement("battery.stdout-clean", "capability.A4-manners")
def test_nothing_is_printed(capfd: pytest.CaptureFixture[str], recorded: Recorded):
    @track_tool_call
    def search() -> None:
        raise ValueError("bad")

    with pytest.raises(ValueError, match="bad"):
        search()
    assert capfd.readouterr() == ("", "")


def test_a_provider_set_later_is_found():
    @track_tool_call
    def search() -> None: ...

    search()
    with recording() as recorded:
        search()
    assert recorded.tree == [tool_span("search")]


def test_a_provider_of_the_decorator_is_used(recorded: Recorded):
    own = Recorded()

    @track_tool_call(tracer_provider=own.provider)
    def search() -> None: ...

    search()
    assert recorded.tree == []
    assert own.tree == [tool_span("search")]


def test_a_provider_of_the_decorator_that_records_nothing_leaves_everything_as_it_was(
    recorded: Recorded,
):
    @track_tool_call(tracer_provider=trace.NoOpTracerProvider(), capture_content=True)
    def search() -> trace.Span:
        return trace.get_current_span()

    tool = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search"}
    with trace.get_tracer("host").start_as_current_span("tool", attributes=tool) as span:
        assert search() is span
    assert recorded.only["attributes"] == tool
    with trace.get_tracer("host").start_as_current_span("GET /") as span:
        assert search() is span


class RecordsOnly(Sampler):
    def should_sample(self, *_: Any, **__: Any) -> SamplingResult:
        return SamplingResult(Decision.RECORD_ONLY)

    def get_description(self) -> str:
        return "records without sampling"


def test_a_call_below_an_agent_that_is_not_sampled_is_not_recorded():
    told = []

    @track_tool_call(capture_content=True)
    def search(query: str) -> list[str]:
        (call,) = (each for each in open_calls if each.name == "search")
        told.append(call.is_recording)
        return [query]

    agents = TracerProvider(sampler=RecordsOnly(), shutdown_on_exit=False)
    with (
        recording(sampler=DEFAULT_ON) as recorded,
        mock.patch("toolspan.instrumentation.record._call.text_of") as text_of,
        track_agent_run("researcher", tracer_provider=agents),
    ):
        search("otters")
    assert told == [False]
    assert recorded.tree == []
    assert not text_of.called


def test_who_waits_for_a_provider_is_told_once(monkeypatch: pytest.MonkeyPatch):
    from toolspan.instrumentation.record import _tracer, on_provider

    told: list[object] = []
    tell = told.append

    def raises(provider: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(_tracer, "_on_provider", [])
    on_provider(tell)
    on_provider(raises)
    with recording() as recorded:
        for _ in range(2):
            with track_tool_call("search"):
                pass
        assert told == [recorded.provider]
        late: list[object] = []
        on_provider(late.append)
        assert late == [recorded.provider]


@pytest.mark.requirement("design.3-no-provider-is-said")
def test_with_a_directory_and_no_sdk_one_log_line_names_the_fix(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    from toolspan.instrumentation.record import _tracer

    _tracer._say_that_nothing_records.cache_clear()
    monkeypatch.setattr(_tracer._known, "provider", object())
    monkeypatch.setenv("TOOLSPAN_DIR", "/nowhere")
    with caplog.at_level(logging.WARNING, logger="toolspan"):
        for _ in range(3):
            with track_tool_call("search"):
                pass
    (record,) = caplog.records
    assert "toolspan run -- python" in record.getMessage()


# --- exit and fork ---------------------------------------------------------------------------

PROGRAM = """
import sys, threading
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from toolspan.instrumentation import track_tool_call

class Print(SpanExporter):
    def export(self, spans):
        for span in spans:
            print(span.name, span.attributes["toolspan.outcome"], flush=True)

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(Print()))
trace.set_tracer_provider(provider)
"""


def run_program(body: str) -> list[str]:
    # Forking with threads is what some of these programs are about; Python 3.12 warns of it.
    quiet = ("-W", "ignore:This process:DeprecationWarning")
    done = subprocess.run(
        [sys.executable, *quiet, "-c", PROGRAM + body],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    return sorted(done.stdout.splitlines())


@pytest.mark.requirement("capability.A2-ends-once", "design.3-outcome-abandoned")
def test_what_is_open_at_exit_ends_abandoned_before_the_provider_shuts_down():
    body = """
import asyncio
@track_tool_call
def stream():
    yield 1
    yield 2
kept = stream(); next(kept)

@track_tool_call
async def astream():
    yield 1
    yield 2
akept = astream()
try: akept.asend(None).send(None)
except StopIteration: pass

started = threading.Event()
@track_tool_call
def hang():
    started.set()
    threading.Event().wait()
threading.Thread(target=hang, daemon=True).start()
started.wait()
"""
    assert run_program(body) == [
        "execute_tool astream abandoned",
        "execute_tool hang abandoned",
        "execute_tool stream abandoned",
    ]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_a_forked_child_does_not_end_its_parents_calls():
    body = """
import os
@track_tool_call
def search():
    pid = os.fork()
    if pid == 0:
        with track_tool_call("in child"):
            pass
        provider.force_flush()
        sys.exit(0)
    os.waitpid(pid, 0)
search()
"""
    assert run_program(body) == ["execute_tool in child ok", "execute_tool search ok"]


@pytest.mark.requirement("battery.threads")
def test_eight_threads_with_200_nested_calls_each(recorded: Recorded):
    @track_tool_call(name=lambda args, kwargs: f"leaf {args[0]}")
    def leaf(number: int) -> None: ...

    @track_agent_run(name=lambda args, kwargs: f"agent {args[0]}")
    def run(number: int) -> None:
        for _ in range(200):
            leaf(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outline = recorded.outline()
    assert sorted(node[0] for node in outline) == [f"invoke_agent agent {n}" for n in range(8)]
    for name, _, children in outline:
        assert children == [[f"execute_tool leaf {name[-1]}", "ok"]] * 200


def test_the_sdk_is_needed_by_nobody_who_only_decorates():
    program = (
        "import sys, toolspan.instrumentation\nprint('opentelemetry.sdk.trace' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
    assert TracerProvider
