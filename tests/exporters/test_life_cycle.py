"""However a process ends or forks: every span that ended is in a file, once."""

import signal
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from support.programs import FORK_QUIETLY, TIMEOUT_S, run_program, unmeasured_environment
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


PRE_FORK_SERVER = (
    SET_UP
    + """
import socket

listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)

def serve(lifetime):
    while lifetime:
        connection, _ = listener.accept()
        with connection:
            request = connection.recv(100).decode()
            worker = threading.Thread(target=end_spans, args=(f"request {request}", 3))
            worker.start()
            worker.join()
            connection.sendall(str(os.getpid()).encode())
        lifetime -= 1

def recycle(how):
    match how:
        case "exit":
            sys.exit()
        case "os._exit":
            os._exit(0)
        case "SIGTERM" | "SIGKILL":
            os.kill(os.getpid(), getattr(signal, how))

end_spans("server", 1)  # the file is open when the workers are forked
hows = itertools.cycle(["exit", "os._exit", "SIGTERM", "SIGKILL"])
alive = 0
for how in itertools.islice(hows, 12):
    if alive == 3:
        os.wait()
        alive -= 1
    alive += 1
    if os.fork() == 0:
        serve(5)
        recycle(how)
while alive:
    os.wait()
    alive -= 1
"""
)


@pytest.mark.requirement("pain.16-worker-recycle")
def test_a_pre_fork_server_keeps_every_answered_request_however_its_workers_are_recycled(
    directory: Path,
) -> None:
    server = subprocess.Popen(
        [sys.executable, *FORK_QUIETLY, "-c", PRE_FORK_SERVER, directory],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=unmeasured_environment(),
    )
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        workers = Counter()
        for number in range(60):
            with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S) as connection:
                connection.sendall(str(number).encode())
                workers[connection.recv(100)] += 1
        assert server.communicate(timeout=TIMEOUT_S)[1] == ""
        assert server.returncode == 0
    finally:
        server.kill()
    assert list(workers.values()) == [5] * 12
    assert names_in(directory) == expected(
        server=1, **{f"request {number}": 3 for number in range(60)}
    )
    assert len(list(directory.iterdir())) == 13


def test_a_fork_by_c_code_that_runs_no_hook_of_python_writes_a_file_of_its_own(
    directory: Path,
) -> None:
    done = run_program(
        SET_UP
        + """
import ctypes

end_spans("parent", 2)
if ctypes.PyDLL(None).fork() == 0:  # as uWSGI does
    end_spans("child", 2)
    os._exit(0)
assert os.wait()[1] == 0
end_spans("later", 2)
""",
        directory,
        measure=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert names_in(directory) == expected(parent=2, child=2, later=2)
    assert len(list(directory.iterdir())) == 2
