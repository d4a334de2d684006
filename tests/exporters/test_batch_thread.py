"""The thread of batch mode: it survives what goes wrong, ends when told to, and is not inherited."""

import os
import threading
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import TracerProvider

from support.programs import run_program
from support.spans import otlp_json_spans
from toolspan.exporters import JsonlSpanProcessor, Reason
from toolspan.exporters.otlp_json import document
from toolspan.exporters.writing import _batch


def names_in(directory: Path) -> list[str]:
    return [span["name"] for span in otlp_json_spans(directory)]


def thread_of(processor: JsonlSpanProcessor) -> threading.Thread:
    batch = processor._writer._batch
    assert batch is not None
    assert batch._thread is not None
    return batch._thread


def test_the_first_span_of_a_process_waits_for_others_too(
    directory: Path, provider: TracerProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = threading.Event()
    write = os.write
    monkeypatch.setattr(os, "write", lambda *call: (write(*call), written.set())[0])
    processor = JsonlSpanProcessor(directory, mode="batch", flush_interval_ms=3_600_000)
    provider.add_span_processor(processor)
    provider.get_tracer("t").start_span("a").end()
    assert not written.wait(0.1)
    assert (processor.stats().queued, processor.stats().written) == (1, 0)


def test_a_line_that_does_not_fit_into_memory_is_counted_and_the_thread_goes_on(
    directory: Path, provider: TracerProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> bytes:
        raise MemoryError

    processor = JsonlSpanProcessor(directory, mode="batch", flush_interval_ms=1)
    provider.add_span_processor(processor)
    tracer = provider.get_tracer("t")
    with monkeypatch.context() as patch:
        patch.setattr(_batch, "document", refuse)
        tracer.start_span("lost").end()
        assert processor.force_flush()
    thread = thread_of(processor)
    monkeypatch.setattr(_batch, "document", document)
    tracer.start_span("kept").end()
    assert processor.force_flush()
    assert thread.is_alive()
    assert names_in(directory) == ["kept"]
    assert (processor.stats().written, processor.stats().dropped) == (1, {Reason.INTERNAL: 1})


@pytest.mark.parametrize("interval_ms", [1, 3_600_000, float("inf")])
def test_the_thread_ends_with_the_processor(
    directory: Path, provider: TracerProvider, interval_ms: float
) -> None:
    processor = JsonlSpanProcessor(directory, mode="batch", flush_interval_ms=interval_ms)
    provider.add_span_processor(processor)
    provider.get_tracer("t").start_span("a").end()
    thread = thread_of(processor)
    assert provider.force_flush()
    provider.shutdown()
    thread.join(30)
    assert not thread.is_alive()
    assert names_in(directory) == ["a"]


@pytest.mark.parametrize("timeout_ms", [0, -1, float("inf"), 2**63])
@pytest.mark.parametrize("mode", ["write_through", "batch"])
def test_no_timeout_is_an_error(
    directory: Path, provider: TracerProvider, mode: str, timeout_ms: float
) -> None:
    processor = JsonlSpanProcessor(directory, mode=mode)  # type: ignore[arg-type]
    provider.add_span_processor(processor)
    provider.get_tracer("t").start_span("a").end()
    is_flushed = processor.force_flush(timeout_ms)  # type: ignore[arg-type]
    assert is_flushed or (mode == "batch" and timeout_ms <= 0)
    assert not is_flushed or names_in(directory) == ["a"]
    processor.shutdown(timeout_ms)  # type: ignore[arg-type]
    stats = processor.stats()
    assert stats.written + sum(stats.dropped.values()) == 1


@pytest.mark.parametrize("ending", ["processor.force_flush(5000)", "processor.shutdown()"])
def test_a_fork_by_c_code_does_not_inherit_the_queue(directory: Path, ending: str) -> None:
    done = run_program(
        f"""
        import ctypes, os, sys
        from opentelemetry.sdk.trace import TracerProvider
        from toolspan.exporters import JsonlSpanProcessor

        processor = JsonlSpanProcessor(sys.argv[1], mode="batch", flush_interval_ms=3_600_000)
        provider = TracerProvider()
        provider.add_span_processor(processor)
        for name in "abc":
            provider.get_tracer("t").start_span(name).end()
        if ctypes.PyDLL(None).fork() == 0:  # as uWSGI does
            {ending}
            os._exit(0)
        assert os.wait()[1] == 0
        """,
        directory,
        measure=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert names_in(directory) == ["a", "b", "c"]


def test_a_span_larger_than_the_queue_is_written_when_nothing_else_waits(
    directory: Path, provider: TracerProvider
) -> None:
    processor = JsonlSpanProcessor(
        directory, mode="batch", queue_bytes=1000, flush_interval_ms=3_600_000
    )
    provider.add_span_processor(processor)
    tracer = provider.get_tracer("t")
    tracer.start_span("large" * 1000).end()
    tracer.start_span("one more").end()
    assert processor.force_flush()
    tracer.start_span("later").end()
    assert processor.force_flush()
    assert names_in(directory) == ["large" * 1000, "later"]
    assert processor.stats().dropped == {Reason.QUEUE_FULL: 1}


def test_an_interpreter_inside_another_which_may_not_handle_signals_has_a_queue_all_the_same(
    directory: Path,
) -> None:
    pytest.importorskip("_xxsubinterpreters", reason="CPython 3.11 and 3.12 call it so")
    done = run_program(
        """
        import sys, _xxsubinterpreters

        inner = _xxsubinterpreters.create(isolated=False)  # as mod_wsgi makes them
        _xxsubinterpreters.run_string(inner, f"directory = {sys.argv[1]!r}" + '''
        from opentelemetry.sdk.trace import TracerProvider
        from toolspan.exporters import JsonlSpanProcessor

        provider = TracerProvider()
        provider.add_span_processor(JsonlSpanProcessor(directory, mode="batch"))
        provider.get_tracer("t").start_span("a").end()
        provider.shutdown()
        ''')
        """,
        directory,
        measure=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert names_in(directory) == ["a"]
