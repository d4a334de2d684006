"""Batch mode: encoded in the caller, queued within bounds, written by a thread of its own."""

import errno
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider

from support.otlp_protobuf import traces_messages
from support.programs import run_program
from support.spans import otlp_json_spans
from toolspan.exporters import JsonlSpanProcessor, Reason

NEVER_MS = 3_600_000.0


class SlowDisk:
    """`os.write` that waits until it is told to go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.entered, self.released = threading.Event(), threading.Event()
        write = os.write

        def wait_and_write(descriptor: int, line: bytes) -> int:
            self.entered.set()
            assert self.released.wait(30)
            return write(descriptor, line)

        monkeypatch.setattr(os, "write", wait_and_write)


@pytest.fixture
def slow_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowDisk]:
    disk = SlowDisk(monkeypatch)
    yield disk
    disk.released.set()


def processor_and_tracer(
    directory: Path, provider: TracerProvider, **settings: object
) -> tuple[JsonlSpanProcessor, trace.Tracer]:
    processor = JsonlSpanProcessor(directory, mode="batch", **settings)  # type: ignore[arg-type]
    provider.add_span_processor(processor)
    return processor, provider.get_tracer("t")


def end_spans(tracer: trace.Tracer, *names: str) -> None:
    for name in names:
        tracer.start_span(name).end()


def names_in(directory: Path) -> list[str]:
    return [span["name"] for span in otlp_json_spans(directory)]


def lines_in(directory: Path) -> list[int]:
    """How many spans each line holds."""
    return [
        sum(len(scope.spans) for group in message.resource_spans for scope in group.scope_spans)
        for message in traces_messages(directory)
    ]


@pytest.mark.requirement("design.4-batch-mode")
def test_spans_wait_for_each_other_and_share_a_line(
    directory: Path, provider: TracerProvider
) -> None:
    processor, tracer = processor_and_tracer(
        directory, provider, flush_interval_ms=NEVER_MS, line_records=4
    )
    end_spans(tracer, "a", "b", "c")
    assert processor.stats().queued == 3
    assert processor.stats().written == 0
    assert provider.force_flush()
    assert processor.stats().queued == 0
    assert (names_in(directory), lines_in(directory)) == (["a", "b", "c"], [3])


def test_a_full_line_is_written_without_waiting(
    directory: Path, provider: TracerProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = threading.Event()
    write = os.write
    monkeypatch.setattr(os, "write", lambda *call: (write(*call), written.set())[0])
    _, tracer = processor_and_tracer(
        directory, provider, flush_interval_ms=NEVER_MS, line_records=4
    )
    end_spans(tracer, *"abcd")
    assert written.wait(30)
    provider.force_flush()
    assert lines_in(directory) == [4]


def test_a_span_that_is_alone_is_written_when_the_interval_is_over(
    directory: Path, provider: TracerProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = threading.Event()
    write = os.write
    monkeypatch.setattr(os, "write", lambda *call: (write(*call), written.set())[0])
    _, tracer = processor_and_tracer(directory, provider, flush_interval_ms=10)
    for name in ("a", "b"):
        written.clear()
        end_spans(tracer, name)
        assert written.wait(30)


def test_lines_are_bounded_by_records_and_by_bytes(
    directory: Path, provider: TracerProvider
) -> None:
    _, tracer = processor_and_tracer(
        directory, provider, flush_interval_ms=NEVER_MS, line_records=100, line_bytes=600
    )
    end_spans(tracer, "a", "b", "c" * 700, "d")
    provider.force_flush()
    assert sum(lines_in(directory)) == 4
    assert max(lines_in(directory)) == 3


def test_spans_of_two_scopes_share_a_line_in_groups(
    directory: Path, provider: TracerProvider
) -> None:
    _, tracer = processor_and_tracer(directory, provider, flush_interval_ms=NEVER_MS)
    end_spans(tracer, "a")
    end_spans(provider.get_tracer("other"), "b")
    end_spans(tracer, "c")
    provider.force_flush()
    [message] = traces_messages(directory)
    [group] = message.resource_spans
    assert [[span.name for span in scope.spans] for scope in group.scope_spans] == [
        ["a", "c"],
        ["b"],
    ]


@pytest.mark.requirement("design.4-batch-mode")
@pytest.mark.parametrize(
    ("bound", "kept"), [({"queue_records": 3}, 3), ({"queue_bytes": 1000}, 5)], ids=str
)
def test_a_full_queue_drops_and_counts_and_never_waits(
    directory: Path,
    provider: TracerProvider,
    slow_disk: SlowDisk,
    caplog: pytest.LogCaptureFixture,
    bound: dict[str, int],
    kept: int,
) -> None:
    processor, tracer = processor_and_tracer(directory, provider, line_records=1, **bound)
    end_spans(tracer, "being written")
    assert slow_disk.entered.wait(30)
    end_spans(tracer, *"abcdefgh")
    stats = processor.stats()
    assert (stats.queued, stats.dropped) == (kept, {Reason.QUEUE_FULL: 8 - kept})
    [record] = caplog.records
    assert "toolspan cannot write spans" in record.getMessage()
    slow_disk.released.set()
    assert provider.force_flush()
    assert names_in(directory) == ["being written", *"abcdefgh"[:kept]]
    assert processor.stats().written == 1 + kept


def test_a_flush_gives_up_when_the_time_is_over_and_shutdown_counts_what_is_left(
    directory: Path, provider: TracerProvider, slow_disk: SlowDisk
) -> None:
    processor, tracer = processor_and_tracer(directory, provider, line_records=1)
    end_spans(tracer, "being written")
    assert slow_disk.entered.wait(30)
    end_spans(tracer, "a", "b")
    start = time.monotonic()
    assert not processor.force_flush(100)
    processor.shutdown(100)
    assert time.monotonic() - start < 5
    assert processor.stats().dropped == {Reason.NOT_IN_TIME: 2}


def test_what_a_line_holds_is_dropped_and_counted_when_the_line_cannot_be_written(
    directory: Path, provider: TracerProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    processor, tracer = processor_and_tracer(directory, provider, flush_interval_ms=NEVER_MS)

    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, "full")

    end_spans(tracer, "a", "b")
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", refuse)
        assert processor.force_flush()
    end_spans(tracer, "c")
    processor.shutdown()
    assert processor.stats().dropped == {Reason.DISK_FULL: 2}
    assert names_in(directory) == ["c"]


def test_a_span_that_ends_after_shutdown_is_written_through(
    directory: Path, provider: TracerProvider
) -> None:
    processor, tracer = processor_and_tracer(directory, provider, flush_interval_ms=NEVER_MS)
    end_spans(tracer, "a")
    provider.shutdown()
    processor.shutdown()
    end_spans(tracer, "late")
    assert sorted(names_in(directory)) == ["a", "late"]
    assert processor.stats().mode == "write_through"


def test_many_threads_lose_nothing(directory: Path) -> None:
    provider = TracerProvider(resource=Resource({}), shutdown_on_exit=False)
    processor, tracer = processor_and_tracer(directory, provider, flush_interval_ms=1)
    threads = [
        threading.Thread(target=lambda: [end_spans(tracer, "a") for _ in range(200)])
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    provider.shutdown()
    assert len(names_in(directory)) == 1600
    assert processor.stats().written == 1600


@pytest.mark.parametrize("refused", ["start", "__init__"], ids=["none left", "no daemons here"])
def test_without_a_thread_to_be_had_spans_are_written_all_the_same(
    directory: Path, provider: TracerProvider, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("no thread for you")

    processor, tracer = processor_and_tracer(
        directory, provider, flush_interval_ms=NEVER_MS, max_file_bytes=1, compression="gzip"
    )
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, refused, refuse)
        end_spans(tracer, "a", "b")
    assert sorted(names_in(directory)) == ["a", "b"]
    assert (processor.stats().written, processor.stats().dropped) == (2, {})


SET_UP = """
import os, signal, sys, threading, time
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from toolspan.exporters import attach

provider = TracerProvider({shutdown})
trace.set_tracer_provider(provider)
assert attach(sys.argv[1], mode="batch", flush_interval_ms=3_600_000)
tracer = trace.get_tracer("t")

def end_spans(label, count):
    for number in range(count):
        tracer.start_span(f"{{label}} {{number}}").end()
"""


@pytest.mark.parametrize(
    ("ending", "status", "shutdown"),
    [
        ("raise RuntimeError('agent')", 1, ""),
        ("sys.exit(3)", 3, ""),
        ("sys.exit(3)", 3, "shutdown_on_exit=False"),
        ("os.kill(os.getpid(), signal.SIGTERM)\ntime.sleep(30)", -signal.SIGTERM, ""),
        (
            "threading.Thread(target=end_spans, args=('endless', 10**9), daemon=True).start()",
            0,
            "",
        ),
    ],
    ids=["exception", "exit", "exit without shutdown", "SIGTERM", "live daemon thread"],
)
def test_the_queue_is_written_when_python_can_notice_the_end(
    directory: Path, ending: str, status: int, shutdown: str
) -> None:
    set_up = SET_UP.format(shutdown=shutdown)
    done = run_program(f"{set_up}\nend_spans('main', 100)\n{ending}", directory)
    assert done.returncode == status
    names = [name for name in names_in(directory) if name.startswith("main")]
    assert names == [f"main {number}" for number in range(100)]
    everything = names_in(directory)
    assert len(everything) == len(set(everything))


@pytest.mark.parametrize("ending", ["os._exit(0)", "os.kill(os.getpid(), signal.SIGKILL)"])
def test_only_the_queue_is_lost_when_python_cannot_notice_the_end(
    directory: Path, ending: str
) -> None:
    run_program(
        SET_UP.format(shutdown="")
        + f"end_spans('kept', 5)\nprovider.force_flush()\nend_spans('lost', 5)\n{ending}",
        directory,
    )
    assert names_in(directory) == [f"kept {number}" for number in range(5)]


def test_a_handler_of_the_program_for_sigterm_stays(directory: Path) -> None:
    done = run_program(
        SET_UP.format(shutdown="").replace(
            "provider =", "signal.signal(signal.SIGTERM, lambda *_: sys.exit(9))\nprovider ="
        )
        + "end_spans('main', 5)\nos.kill(os.getpid(), signal.SIGTERM)\ntime.sleep(30)",
        directory,
    )
    assert done.returncode == 9
    assert len(names_in(directory)) == 5


def test_sigterm_can_be_left_alone(directory: Path) -> None:
    done = run_program(
        SET_UP.format(shutdown="").replace('mode="batch"', 'mode="batch", flush_on_sigterm=False')
        + "end_spans('a', 1)\nprint(signal.getsignal(signal.SIGTERM) is signal.SIG_DFL)",
        directory,
    )
    assert done.stdout == "True\n"


@pytest.mark.requirement("design.4-survives-multiprocessing")
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
@pytest.mark.parametrize("imported", ["before", "after"])
def test_worker_processes_write_their_queue_before_they_end(
    directory: Path, tmp_path: Path, method: str, imported: str
) -> None:
    program = tmp_path / "program.py"
    first, second = (
        ("import multiprocessing\n", "")
        if imported == "before"
        else ("", "import multiprocessing\n")
    )
    program.write_text(
        first
        + SET_UP.format(shutdown="")
        + f"""
def work(label):
    end_spans(label, 5)

if __name__ == "__main__":
    end_spans("main", 5)
    {second.strip()}
    from concurrent.futures import ProcessPoolExecutor
    context = multiprocessing.get_context("{method}")
    process = context.Process(target=work, args=("process",))
    process.start()
    process.join()
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        list(pool.map(work, ["pool"]))
""",
        encoding="utf-8",
    )
    done = run_program(program, directory, measure=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(names_in(directory)) == sorted(
        f"{label} {number}" for label in ("main", "process", "pool") for number in range(5)
    )


def test_a_forked_child_neither_hangs_nor_writes_the_parents_queue(directory: Path) -> None:
    done = run_program(
        SET_UP.format(shutdown="")
        + """
stop = threading.Event()

def write():
    while not stop.is_set():
        end_spans("thread", 1)

threads = [threading.Thread(target=write, daemon=True) for _ in range(3)]
for thread in threads:
    thread.start()
for child in range(8):
    pid = os.fork()
    if pid == 0:
        signal.alarm(20)  # a child that hangs ends by SIGALRM
        end_spans(f"child{child}", 2)
        provider.force_flush()
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0, child
stop.set()
for thread in threads:
    thread.join()
""",
        directory,
        measure=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    spans = list(otlp_json_spans(directory))
    assert len({span["span_id"] for span in spans}) == len(spans)
    assert {span["name"] for span in spans if span["name"].startswith("child")} == {
        f"child{child} {number}" for child in range(8) for number in range(2)
    }


def test_a_signal_handler_that_ends_spans_and_flushes_does_not_deadlock(directory: Path) -> None:
    done = run_program(
        SET_UP.format(shutdown="")
        + """
handled = 0

def handler(*_):
    global handled
    handled += 1
    end_spans("handler", 1)
    assert provider.force_flush(20_000)
    signal.setitimer(signal.ITIMER_REAL, 0.002)

signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.002)
end_spans("main", 3000)
signal.setitimer(signal.ITIMER_REAL, 0)
print(handled)
""",
        directory,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(names_in(directory)) == 3000 + int(done.stdout)
