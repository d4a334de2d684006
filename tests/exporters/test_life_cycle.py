"""However a process ends or forks: every span that ended is in a file, once."""

import signal
from collections import Counter
from pathlib import Path

import pytest

from support.programs import run_program
from support.spans import otlp_json_spans
from toolspan.exporters.files import FileName

SET_UP = """
import itertools, os, signal, sys, threading
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from toolspan.exporters import attach

trace.set_tracer_provider(TracerProvider())
assert attach(sys.argv[1])
tracer = trace.get_tracer("t")

def end_spans(label, count):
    for number in range(count):
        tracer.start_span(f"{label} {number}").end()
"""


def names_in(directory: Path) -> Counter[str]:
    return Counter(span["name"] for span in otlp_json_spans(directory))


def expected(**counts: int) -> Counter[str]:
    return Counter(
        f"{label} {number}" for label, count in counts.items() for number in range(count)
    )


@pytest.mark.requirement("design.4-write-through")
@pytest.mark.parametrize(
    ("ending", "status"),
    [
        ("raise RuntimeError('agent')", 1),
        ("os._exit(7)", 7),
        ("os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM),
        ("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
        ("sys.exit(3)", 3),
        ("threading.Thread(target=end_spans, args=('endless', 10**9), daemon=True).start()", 0),
    ],
    ids=["exception", "os._exit", "SIGTERM", "SIGKILL", "exit", "live daemon thread"],
)
def test_however_the_process_ends_no_span_is_lost(
    directory: Path, ending: str, status: int
) -> None:
    done = run_program(f"{SET_UP}\nend_spans('main', 100)\n{ending}", directory)
    assert done.returncode == status
    names = names_in(directory)
    assert names == expected(main=100) | expected(endless=len(names) - 100)


def test_children_forked_while_other_threads_write_do_not_hang_and_write_files_of_their_own(
    directory: Path,
) -> None:
    done = run_program(
        SET_UP
        + """
stop = threading.Event()
ended = []

def write(label):
    number = 0
    while not stop.is_set():
        tracer.start_span(f"{label} {number}").end()
        number += 1
    ended.append((label, number))

threads = [threading.Thread(target=write, args=(f"thread{i}",), daemon=True) for i in range(3)]
for thread in threads:
    thread.start()
for child in range(40):
    pid = os.fork()
    if pid == 0:
        signal.alarm(20)  # a child that hangs ends by SIGALRM
        end_spans(f"child{child}", 3)
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0, child
stop.set()
for thread in threads:
    thread.join()
print(ended)
""",
        directory,
        measure=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    ended = dict(eval(done.stdout))
    assert names_in(directory) == expected(**ended, **{f"child{i}": 3 for i in range(40)})
    pids = {FileName.parsed(path.name).pid for path in directory.iterdir()}  # type: ignore[union-attr]
    assert len(pids) == 41


@pytest.mark.requirement("design.4-survives-multiprocessing")
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_worker_processes_of_every_start_method_keep_their_spans(
    directory: Path, tmp_path: Path, method: str
) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        SET_UP
        + f"""
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

def work(label):
    end_spans(label, 5)

if __name__ == "__main__":
    end_spans("main", 5)
    context = multiprocessing.get_context("{method}")
    process = context.Process(target=work, args=("process",))
    process.start()
    process.join()
    assert process.exitcode == 0
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        list(pool.map(work, ["pool1", "pool2"]))
""",
        encoding="utf-8",
    )
    done = run_program(program, directory, measure=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert names_in(directory) == expected(main=5, process=5, pool1=5, pool2=5)


def test_a_signal_handler_that_ends_spans_does_not_deadlock(directory: Path) -> None:
    done = run_program(
        SET_UP
        + """
handled = itertools.count()

def handler(*_):
    tracer.start_span(f"handler {next(handled)}").end()

signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.005, 0.005)
end_spans("main", 5000)
signal.setitimer(signal.ITIMER_REAL, 0)
print(next(handled))
""",
        directory,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert names_in(directory) == expected(main=5000, handler=int(done.stdout))
