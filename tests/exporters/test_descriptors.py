"""Programs that close every descriptor and go on, as daemons do: nobody else's is touched."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from support.programs import run_program
from support.spans import otlp_json_spans
from toolspan.exporters import JsonlSpanProcessor


def names_in(directory: Path) -> list[str]:
    return sorted(span["name"] for span in otlp_json_spans(directory))


@pytest.fixture
def processor(directory: Path, provider: TracerProvider) -> JsonlSpanProcessor:
    processor = JsonlSpanProcessor(directory, max_file_bytes=1)
    provider.add_span_processor(processor)
    return processor


@pytest.fixture
def reused(processor: JsonlSpanProcessor, tracer: trace.Tracer) -> Iterator[int]:
    """The descriptor of the file, closed by somebody who then opened a socket."""
    tracer.start_span("a").end()
    descriptor = processor._writer._file._descriptor
    with socket.socket() as listener:
        os.dup2(listener.fileno(), descriptor)
    yield descriptor
    os.close(descriptor)


@pytest.fixture
def tracer(provider: TracerProvider) -> trace.Tracer:
    return provider.get_tracer("t")


def test_a_descriptor_that_is_somebody_elses_now_is_not_closed_at_shutdown(
    processor: JsonlSpanProcessor, reused: int
) -> None:
    processor.shutdown()
    os.fstat(reused)


def test_a_descriptor_that_is_somebody_elses_now_is_not_closed_in_a_forked_child(
    processor: JsonlSpanProcessor, reused: int
) -> None:
    processor._writer._file.after_fork_in_child()
    os.fstat(reused)


def test_a_descriptor_that_is_somebody_elses_now_is_not_closed_for_the_next_file(
    directory: Path, processor: JsonlSpanProcessor, tracer: trace.Tracer, reused: int
) -> None:
    tracer.start_span("b").end()
    os.fstat(reused)
    assert names_in(directory) == ["a", "b"]


def test_a_program_that_becomes_a_daemon_loses_nothing(directory: Path) -> None:
    done = run_program(
        """
        import os, sys
        from opentelemetry.sdk.trace import TracerProvider
        from toolspan.exporters import attach

        provider = TracerProvider()
        attach(sys.argv[1], tracer_provider=provider)
        tracer = provider.get_tracer("t")
        tracer.start_span("before").end()
        if os.fork():
            os._exit(0)
        tracer.start_span("leader").end()
        os.setsid()
        if os.fork():
            os._exit(0)
        os.chdir("/")
        os.umask(0)
        tracer.start_span("daemon").end()
        os.dup2(1, 250)  # open until the daemon ends, so that the test sees it end
        os.closerange(0, 250)
        for _ in range(3):
            os.open(os.devnull, os.O_RDWR)
        tracer.start_span("closed").end()
        """,
        directory,
        measure=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert names_in(directory) == ["before", "closed", "daemon", "leader"]
    assert {oct(path.stat().st_mode) for path in directory.iterdir()} == {"0o100600"}
