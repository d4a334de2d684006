"""An agent that ends spans until something ends it, and keeps a ledger of those that ended.

Run by `test_crash`: `python crash_writer.py DIRECTORY LEDGER ENDING SETTINGS`. The ledger is a
shared map of 8-byte counters, one a thread: a counter is raised after `end()` has returned, so
whatever ends the process, the ledger says which spans were promised. Prints a line when every
thread has ended its first spans.
"""

import json
import mmap
import os
import signal
import struct
import sys
import threading
from pathlib import Path

from opentelemetry.sdk.trace import TracerProvider

from toolspan.exporters import attach

THREADS = 3
FIRST = 150
"""Spans of each thread before the process may end."""


class Ledger:
    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self.map = mmap.mmap(file.fileno(), 0)

    def note(self, thread: int, ended: int) -> None:
        struct.pack_into("<q", self.map, 8 * thread, ended)


class Agent:
    """Threads that end spans, and the ways in which the process comes to its end."""

    def __init__(self, directory: str, ledger_path: Path, settings: dict[str, object]) -> None:
        self.ledger = Ledger(ledger_path)
        self.name = ledger_path.stem
        self.provider = TracerProvider()
        attach(directory, tracer_provider=self.provider, **settings)
        self.tracer = self.provider.get_tracer("crash")
        self.is_under_way = threading.Barrier(THREADS + 1)
        self.is_over = threading.Event()
        self.threads: list[threading.Thread] = []

    def start(self, *, is_endless: bool) -> None:
        self.threads = [
            threading.Thread(target=self.end_spans, args=(thread, is_endless), daemon=True)
            for thread in range(THREADS)
        ]
        for thread in self.threads:
            thread.start()
        self.is_under_way.wait()
        print("under way", flush=True)

    def end_spans(self, thread: int, is_endless: bool) -> None:
        number = 0
        while not self.is_over.is_set() and (is_endless or number < FIRST):
            self.end_span(f"{thread}/{number}")
            number += 1
            self.ledger.note(thread, number)
            if number == FIRST:
                self.is_under_way.wait()

    def end_span(self, name: str) -> None:
        self.tracer.start_span(f"{self.name}/{name}", attributes={"gen_ai.tool.name": "t"}).end()

    def end(self, ending: str) -> None:
        match ending:
            case "exception":
                raise RuntimeError("the agent's own")
            case "os._exit":
                os._exit(7)
            case "exit":
                sys.exit()
            case "SIGTERM" | "SIGKILL":
                # Not `signal.pause()`: a signal that comes just before it is seen only by the
                # next one, since Python runs handlers between two steps of the main thread.
                while not self.is_over.wait(0.1):
                    pass
            case "fork storm":
                self.fork_storm()

    def fork_storm(self) -> None:
        for child in range(20):
            pid = os.fork()
            if pid == 0:
                signal.alarm(30)  # a child that hangs ends by SIGALRM
                for number in range(3):
                    self.end_span(f"child{child}/{number}")
                self.provider.force_flush()
                os._exit(0)
            assert os.waitpid(pid, 0)[1] == 0, f"child {child} did not end well"
        self.is_over.set()
        for thread in self.threads:
            thread.join()


def main(directory: str, ledger_path: str, ending: str, settings: dict[str, object]) -> None:
    agent = Agent(directory, Path(ledger_path), settings)
    # What Python notices ends a process whose threads are done, so that the count is known.
    agent.start(is_endless=ending in ("SIGKILL", "os._exit", "SIGTERM", "fork storm"))
    agent.end(ending)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], json.loads(sys.argv[4]))
