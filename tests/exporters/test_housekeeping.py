"""What becomes of files that are full: compressed, deleted when asked for, else left alone."""

import errno
import gzip
import io
import logging
import os
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest
import zstandard
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from support.programs import run_program
from toolspan.exporters import JsonlSpanProcessor
from toolspan.exporters.files import FileName, Housekeeper, _compression
from toolspan.exporters.files._compression import Compressor
from toolspan.exporters.files._retention import delete_old

DAY_S = 86_400


def file_name(number: int, signal: str = "spans") -> str:
    return str(FileName(signal, "agency", "host", 1, 1_700_000_000_000, number))


def make_file(directory: Path, number: int, *, size: int = 10, age_days: float = 0) -> Path:
    directory.mkdir(exist_ok=True)
    path = directory / file_name(number)
    path.write_bytes(b"x" * size)
    changed = time.time() - age_days * DAY_S
    os.utime(path, (changed, changed))
    return path


def end_spans(tracer: trace.Tracer, *names: str) -> None:
    for name in names:
        tracer.start_span(name).end()


def content_of(path: Path) -> bytes:
    match path.suffix:
        case ".zst":
            with zstandard.open(path, "rb") as file:
                return file.read()
        case ".gz":
            return gzip.decompress(path.read_bytes())
    return path.read_bytes()


# --- compression -----------------------------------------------------------------------------


@pytest.mark.requirement("design.4-compression", "capability.K-files")
@pytest.mark.parametrize(("compression", "suffix"), [("zstd", ".zst"), ("gzip", ".gz")])
def test_full_and_closed_files_are_compressed_and_the_open_one_is_not(
    directory: Path, provider: TracerProvider, compression: str, suffix: str
) -> None:
    processor = JsonlSpanProcessor(directory, max_file_bytes=1, compression=compression)  # type: ignore[arg-type]
    provider.add_span_processor(processor)
    end_spans(provider.get_tracer("t"), "a", "b", "c")
    assert processor.stats().path in directory.iterdir()
    provider.shutdown()
    paths = sorted(directory.iterdir())
    assert [path.suffixes[-2:] for path in paths] == [[".jsonl", suffix]] * 3
    assert [FileName.parsed(path.name).number for path in paths] == [1, 2, 3]  # type: ignore[union-attr]
    for path, name in zip(paths, "abc", strict=True):
        assert content_of(path).count(b"\n") == 1
        assert f'"name":"{name}"'.encode() in content_of(path)
        assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.requirement("design.4-compression")
@pytest.mark.parametrize("compression", ["zstd", "gzip"])
def test_a_compressed_file_is_of_the_real_kind_with_its_time_kept(
    directory: Path, compression: str
) -> None:
    path = make_file(directory, 1, size=3_000_000, age_days=2)
    changed = path.stat().st_mtime_ns
    compressed = Compressor(compression).compress(path)  # type: ignore[arg-type]
    assert list(directory.iterdir()) == [compressed]
    assert content_of(compressed) == b"x" * 3_000_000
    assert compressed.stat().st_mtime_ns == changed
    assert compressed.stat().st_size < 30_000


def test_a_file_that_cannot_be_compressed_stays_and_the_log_says_so_once(
    directory: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def no_room(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_room)
    housekeeper = Housekeeper("gzip")
    for number in (1, 2):
        housekeeper.finished(make_file(directory, number))
        assert housekeeper.wait(30)
    assert sorted(path.name for path in directory.iterdir()) == [file_name(1), file_name(2)]
    [record] = caplog.records
    assert "could not tidy up" in record.getMessage()


def test_a_file_that_grew_meanwhile_stays(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_file(directory, 1)

    def copy(source: IO[bytes], target: IO[bytes], _: int) -> None:
        target.write(source.read())
        with path.open("ab") as file:
            file.write(b"more")

    monkeypatch.setattr("shutil.copyfileobj", copy)
    with pytest.raises(RuntimeError, match="changed while it was compressed"):
        Compressor("gzip").compress(path)
    assert list(directory.iterdir()) == [path]


def test_a_crash_before_the_end_leaves_the_original(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_file(directory, 1)

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "rename", crash)
    with pytest.raises(KeyboardInterrupt):
        Compressor("gzip").compress(path)
    assert list(directory.iterdir()) == [path]


def test_a_file_system_that_cannot_synchronise_directories_keeps_no_file_twice(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def sync_files_only(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not for directories")
        fsync(descriptor)

    path = make_file(directory, 1)
    monkeypatch.setattr(os, "fsync", sync_files_only)
    compressed = Compressor("gzip").compress(path)
    assert list(directory.iterdir()) == [compressed]


def test_waiting_for_a_thread_that_is_not_started_yet_does_not_fail(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    housekeeper = Housekeeper("gzip")
    start = threading.Thread.start
    answers = []

    def wait_and_start(thread: threading.Thread) -> None:
        answers.append(housekeeper.wait(0.001))
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", wait_and_start)
    path = make_file(directory, 1)
    housekeeper.finished(path)
    assert housekeeper.wait(30)
    assert answers == [False]
    assert [found.suffix for found in directory.iterdir()] == [".gz"]


def test_where_zstd_is_missing_gzip_is_used_and_the_log_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, directory: Path
) -> None:
    monkeypatch.setattr(_compression, "_zstd_module", lambda: None)
    housekeeper = Housekeeper("zstd")
    housekeeper.finished(make_file(directory, 1))
    assert housekeeper.wait(30)
    assert [path.suffix for path in directory.iterdir()] == [".gz"]
    assert "zstd needs" in caplog.records[0].getMessage()


def test_a_forked_child_looks_after_its_own_files_and_the_parent_after_its_own(
    directory: Path,
) -> None:
    done = run_program(
        """
        import os, sys
        from opentelemetry.sdk.trace import TracerProvider
        from toolspan.exporters import JsonlSpanProcessor

        provider = TracerProvider()
        provider.add_span_processor(
            JsonlSpanProcessor(sys.argv[1], max_file_bytes=3000, compression="gzip")
        )
        tracer = provider.get_tracer("t")
        for child in range(5):
            for number in range(20):
                tracer.start_span("a").end()
            if os.fork() == 0:
                for number in range(20):
                    tracer.start_span("b").end()
                sys.exit()
        for child in range(5):
            assert os.wait()[1] == 0
        """,
        directory,
        measure=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    paths = list(directory.iterdir())
    assert {path.suffix for path in paths} == {".gz"}
    lines = b"".join(content_of(path) for path in paths).splitlines()
    assert sum(b'"name":"a"' in line for line in lines) == 100
    assert sum(b'"name":"b"' in line for line in lines) == 100


# --- retention -------------------------------------------------------------------------------


@pytest.mark.requirement("design.4-retention-off")
def test_nothing_is_deleted_unless_asked_for(directory: Path, provider: TracerProvider) -> None:
    old = make_file(directory, 1, age_days=4000)
    provider.add_span_processor(JsonlSpanProcessor(directory, max_file_bytes=1))
    end_spans(provider.get_tracer("t"), "a", "b")
    provider.shutdown()
    assert old in directory.iterdir()
    assert len(list(directory.iterdir())) == 3


def test_files_untouched_for_too_long_are_deleted_and_others_of_other_names_are_not(
    directory: Path, provider: TracerProvider
) -> None:
    make_file(directory, 1, age_days=8)
    young = make_file(directory, 2, age_days=6)
    stranger = directory / "notes.jsonl"
    stranger.touch()
    os.utime(stranger, (0, 0))
    provider.add_span_processor(JsonlSpanProcessor(directory, keep_days=7))
    end_spans(provider.get_tracer("t"), "a")
    provider.shutdown()
    assert {young, stranger} < set(directory.iterdir())
    assert len(list(directory.iterdir())) == 3


def test_the_oldest_are_deleted_until_the_rest_fits_but_never_the_one_being_written(
    directory: Path,
) -> None:
    paths = [make_file(directory, number, size=40, age_days=10 - number) for number in range(1, 5)]
    assert delete_old(directory, keep_days=0, keep_bytes=100, spare={paths[0]}) == 2
    assert sorted(directory.iterdir()) == [paths[0], paths[3]]


def test_compressed_files_and_events_count_as_well(directory: Path) -> None:
    directory.mkdir()
    for name in (file_name(1) + ".zst", file_name(1, "events") + ".gz", "spans.txt"):
        (directory / name).write_bytes(b"x" * 10)
        os.utime(directory / name, (0, 0))
    assert delete_old(directory, keep_days=1, keep_bytes=0) == 2
    assert [path.name for path in directory.iterdir()] == ["spans.txt"]


def test_no_file_that_this_process_writes_is_deleted_whichever_processor_writes_it(
    directory: Path, provider: TracerProvider
) -> None:
    rare = JsonlSpanProcessor(directory)
    rare.on_end(provider.get_tracer("t").start_span("rare"))  # type: ignore[arg-type]
    [oldest] = directory.iterdir()
    os.utime(oldest, (0, 0))
    provider.add_span_processor(JsonlSpanProcessor(directory, keep_bytes=1, max_file_bytes=1))
    end_spans(provider.get_tracer("t"), *"abc")
    provider.shutdown()
    assert oldest in directory.iterdir()
    rare.shutdown()


def test_a_file_that_another_process_deletes_meanwhile_is_passed_over(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, gone = make_file(directory, 1, age_days=9), make_file(directory, 2, age_days=9)
    scandir = os.scandir

    @contextmanager
    def scan_and_be_overtaken(path: Path) -> Iterator[list[os.DirEntry[str]]]:
        with scandir(path) as entries:
            found = list(entries)
        gone.unlink()
        yield found

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", scan_and_be_overtaken)
        assert delete_old(directory, keep_days=1, keep_bytes=0) == 1
    assert not old.exists()


def test_a_file_that_may_not_be_deleted_does_not_keep_the_others(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused, old = make_file(directory, 1, age_days=9), make_file(directory, 2, age_days=8)
    unlink = Path.unlink

    def unlink_own(path: Path, *, missing_ok: bool = False) -> None:
        if path == refused:
            raise PermissionError(errno.EPERM, "somebody else's")
        unlink(path, missing_ok=missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", unlink_own)
        with pytest.raises(PermissionError):
            delete_old(directory, keep_days=1, keep_bytes=0)
    assert (refused.exists(), old.exists()) == (True, False)


def test_a_directory_that_is_gone_is_told_once_and_harms_nobody(
    directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    housekeeper = Housekeeper(keep_bytes=1)
    housekeeper.finished(directory / file_name(1))
    assert housekeeper.wait(30)
    assert len(caplog.records) == 1


def test_a_clock_before_1970_gives_a_name_all_the_same() -> None:
    assert str(FileName("spans", "agency", "host", 1, -5)) == "spans-agency-host-1-0-1.jsonl"


def test_names_say_the_same_when_read_back() -> None:
    name = FileName.first("spans", "Ünïted  agents/42", 7)
    assert name.service == "n_ted_agents_42"
    assert FileName.parsed(str(name)) == name
    assert FileName.parsed(f"{name}.zst") == name
    assert FileName.parsed(f".{name}.zst.part") is None
    assert FileName.parsed("spans-2026.jsonl") is None
    assert FileName.first("spans", "///", 7).service == "unknown_service"


def test_standard_readers_read_what_was_compressed(directory: Path) -> None:
    path = Compressor("zstd").compress(make_file(directory, 1))
    with zstandard.open(path, "rb") as file:
        assert file.read() == b"x" * 10
    path = Compressor("gzip").compress(make_file(directory, 2))
    with gzip.open(io.BytesIO(path.read_bytes())) as file:
        assert file.read() == b"x" * 10
