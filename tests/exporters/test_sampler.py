"""Files keep what the sampler drops, where that is asked for; nobody else notices."""

from pathlib import Path

import pytest
from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import (
    ALWAYS_OFF,
    ALWAYS_ON,
    ParentBased,
    Sampler,
    TraceIdRatioBased,
)
from opentelemetry.trace import TraceFlags
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from support.spans import otlp_json_spans
from toolspan.exporters import JsonlSpanProcessor, KeepUnsampled, attach


def names_in(directory: Path) -> list[str]:
    return [span["name"] for span in otlp_json_spans(directory)]


def run_agents(provider: TracerProvider, count: int) -> None:
    tracer = provider.get_tracer("t")
    for number in range(count):
        with tracer.start_as_current_span(f"agent {number}", Context(), attributes={"a": 1}):
            tracer.start_span(f"tool {number}").end()


@pytest.mark.parametrize(
    ("sampler", "is_half"),
    [
        (ALWAYS_OFF, False),
        (ParentBased(ALWAYS_OFF), False),
        (ParentBased(TraceIdRatioBased(0.5)), True),
    ],
)
def test_files_keep_every_span_and_exporters_get_the_sampled_ones(
    directory: Path, sampler: Sampler, is_half: bool
) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(sampler=sampler, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    assert attach(directory, tracer_provider=provider, keep_unsampled=True)
    run_agents(provider, 50)
    everything = list(otlp_json_spans(directory))
    assert len(everything) == 100
    assert [span["attributes"] for span in everything if span["name"] == "agent 0"] == [{"a": 1}]
    exported = exporter.get_finished_spans()
    assert all(span.context.trace_flags.sampled for span in exported)
    # A trace is exported as a whole or not at all, as without us.
    traces = {span.context.trace_id for span in exported}
    assert len(exported) == 2 * len(traces)
    assert (0 < len(traces) < 50) == is_half


def test_other_processes_are_told_what_the_sampler_decided(directory: Path) -> None:
    provider = TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False)
    attach(directory, tracer_provider=provider, keep_unsampled=True)
    carrier: dict[str, str] = {}
    with provider.get_tracer("t").start_as_current_span("a"):
        TraceContextTextMapPropagator().inject(carrier)
    assert not int(carrier["traceparent"].rpartition("-")[2], 16) & TraceFlags.SAMPLED
    assert names_in(directory) == ["a"]


def test_it_is_off_unless_asked_for(directory: Path) -> None:
    provider = TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False)
    attach(directory, tracer_provider=provider)
    run_agents(provider, 1)
    assert provider.sampler is ALWAYS_OFF
    assert not directory.exists()


def test_the_environment_switches_it_on(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLSPAN_FILES_KEEP_UNSAMPLED", "true")
    provider = TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False)
    for _ in range(2):
        attach(directory, tracer_provider=provider)
    assert provider.sampler.get_description() == "KeepUnsampled{AlwaysOffSampler}"
    run_agents(provider, 1)
    assert names_in(directory) == ["tool 0", "agent 0"]


def test_a_sampler_that_is_wrapped_by_hand_needs_a_processor_that_keeps(directory: Path) -> None:
    provider = TracerProvider(sampler=KeepUnsampled(ALWAYS_OFF), shutdown_on_exit=False)
    provider.add_span_processor(JsonlSpanProcessor(directory / "sampled"))
    provider.add_span_processor(JsonlSpanProcessor(directory / "all", keep_unsampled=True))
    run_agents(provider, 1)
    assert not (directory / "sampled").exists()
    assert names_in(directory / "all") == ["tool 0", "agent 0"]


def test_what_is_sampled_stays_as_it_is() -> None:
    given = ALWAYS_ON.should_sample(None, 1, "a", attributes={"k": 1})
    wrapped = KeepUnsampled(ALWAYS_ON).should_sample(None, 1, "a", attributes={"k": 1})
    assert (wrapped.decision, wrapped.attributes) == (given.decision, given.attributes)
