"""The counters as metrics of the SDK's own names."""

import gc
from pathlib import Path

import pytest
from opentelemetry import metrics
from opentelemetry._logs import LogRecord
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider

from toolspan.exporters import JsonlLogRecordProcessor, JsonlSpanProcessor


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> InMemoryMetricReader:
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], shutdown_on_exit=False)
    monkeypatch.setattr(metrics, "get_meter_provider", lambda: provider)
    return reader


def points(reader: InMemoryMetricReader) -> dict[tuple[str, ...], float]:
    """Value by metric name, component type and, where there is one, error.type."""
    data = reader.get_metrics_data()
    if data is None:
        return {}
    return {
        (
            metric.name,
            point.attributes["otel.component.type"],
            *([point.attributes["error.type"]] if "error.type" in point.attributes else []),
        ): point.value
        for group in data.resource_metrics
        for scope in group.scope_metrics
        for metric in scope.metrics
        for point in metric.data.data_points
    }


def test_written_and_dropped_spans_are_counted_under_the_sdks_names(
    directory: Path, provider: TracerProvider, reader: InMemoryMetricReader
) -> None:
    processor = JsonlSpanProcessor(directory, metrics=True)
    provider.add_span_processor(processor)
    tracer = provider.get_tracer("t")
    directory.touch()
    tracer.start_span("a").end()
    directory.unlink()
    tracer.start_span("b").end()
    tracer.start_span("c").end()
    assert points(reader) == {
        ("otel.sdk.processor.span.processed", "toolspan_jsonl_span_processor"): 2,
        ("otel.sdk.processor.span.processed", "toolspan_jsonl_span_processor", "no_directory"): 1,
    }


def test_in_batch_mode_the_queue_is_a_metric(
    directory: Path, reader: InMemoryMetricReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_PYTHON_SDK_INTERNAL_METRICS_ENABLED", "true")
    processor = JsonlLogRecordProcessor(
        directory, mode="batch", flush_interval_ms=3_600_000, queue_records=50
    )
    provider = LoggerProvider(shutdown_on_exit=False)
    provider.add_log_record_processor(processor)
    provider.get_logger("t").emit(LogRecord(timestamp=1, event_name="e"))
    kind = "toolspan_jsonl_log_processor"
    assert points(reader) == {
        ("otel.sdk.processor.log.processed", kind): 0,
        ("otel.sdk.processor.log.queue.size", kind): 1,
        ("otel.sdk.processor.log.queue.capacity", kind): 50,
    }
    provider.shutdown()
    assert points(reader)["otel.sdk.processor.log.processed", kind] == 1


def test_two_processors_are_told_apart_and_a_gone_one_is_not_kept(
    directory: Path, reader: InMemoryMetricReader
) -> None:
    first = JsonlSpanProcessor(directory, metrics=True)
    second = JsonlSpanProcessor(directory, metrics=True)
    data = reader.get_metrics_data()
    assert data is not None
    [metric] = data.resource_metrics[0].scope_metrics[0].metrics
    names = {point.attributes["otel.component.name"] for point in metric.data.data_points}  # type: ignore[index]
    assert len(names) == 2
    del first, second
    gc.collect()
    assert points(reader) == {}


def test_nothing_is_measured_unless_asked_for(
    directory: Path, reader: InMemoryMetricReader
) -> None:
    JsonlSpanProcessor(directory)
    assert points(reader) == {}
