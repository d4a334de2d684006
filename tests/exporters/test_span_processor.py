"""What `JsonlSpanProcessor` writes, and what it does when it cannot."""

import errno
import fcntl
import logging
import os
import shutil
import socket
import stat
from pathlib import Path

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from support.spans import otlp_json_spans
from toolspan.exporters import JsonlSpanProcessor, Reason, Stats
from toolspan.exporters.files import FileName


@pytest.fixture
def processor(directory: Path, provider: TracerProvider) -> JsonlSpanProcessor:
    processor = JsonlSpanProcessor(directory)
    provider.add_span_processor(processor)
    return processor


@pytest.fixture
def tracer(provider: TracerProvider) -> trace.Tracer:
    return provider.get_tracer("test.scope", "1.2")


def end_span(tracer: trace.Tracer, name: str) -> None:
    tracer.start_span(name).end()


def names_in(*paths: Path) -> list[str]:
    return [span["name"] for span in otlp_json_spans(*paths)]


@pytest.mark.requirement("design.4-write-through")
def test_a_span_is_in_the_file_when_end_returns(
    directory: Path, processor: JsonlSpanProcessor, tracer: trace.Tracer
) -> None:
    span = tracer.start_span("execute_tool search", attributes={"gen_ai.tool.name": "search"})
    assert not directory.exists()
    span.end()
    [written] = otlp_json_spans(directory)
    assert written | {"resource": written["resource"]["service.name"]} == {
        "resource": "agency",
        "scope": "test.scope",
        "name": "execute_tool search",
        "kind": "INTERNAL",
        "status": "UNSET",
        "description": "",
        "attributes": {"gen_ai.tool.name": "search"},
        "trace_id": f"{span.get_span_context().trace_id:032x}",
        "span_id": f"{span.get_span_context().span_id:016x}",
        "parent_span_id": "",
        "start": span.start_time,
        "end": span.end_time,
        "events": [],
        "links": [],
    }
    [path] = directory.iterdir()
    assert processor.stats() == Stats(
        mode="write_through",
        written=1,
        queued=0,
        dropped={},
        lines=1,
        bytes=path.stat().st_size,
        files=1,
        slow_writes=0,
        path=path,
    )


@pytest.mark.requirement("design.4-file-names", "design.4-permissions", "capability.K-files")
def test_the_file_name_says_what_wrote_it_and_only_the_user_may_read_it(
    directory: Path, processor: JsonlSpanProcessor, tracer: trace.Tracer
) -> None:
    end_span(tracer, "a")
    [path] = directory.iterdir()
    name = FileName.parsed(path.name)
    assert name is not None
    assert (name.signal, name.service, name.pid, name.number) == ("spans", "agency", os.getpid(), 1)
    assert name.host == socket.gethostname().replace("-", "_")
    assert str(name) == path.name
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


@pytest.mark.requirement("design.4-write-through", "design.4-append-descriptor")
def test_a_span_is_one_write_on_a_descriptor_that_appends_and_no_other_program_inherits(
    directory: Path,
    processor: JsonlSpanProcessor,
    tracer: trace.Tracer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    writes: list[tuple[int, bytes]] = []
    write = os.write

    def noted(descriptor: int, line: bytes) -> int:
        writes.append((descriptor, line))
        return write(descriptor, line)

    monkeypatch.setattr(os, "write", noted)
    for name in ("a", "b"):
        end_span(tracer, name)
        [path] = directory.iterdir()
        assert path.read_bytes() == b"".join(line for _, line in writes)
    assert len(writes) == 2
    [descriptor] = {descriptor for descriptor, _ in writes}
    assert fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_APPEND
    assert fcntl.fcntl(descriptor, fcntl.F_GETFD) & fcntl.FD_CLOEXEC


@pytest.mark.requirement("design.4-file-names")
def test_a_file_that_is_there_already_is_never_opened_again(
    directory: Path,
    processor: JsonlSpanProcessor,
    tracer: trace.Tracer,
    provider: TracerProvider,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("time.time_ns", lambda: 1_700_000_000_000_000_000)
    provider.add_span_processor(JsonlSpanProcessor(directory))  # its name would be the same
    end_span(tracer, "a")
    names = [FileName.parsed(path.name) for path in sorted(directory.iterdir())]
    assert [(name.start_ms, name.number) for name in names if name] == [
        (1_700_000_000_000, 1),
        (1_700_000_000_000, 2),
    ]
    assert [names_in(path) for path in directory.iterdir()] == [["a"], ["a"]]


def test_unsampled_spans_are_not_written(directory: Path) -> None:
    provider = TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False)
    provider.add_span_processor(JsonlSpanProcessor(directory))
    end_span(provider.get_tracer("t"), "a")
    assert not directory.exists()


def test_two_processors_in_one_directory_write_a_file_each(
    directory: Path, processor: JsonlSpanProcessor, tracer: trace.Tracer, provider: TracerProvider
) -> None:
    provider.add_span_processor(JsonlSpanProcessor(directory))
    end_span(tracer, "a")
    assert [names_in(path) for path in directory.iterdir()] == [["a"], ["a"]]


def test_a_span_that_ends_after_shutdown_is_no_loss(
    directory: Path, processor: JsonlSpanProcessor, provider: TracerProvider, tracer: trace.Tracer
) -> None:
    end_span(tracer, "a")
    provider.shutdown()
    assert processor.stats().path is None
    end_span(tracer, "late")
    processor.shutdown()
    assert processor.force_flush()
    assert sorted(names_in(directory)) == ["a", "late"]


def test_a_directory_that_is_deleted_is_made_again(
    directory: Path, processor: JsonlSpanProcessor, tracer: trace.Tracer
) -> None:
    end_span(tracer, "a")
    shutil.rmtree(directory)
    end_span(tracer, "b")
    assert names_in(directory) == ["b"]
    assert processor.stats().dropped == {}


def test_lines_follow_a_file_that_was_moved_or_emptied(
    directory: Path, processor: JsonlSpanProcessor, tracer: trace.Tracer
) -> None:
    end_span(tracer, "a")
    [path] = directory.iterdir()
    moved = path.rename(directory / "spans-moved.jsonl")
    end_span(tracer, "b")
    assert names_in(moved) == ["a", "b"]
    os.truncate(moved, 0)
    end_span(tracer, "c")
    assert names_in(moved) == ["c"]


def test_no_line_is_put_behind_a_fragment_somebody_left(
    directory: Path, processor: JsonlSpanProcessor, tracer: trace.Tracer
) -> None:
    end_span(tracer, "a")
    [path] = directory.iterdir()
    os.truncate(path, 100)
    end_span(tracer, "b")
    [other] = set(directory.iterdir()) - {path}
    assert names_in(other) == ["b"]


def test_a_descriptor_that_somebody_closed_and_reused_is_left_alone(
    directory: Path,
    processor: JsonlSpanProcessor,
    tracer: trace.Tracer,
    tmp_path: Path,
) -> None:
    end_span(tracer, "a")
    descriptor = processor._writer._file._descriptor
    other = tmp_path / "other"
    other.touch()
    strange = os.open(other, os.O_WRONLY)
    os.dup2(strange, descriptor)  # as a program that closes all descriptors and goes on would
    end_span(tracer, "b")
    assert other.read_bytes() == b""
    assert sorted(names_in(directory)) == ["a", "b"]
    os.close(descriptor)  # still open: it was not the processor's to close
    os.close(strange)


def test_a_descriptor_that_somebody_closed_costs_no_span(
    directory: Path, processor: JsonlSpanProcessor, tracer: trace.Tracer
) -> None:
    end_span(tracer, "a")
    os.close(processor._writer._file._descriptor)
    end_span(tracer, "b")
    assert sorted(names_in(directory)) == ["a", "b"]
    assert processor.stats().dropped == {}


def test_a_short_write_that_cannot_go_on_leaves_no_fragment(
    directory: Path,
    processor: JsonlSpanProcessor,
    tracer: trace.Tracer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write = os.write
    room = [50]

    def write_into_room(descriptor: int, line: bytes) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = write(descriptor, line[: room[0]])
        room[0] -= written
        return written

    end_span(tracer, "a")
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", write_into_room)
        end_span(tracer, "b")
    end_span(tracer, "c")
    assert names_in(directory) == ["a", "c"]
    assert processor.stats().dropped == {Reason.DISK_FULL: 1}


def test_a_short_write_that_goes_on_costs_nothing(
    directory: Path,
    processor: JsonlSpanProcessor,
    tracer: trace.Tracer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write = os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda descriptor, line: write(descriptor, line[:50]))
        end_span(tracer, "a")
    end_span(tracer, "b")
    assert names_in(directory) == ["a", "b"]
    assert processor.stats().dropped == {}


def test_a_fragment_that_cannot_be_cut_back_is_the_end_of_its_file(
    directory: Path,
    processor: JsonlSpanProcessor,
    tracer: trace.Tracer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write = os.write
    calls = iter([50])

    def short_then_broken(descriptor: int, line: bytes) -> int:
        for length in calls:
            return write(descriptor, line[:length])
        raise OSError(errno.EIO, "broken")

    def refuse(*_: int) -> None:
        raise OSError(errno.EIO, "broken")

    end_span(tracer, "a")
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", short_then_broken)
        patch.setattr(os, "ftruncate", refuse)
        end_span(tracer, "b")
    end_span(tracer, "c")
    first, second = sorted(directory.iterdir())
    assert not first.read_bytes().endswith(b"\n")
    assert names_in(second) == ["c"]
    assert processor.stats().dropped == {Reason.IO_ERROR: 1}


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (errno.ENOSPC, Reason.DISK_FULL),
        (errno.EDQUOT, Reason.DISK_FULL),
        (errno.EROFS, Reason.PERMISSION),
        (errno.EMFILE, Reason.NO_DESCRIPTOR),
        (errno.EIO, Reason.IO_ERROR),
    ],
)
def test_what_cannot_be_written_is_counted_and_told_once_and_writing_resumes(
    directory: Path,
    processor: JsonlSpanProcessor,
    tracer: trace.Tracer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: int,
    reason: Reason,
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(error, os.strerror(error))

    caplog.set_level(logging.INFO, "toolspan.exporters")
    end_span(tracer, "a")
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", refuse)
        end_span(tracer, "b")
        end_span(tracer, "c")
    end_span(tracer, "d")
    assert names_in(directory) == ["a", "d"]
    assert processor.stats().written == 2
    assert processor.stats().dropped == {reason: 2}
    warning, resumed = caplog.records
    assert warning.getMessage() == (
        f"toolspan cannot write spans to {directory} ({reason}: [Errno {error}] "
        f"{os.strerror(error)}). They are dropped and counted until it works again; "
        "the program goes on."
    )
    assert resumed.getMessage() == (
        f"toolspan writes spans to {directory} again; 2 were dropped so far."
    )


def test_a_file_where_the_directory_should_be_is_a_counted_drop(
    directory: Path, processor: JsonlSpanProcessor, tracer: trace.Tracer
) -> None:
    directory.touch()
    end_span(tracer, "a")
    assert processor.stats().dropped == {Reason.NO_DIRECTORY: 1}
    directory.unlink()
    end_span(tracer, "b")
    assert names_in(directory) == ["b"]


def test_a_defect_of_ours_does_not_reach_the_program(
    processor: JsonlSpanProcessor,
    tracer: trace.Tracer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_: object) -> str:
        raise RuntimeError("defect")

    monkeypatch.setattr("toolspan.exporters._processors.span_text", fail)
    end_span(tracer, "a")
    assert processor.stats().dropped == {Reason.INTERNAL: 1}


def test_the_program_may_change_its_directory(
    tmp_path: Path, provider: TracerProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    provider.add_span_processor(JsonlSpanProcessor("relative"))
    monkeypatch.chdir("/")
    end_span(provider.get_tracer("t"), "a")
    assert names_in(tmp_path / "relative") == ["a"]


def test_a_program_whose_directory_is_gone_goes_on(
    tmp_path: Path, provider: TracerProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    processor = JsonlSpanProcessor("relative")
    provider.add_span_processor(processor)
    end_span(provider.get_tracer("t"), "a")
    assert processor.stats().dropped == {Reason.NO_DIRECTORY: 1}
