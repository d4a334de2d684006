"""On request each line is on the disk, not only in the kernel, when `end()` returns."""

import errno
import os
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import TracerProvider

from support.spans import otlp_json_spans
from toolspan.exporters import JsonlSpanProcessor, Reason
from toolspan.exporters.files import _descriptor


def names_in(directory: Path) -> list[str]:
    return [span["name"] for span in otlp_json_spans(directory)]


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was synchronised: `line` or `directory`."""
    calls: list[str] = []
    fdatasync, fsync = os.fdatasync, os.fsync
    monkeypatch.setattr(
        _descriptor, "_fdatasync", lambda number: (fdatasync(number), calls.append("line"))
    )
    monkeypatch.setattr(os, "fsync", lambda number: (fsync(number), calls.append("directory")))
    return calls


def test_every_line_and_the_name_of_every_file_are_on_the_disk(
    directory: Path, provider: TracerProvider, synced: list[str]
) -> None:
    provider.add_span_processor(JsonlSpanProcessor(directory, fsync=True, max_file_bytes=1))
    for name in ("a", "b"):
        provider.get_tracer("t").start_span(name).end()
    assert synced == ["directory", "line"] * 2
    assert sorted(names_in(directory)) == ["a", "b"]


def test_batch_mode_waits_once_a_line(
    directory: Path, provider: TracerProvider, synced: list[str]
) -> None:
    provider.add_span_processor(
        JsonlSpanProcessor(directory, fsync=True, mode="batch", flush_interval_ms=3_600_000)
    )
    for name in ("a", "b", "c"):
        provider.get_tracer("t").start_span(name).end()
    provider.force_flush()
    assert synced == ["directory", "line"]


def test_nothing_waits_for_the_disk_unless_asked_to(
    directory: Path, provider: TracerProvider, synced: list[str]
) -> None:
    provider.add_span_processor(JsonlSpanProcessor(directory))
    provider.get_tracer("t").start_span("a").end()
    assert synced == []


def test_a_line_that_the_disk_refuses_is_cut_off_and_counted(
    directory: Path, provider: TracerProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: int) -> None:
        raise OSError(errno.EIO, "broken")

    processor = JsonlSpanProcessor(directory, fsync=True)
    provider.add_span_processor(processor)
    tracer = provider.get_tracer("t")
    tracer.start_span("a").end()
    with monkeypatch.context() as patch:
        patch.setattr(_descriptor, "_fdatasync", refuse)
        tracer.start_span("b").end()
    tracer.start_span("c").end()
    assert names_in(directory) == ["a", "c"]
    assert processor.stats().dropped == {Reason.IO_ERROR: 1}


def test_waiting_for_the_disk_is_not_taken_for_a_slow_disk(
    directory: Path, provider: TracerProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr("time.perf_counter", lambda: now[0])
    monkeypatch.setattr(_descriptor, "_fdatasync", lambda _: now.append(now.pop() + 0.05))
    processor = JsonlSpanProcessor(directory, fsync=True)
    provider.add_span_processor(processor)
    for _ in range(30):
        provider.get_tracer("t").start_span("a").end()
    assert (processor.stats().mode, processor.stats().slow_writes) == ("write_through", 30)
