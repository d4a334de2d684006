"""When write-through gives way to batch mode, and when it does not."""

import os
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import TracerProvider

from support.programs import run_program
from support.spans import otlp_json_spans
from toolspan.exporters import JsonlSpanProcessor
from toolspan.exporters.writing._batch import Batch


class Clock:
    """`time.perf_counter` and `time.monotonic` that stand still but for slow calls."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        self.write_s = self.fstat_s = 0.0
        write, fstat = os.write, os.fstat

        def slow_write(descriptor: int, line: bytes) -> int:
            self.now += self.write_s
            return write(descriptor, line)

        def slow_fstat(descriptor: int) -> os.stat_result:
            self.now += self.fstat_s
            return fstat(descriptor)

        monkeypatch.setattr("time.perf_counter", lambda: self.now)
        monkeypatch.setattr("time.monotonic", lambda: self.now)
        monkeypatch.setattr(os, "write", slow_write)
        monkeypatch.setattr(os, "fstat", slow_fstat)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.mark.requirement("design.4-switch-over")
def test_when_half_of_the_last_writes_are_slow_batch_mode_takes_over_and_the_log_says_so(
    directory: Path, provider: TracerProvider, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    processor = JsonlSpanProcessor(directory)
    provider.add_span_processor(processor)
    tracer = provider.get_tracer("t")
    clock.write_s = 0.025
    for _ in range(9):
        tracer.start_span("a").end()
    assert (processor.stats().mode, processor.stats().slow_writes) == ("write_through", 9)
    tracer.start_span("a").end()
    assert (processor.stats().mode, processor.stats().slow_writes) == ("batch", 10)
    for _ in range(20):
        tracer.start_span("b").end()
    provider.force_flush()
    assert len(list(otlp_json_spans(directory))) == 30
    [record] = caplog.records
    assert record.getMessage() == (
        f"toolspan writes spans to {directory} by a thread of its own from now on: 10 of the last "
        "20 writes took longer than 20 ms. The last 200 ms before a SIGKILL may be lost now; "
        "TOOLSPAN_FILES_SLOW_DISK=stay keeps each span's end waiting for the disk instead."
    )


def test_slow_writes_that_are_rare_do_not_switch(
    directory: Path, provider: TracerProvider, clock: Clock
) -> None:
    processor = JsonlSpanProcessor(directory)
    provider.add_span_processor(processor)
    for number in range(60):
        clock.write_s = 0.5 if number % 3 == 0 else 0
        provider.get_tracer("t").start_span("a").end()
    assert (processor.stats().mode, processor.stats().slow_writes) == ("write_through", 20)


@pytest.mark.requirement("design.4-switch-over")
def test_a_crowded_interpreter_is_not_taken_for_a_slow_disk(
    directory: Path, provider: TracerProvider, clock: Clock
) -> None:
    processor = JsonlSpanProcessor(directory)
    provider.add_span_processor(processor)
    clock.write_s = clock.fstat_s = 0.05  # each wait for the interpreter's lock
    for _ in range(30):
        provider.get_tracer("t").start_span("a").end()
    assert processor.stats().mode == "write_through"


def test_the_switch_can_be_forbidden(
    directory: Path, provider: TracerProvider, clock: Clock
) -> None:
    processor = JsonlSpanProcessor(directory, slow_disk="stay", slow_write_ms=5)
    provider.add_span_processor(processor)
    clock.write_s = 0.01
    for _ in range(30):
        provider.get_tracer("t").start_span("a").end()
    assert (processor.stats().mode, processor.stats().slow_writes) == ("write_through", 30)


def test_threads_that_find_the_disk_slow_together_switch_once(
    directory: Path, provider: TracerProvider, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    processor = JsonlSpanProcessor(directory)
    writer = processor._writer
    new_batch, made = writer._new_batch, []

    def meanwhile() -> Batch:
        made.append(1)
        writer._on_slow(is_answer_slow=False)  # as another thread would in this moment
        return new_batch()

    writer._new_batch = meanwhile  # type: ignore[method-assign]
    provider.add_span_processor(processor)
    clock.write_s = 0.025
    for _ in range(10):
        provider.get_tracer("t").start_span("a").end()
    assert (processor.stats().mode, len(made), len(caplog.records)) == ("batch", 1, 1)


def test_a_forked_child_judges_the_disk_by_its_own_writes(directory: Path) -> None:
    done = run_program(
        """
        import os, sys, time
        from opentelemetry.sdk.trace import TracerProvider
        from toolspan.exporters import JsonlSpanProcessor

        write, slow = os.write, []

        def write_slowly(descriptor, line):
            if slow:
                time.sleep(0.002)
            return write(descriptor, line)

        os.write = write_slowly
        processor = JsonlSpanProcessor(sys.argv[1], slow_write_ms=1)
        provider = TracerProvider()
        provider.add_span_processor(processor)

        def end_spans(count):
            for _ in range(count):
                provider.get_tracer("t").start_span("a").end()

        def end_slow_span():
            slow.append(True)
            end_spans(1)
            slow.clear()

        for _ in range(10):  # never half of the last 20
            end_slow_span()
            end_spans(3)
        if os.fork() == 0:
            end_slow_span()
            slow_writes = processor.stats().slow_writes
            os._exit(0 if (processor.stats().mode, slow_writes) == ("write_through", 1) else 1)
        assert os.wait()[1] == 0, "one slow write was enough"
        """,
        directory,
        measure=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
