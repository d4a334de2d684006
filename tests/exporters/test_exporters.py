"""The exporters `toolspan_jsonl`: by environment, by declarative configuration, and stepping aside."""

from importlib.metadata import entry_points
from pathlib import Path

import pytest
from opentelemetry._logs import LogRecord
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor, SimpleLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult

from support.otlp_protobuf import traces_messages
from support.programs import run_program
from support.spans import otlp_json_events, otlp_json_spans
from toolspan.exporters import JsonlLogRecordExporter, JsonlSpanExporter, attach


def names_in(directory: Path) -> list[str]:
    return [span["name"] for span in otlp_json_spans(directory)]


def end_spans(provider: TracerProvider, *names: str) -> None:
    for name in names:
        provider.get_tracer("t").start_span(name).end()


def test_the_spans_of_a_batch_share_lines_of_bounded_length(
    directory: Path, provider: TracerProvider
) -> None:
    exporter = JsonlSpanExporter(directory, line_records=2)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    end_spans(provider, "a", "b", "c")
    assert provider.force_flush()
    assert names_in(directory) == ["a", "b", "c"]
    assert len(traces_messages(directory)) == 2
    assert (exporter.stats().written, exporter.stats().lines) == (3, 2)
    assert exporter.force_flush()


def test_what_cannot_be_written_is_a_failure_that_is_counted(
    directory: Path, provider: TracerProvider
) -> None:
    directory.touch()
    exporter = JsonlSpanExporter(directory)
    span = provider.get_tracer("t").start_span("a")
    span.end()
    assert exporter.export([span]) is SpanExportResult.FAILURE  # type: ignore[list-item]
    assert exporter.stats().dropped == {"no_directory": 1}


def test_a_span_that_cannot_be_encoded_does_not_take_the_batch_with_it(
    directory: Path, provider: TracerProvider
) -> None:
    exporter = JsonlSpanExporter(directory)
    spans = [provider.get_tracer("t").start_span(name) for name in "abc"]
    for span in spans:
        span.end()
    spans[1]._events = [None]  # type: ignore[attr-defined]
    assert exporter.export(spans) is SpanExportResult.FAILURE  # type: ignore[arg-type]
    assert names_in(directory) == ["a", "c"]
    assert (exporter.stats().written, exporter.stats().dropped) == (2, {"internal": 1})


def test_events_are_exported_and_other_log_records_are_not(directory: Path) -> None:
    provider = LoggerProvider(shutdown_on_exit=False)
    exporter = JsonlLogRecordExporter(directory)
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    provider.get_logger("t").emit(LogRecord(timestamp=1, event_name="e"))
    provider.get_logger("t").emit(LogRecord(timestamp=1, body="a line of the log"))
    provider.shutdown()
    assert [event["name"] for event in otlp_json_events(directory)] == ["e"]
    assert exporter.stats().written == 1
    assert exporter.force_flush()


@pytest.mark.requirement("design.4-exporter-steps-aside")
@pytest.mark.parametrize("first", ["processor", "exporter"])
def test_the_exporter_steps_aside_for_the_processor_with_one_log_line(
    directory: Path,
    provider: TracerProvider,
    caplog: pytest.LogCaptureFixture,
    first: str,
) -> None:
    logger_provider = LoggerProvider(shutdown_on_exit=False)

    def add_exporters() -> None:
        provider.add_span_processor(BatchSpanProcessor(JsonlSpanExporter(directory)))
        logger_provider.add_log_record_processor(
            SimpleLogRecordProcessor(JsonlLogRecordExporter(directory))
        )

    if first == "exporter":
        add_exporters()
    attach(directory, tracer_provider=provider, logger_provider=logger_provider)
    if first == "processor":
        add_exporters()
    for _ in range(2):
        end_spans(provider, "a", "b")
        provider.force_flush()
    assert names_in(directory) == ["a", "b", "a", "b"]
    assert sorted(record.getMessage().split(" to ")[0] for record in caplog.records) == [
        "The exporter toolspan_jsonl leaves spans"
    ]
    logger_provider.get_logger("t").emit(LogRecord(timestamp=1, event_name="e"))
    assert [event["name"] for event in otlp_json_events(directory)] == ["e"]


def test_the_exporter_goes_on_for_spans_that_no_processor_writes(
    directory: Path, provider: TracerProvider, tmp_path: Path
) -> None:
    attach(tmp_path / "other", tracer_provider=TracerProvider(shutdown_on_exit=False))
    provider.add_span_processor(BatchSpanProcessor(JsonlSpanExporter(directory)))
    end_spans(provider, "a")
    provider.force_flush()
    assert names_in(directory) == ["a"]


def test_both_are_entry_points_of_one_name() -> None:
    [traces] = entry_points(group="opentelemetry_traces_exporter", name="toolspan_jsonl")
    [logs] = entry_points(group="opentelemetry_logs_exporter", name="toolspan_jsonl")
    assert (traces.load(), logs.load()) == (JsonlSpanExporter, JsonlLogRecordExporter)


AGENT = """
from opentelemetry import trace
from opentelemetry._logs import LogRecord, get_logger

trace.get_tracer("t").start_span("a").end()
get_logger("t").emit(LogRecord(timestamp=1, event_name="e"))
"""
INSTRUMENT = f"""
import sys
from opentelemetry.instrumentation.auto_instrumentation import initialize
initialize()
{AGENT}
"""


def test_the_environment_switches_them_on(directory: Path) -> None:
    done = run_program(
        INSTRUMENT,
        env={
            "TOOLSPAN_DIR": str(directory),
            "OTEL_TRACES_EXPORTER": "toolspan_jsonl",
            "OTEL_LOGS_EXPORTER": "toolspan_jsonl",
            "OTEL_METRICS_EXPORTER": "none",
            "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "*",
        },
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert names_in(directory) == ["a"]
    assert [event["name"] for event in otlp_json_events(directory)] == ["e"]


def test_a_declarative_configuration_switches_them_on_with_settings(
    directory: Path, tmp_path: Path
) -> None:
    configuration = tmp_path / "otel.yaml"
    configuration.write_text(
        f"""
file_format: "1.0"
tracer_provider:
  processors:
    - batch:
        exporter:
          toolspan_jsonl:
            directory: {directory}
            max_file_bytes: 1
logger_provider:
  processors:
    - batch:
        exporter:
          toolspan_jsonl:
            directory: {directory}
""",
        encoding="utf-8",
    )
    done = run_program(
        f"""
{INSTRUMENT}
trace.get_tracer_provider().force_flush()
trace.get_tracer("t").start_span("b").end()
""",
        env={
            "OTEL_CONFIG_FILE": str(configuration),
            "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "*",
        },
    )
    assert done.returncode == 0, done.stderr
    assert sorted(names_in(directory)) == ["a", "b"]
    assert len(list(directory.glob("spans-*"))) == 2, "max_file_bytes was not taken"
    assert [event["name"] for event in otlp_json_events(directory)] == ["e"]
