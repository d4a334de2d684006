"""What interrupts a write: a signal handler, a finaliser, Ctrl-C. No line is torn by it."""

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from support.programs import run_program
from support.spans import otlp_json_spans
from toolspan.exporters import JsonlSpanProcessor


@pytest.fixture
def processor(directory: Path, provider: TracerProvider) -> JsonlSpanProcessor:
    processor = JsonlSpanProcessor(directory)
    provider.add_span_processor(processor)
    return processor


@pytest.fixture
def tracer(provider: TracerProvider, processor: JsonlSpanProcessor) -> trace.Tracer:
    tracer = provider.get_tracer("t")
    tracer.start_span("before").end()
    return tracer


def names_in(*paths: Path) -> list[str]:
    return [span["name"] for span in otlp_json_spans(*paths)]


def open_files_in(directory: Path) -> list[Path]:
    targets = [Path(os.path.realpath(number)) for number in Path("/proc/self/fd").iterdir()]
    return [target for target in targets if target.parent == directory]


def interrupted(
    monkeypatch: pytest.MonkeyPatch, name: str, by: Callable[[], object], *, bytes_first: int = -1
) -> None:
    """Let `by` run once, as a signal handler would, right after the next call of `os.{name}`."""
    call = getattr(os, name)
    turns: Iterator[int] = itertools.count()

    def call_and_be_interrupted(*arguments: object) -> object:
        if next(turns):
            return call(*arguments)
        if bytes_first >= 0:
            descriptor, line = arguments
            arguments = descriptor, line[:bytes_first]  # type: ignore[index]
        result = call(*arguments)
        by()
        return result

    monkeypatch.setattr(os, name, call_and_be_interrupted)


@pytest.mark.parametrize("bytes_first", [-1, 50], ids=["whole", "in the middle of a line"])
def test_a_span_that_ends_while_another_is_written_goes_to_a_second_file(
    directory: Path,
    processor: JsonlSpanProcessor,
    tracer: trace.Tracer,
    monkeypatch: pytest.MonkeyPatch,
    bytes_first: int,
) -> None:
    for _ in range(3):
        with monkeypatch.context() as patch:
            interrupted(patch, "write", tracer.start_span("handler").end, bytes_first=bytes_first)
            tracer.start_span("interrupted").end()
    first, second = sorted(directory.iterdir(), key=lambda path: path.stat().st_size)
    assert names_in(first) == ["handler"] * 3
    assert names_in(second) == ["before", *["interrupted"] * 3]
    stats = processor.stats()
    assert (stats.written, stats.lines, stats.files, stats.dropped) == (7, 7, 2, {})
    assert stats.bytes == sum(path.stat().st_size for path in (first, second))


def test_a_span_that_ends_while_a_file_is_opened_leaves_no_descriptor_open(
    directory: Path, provider: TracerProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    processor = JsonlSpanProcessor(directory, compression="gzip")
    provider.add_span_processor(processor)
    tracer = provider.get_tracer("t")
    with monkeypatch.context() as patch:
        interrupted(patch, "open", tracer.start_span("handler").end)
        tracer.start_span("interrupted").end()
    provider.shutdown()
    assert open_files_in(directory) == []
    assert [path.suffix for path in directory.iterdir()] == [".gz", ".gz"]


def test_a_shutdown_in_the_middle_of_a_write_costs_no_span(
    directory: Path,
    provider: TracerProvider,
    processor: JsonlSpanProcessor,
    tracer: trace.Tracer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        interrupted(patch, "fstat", provider.shutdown)
        tracer.start_span("interrupted").end()
    assert names_in(directory) == ["before", "interrupted"]
    assert processor.stats().dropped == {}


@pytest.mark.parametrize("bytes_first", [-1, 50], ids=["whole", "in the middle of a line"])
def test_no_line_is_put_behind_what_an_interrupted_write_left(
    directory: Path,
    processor: JsonlSpanProcessor,
    tracer: trace.Tracer,
    monkeypatch: pytest.MonkeyPatch,
    bytes_first: int,
) -> None:
    def ctrl_c() -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        interrupted(patch, "write", ctrl_c, bytes_first=bytes_first)
        with pytest.raises(KeyboardInterrupt):
            tracer.start_span("interrupted").end()
    # Another thread, for which the file was looked at a moment ago; it does not wait for a lock.
    other = Thread(target=tracer.start_span("after").end)
    other.start()
    other.join(30)
    assert processor.force_flush()
    first, second = sorted(directory.iterdir())
    assert first.read_bytes().count(b"\n") == (1 if bytes_first >= 0 else 2)
    assert names_in(second) == ["after"]
    assert processor.stats().dropped == {}


def test_many_signals_make_no_more_than_one_file_more(directory: Path) -> None:
    done = run_program(
        """
        import signal, sys
        from opentelemetry.sdk.trace import TracerProvider
        from toolspan.exporters import JsonlSpanProcessor

        processor = JsonlSpanProcessor(sys.argv[1])
        provider = TracerProvider()
        provider.add_span_processor(processor)
        tracer = provider.get_tracer("t")
        handled = 0

        def handler(*_):
            global handled
            handled += 1
            tracer.start_span(f"handler {handled}").end()
            signal.setitimer(signal.ITIMER_REAL, 0.001)  # handlers do not interrupt each other

        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, 0.001)
        number = 0
        while handled < 300:
            tracer.start_span(f"main {number}").end()
            number += 1
        signal.setitimer(signal.ITIMER_REAL, 0)
        print(number + handled, processor.stats().written, processor.stats().dropped)
        """,
        directory,
    )
    assert (done.returncode, done.stderr) == (0, "")
    ended, written, dropped = done.stdout.split()
    names = names_in(directory)
    assert (len(names), len(set(names))) == (int(ended), int(ended))
    assert (written, dropped) == (ended, "{}")
    assert len(list(directory.iterdir())) <= 2


def test_spans_that_finalisers_end_are_written(directory: Path) -> None:
    done = run_program(
        """
        import gc, sys, weakref
        from opentelemetry.sdk.trace import TracerProvider
        from toolspan.exporters import JsonlSpanProcessor

        provider = TracerProvider()
        provider.add_span_processor(JsonlSpanProcessor(sys.argv[1]))
        tracer = provider.get_tracer("t")

        class Stream:
            def __init__(self, name):
                self.span = tracer.start_span(name)
                self.cycle = self  # only the garbage collector ends it
            def __del__(self):
                self.span.end()

        class Owner:
            pass

        gc.set_threshold(7)  # in the middle of everything
        for number in range(300):
            Stream(f"collected {number}")
            tracer.start_span(f"main {number}").end()
        gc.collect()
        owner = Owner()
        weakref.finalize(owner, tracer.start_span("finalised").end)
        last = Stream("at exit")
        last.cycle = None
        """,
        directory,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(names_in(directory)) == sorted(
        [f"{kind} {number}" for kind in ("collected", "main") for number in range(300)]
        + ["finalised", "at exit"]
    )
