"""From one file to the next: by size and by age, without a gap, and not before the next is there."""

import errno
import os
from pathlib import Path
from threading import Thread

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from support.spans import otlp_json_spans
from toolspan.exporters import JsonlSpanProcessor, Reason
from toolspan.exporters.files import FileName


def names_in(*paths: Path) -> list[str]:
    return [span["name"] for span in otlp_json_spans(*paths)]


def end_spans(tracer: trace.Tracer, *names: str) -> None:
    for name in names:
        tracer.start_span(name).end()


def refuse(*_: object) -> int:
    raise PermissionError(errno.EACCES, "not yours any more")


@pytest.mark.requirement("design.4-rotation", "capability.K-files")
def test_a_full_file_is_followed_by_the_next(directory: Path, provider: TracerProvider) -> None:
    provider.add_span_processor(JsonlSpanProcessor(directory, max_file_bytes=1))
    tracer = provider.get_tracer("t")
    end_spans(tracer, "a", "b", "c")
    paths = sorted(directory.iterdir())
    assert [FileName.parsed(path.name).number for path in paths] == [1, 2, 3]  # type: ignore[union-attr]
    assert [names_in(path) for path in paths] == [["a"], ["b"], ["c"]]


@pytest.mark.requirement("design.4-rotation")
def test_an_old_file_is_followed_by_the_next(
    directory: Path, provider: TracerProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    provider.add_span_processor(JsonlSpanProcessor(directory, max_file_age_s=60))
    tracer = provider.get_tracer("t")
    end_spans(tracer, "a")
    now[0] += 59
    end_spans(tracer, "b")
    now[0] += 1
    end_spans(tracer, "c")
    assert [names_in(path) for path in sorted(directory.iterdir())] == [["a", "b"], ["c"]]


def test_a_full_file_takes_more_while_the_next_cannot_be_made(
    directory: Path, provider: TracerProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    processor = JsonlSpanProcessor(directory, max_file_bytes=1)
    provider.add_span_processor(processor)
    tracer = provider.get_tracer("t")
    end_spans(tracer, "a")
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refuse)  # as in a program that gave up its rights
        end_spans(tracer, "b", "c")
    assert [names_in(path) for path in directory.iterdir()] == [["a", "b", "c"]]
    end_spans(tracer, "d")
    assert [names_in(path) for path in sorted(directory.iterdir())] == [["a", "b", "c"], ["d"]]
    assert processor.stats().dropped == {}


def test_a_first_file_that_cannot_be_made_is_a_counted_drop(
    directory: Path, provider: TracerProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    processor = JsonlSpanProcessor(directory)
    provider.add_span_processor(processor)
    monkeypatch.setattr(os, "open", refuse)
    end_spans(provider.get_tracer("t"), "a")
    assert processor.stats().dropped == {Reason.PERMISSION: 1}


def test_what_another_thread_wrote_to_a_deleted_file_is_written_again_to_the_next(
    directory: Path, provider: TracerProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.perf_counter", lambda: 1000.0)  # the file was looked at just now
    provider.add_span_processor(JsonlSpanProcessor(directory, max_file_bytes=2500))
    tracer = provider.get_tracer("t")
    end_spans(tracer, "opens the file", "looks at it")
    [path] = directory.iterdir()
    other = Thread(target=end_spans, args=(tracer, "b"))
    other.start()
    other.join()
    path.unlink()
    end_spans(tracer, "c" * 1000)
    assert names_in(directory) == ["b", "c" * 1000]
    provider.force_flush()
    assert names_in(directory) == ["b", "c" * 1000]
