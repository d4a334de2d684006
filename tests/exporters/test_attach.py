"""`attach`: both processors on the providers, once, and in the right place."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry._logs import LogRecord
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.trace import ProxyTracerProvider

from support.programs import run_program
from support.spans import otlp_json_events, otlp_json_spans
from toolspan.exporters import JsonlSpanProcessor, attach


@pytest.fixture
def logger_provider() -> Iterator[LoggerProvider]:
    provider = LoggerProvider(shutdown_on_exit=False)
    yield provider
    provider.shutdown()


class Raising(SpanProcessor):
    def on_end(self, span: ReadableSpan) -> None:
        raise RuntimeError("other people's processor")

    def shutdown(self) -> None:
        raise RuntimeError("other people's processor")


def names_in(directory: Path) -> list[str]:
    return [span["name"] for span in otlp_json_spans(directory)]


def test_attaching_twice_writes_each_span_and_event_once(
    directory: Path, provider: TracerProvider, logger_provider: LoggerProvider
) -> None:
    for _ in range(2):
        assert attach(directory, tracer_provider=provider, logger_provider=logger_provider)
    provider.get_tracer("t").start_span("a").end()
    logger_provider.get_logger("t").emit(LogRecord(timestamp=1, event_name="e"))
    assert names_in(directory) == ["a"]
    assert [event["name"] for event in otlp_json_events(directory)] == ["e"]


def test_threads_that_attach_at_once_write_each_span_and_event_once(directory: Path) -> None:
    done = run_program(
        """
        import sys, threading
        from opentelemetry._logs import LogRecord
        from opentelemetry.sdk._logs import LoggerProvider
        from opentelemetry.sdk.trace import TracerProvider
        from toolspan.exporters import attach

        def attach_together():
            together.wait()
            attach(sys.argv[1], tracer_provider=spans, logger_provider=logs)

        sys.setswitchinterval(1e-6)
        for _ in range(20):
            spans, logs = TracerProvider(), LoggerProvider()
            together = threading.Barrier(4)
            threads = [threading.Thread(target=attach_together) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            spans.get_tracer("t").start_span("a").end()
            logs.get_logger("t").emit(LogRecord(timestamp=1, event_name="e"))
        """,
        directory,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert names_in(directory) == ["a"] * 20
    assert [event["name"] for event in otlp_json_events(directory)] == ["e"] * 20


def test_attaching_where_a_processor_was_put_by_hand_writes_each_span_once(
    directory: Path, provider: TracerProvider
) -> None:
    provider.add_span_processor(JsonlSpanProcessor(directory))
    assert attach(directory, tracer_provider=provider)
    provider.get_tracer("t").start_span("a").end()
    assert names_in(directory) == ["a"]


def test_the_directory_comes_from_the_environment(
    directory: Path, provider: TracerProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOOLSPAN_DIR", str(directory))
    assert attach(tracer_provider=provider)
    provider.get_tracer("t").start_span("a").end()
    assert names_in(directory) == ["a"]


def test_without_an_sdk_provider_nothing_is_attached(directory: Path) -> None:
    assert not attach(directory, tracer_provider=ProxyTracerProvider())


def test_a_processor_beside_us_that_raises_costs_no_span(
    directory: Path, provider: TracerProvider
) -> None:
    raising = TracerProvider(shutdown_on_exit=False)
    raising.add_span_processor(Raising())
    attach(directory, tracer_provider=raising)
    with pytest.raises(RuntimeError):
        raising.get_tracer("t").start_span("a").end()
    with pytest.raises(RuntimeError):
        raising.shutdown()
    assert names_in(directory) == ["a"]


def test_a_setting_that_is_none_is_refused(directory: Path, provider: TracerProvider) -> None:
    with pytest.raises(ValueError, match="max_file_bytes must be at least 0, not -1"):
        attach(directory, tracer_provider=provider, max_file_bytes=-1)


def test_the_global_providers_are_used_when_none_is_named(directory: Path) -> None:
    done = run_program(
        """
        import sys
        from opentelemetry import trace
        from opentelemetry._logs import LogRecord, get_logger_provider, set_logger_provider
        from opentelemetry.sdk._logs import LoggerProvider
        from opentelemetry.sdk.trace import TracerProvider
        from toolspan.exporters import attach

        assert not attach(sys.argv[1])
        trace.set_tracer_provider(TracerProvider())
        set_logger_provider(LoggerProvider())
        assert attach(sys.argv[1])
        trace.get_tracer("t").start_span("a").end()
        get_logger_provider().get_logger("t").emit(LogRecord(timestamp=1, event_name="e"))
        """,
        directory,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert names_in(directory) == ["a"]
    assert [event["name"] for event in otlp_json_events(directory)] == ["e"]
