"""Real processes that end in every way: which spans are in the files afterwards.

Written through: every span whose `end()` returned, exactly once. In batch mode the same, but for
what the queue held at SIGKILL or `os._exit`. The default run does each ending once; the slow one
many at a time, again and again.
"""

import gzip
import json
import struct
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import TracerProvider

from exporters.crash_writer import THREADS
from support.otlp_protobuf import traces_message
from support.programs import FORK_QUIETLY, TIMEOUT_S, unmeasured_environment
from toolspan.exporters import JsonlSpanProcessor

PROGRAM = Path(__file__).with_name("crash_writer.py")
ENDINGS = ("exception", "exit", "os._exit", "SIGTERM", "SIGKILL", "fork storm")
UNNOTICED = ("os._exit", "SIGKILL")
SETTINGS: dict[str, dict[str, object]] = {
    # A crowded machine must not be taken for a slow disk here: the promise would be another.
    "write-through": {"slow_disk": "stay"},
    "write-through, rotation in flight": {
        "slow_disk": "stay",
        "max_file_bytes": 20_000,
        "compression": "gzip",
    },
    "batch": {"mode": "batch", "flush_interval_ms": 5},
    "batch, rotation in flight": {
        "mode": "batch",
        "flush_interval_ms": 5,
        "max_file_bytes": 20_000,
        "compression": "gzip",
    },
}


@dataclass
class Writer:
    """A process of `crash_writer`."""

    ending: str
    ledger: Path
    process: subprocess.Popen[str]

    @classmethod
    def started(cls, directory: Path, ledger: Path, ending: str, settings: object) -> "Writer":
        ledger.write_bytes(bytes(8 * THREADS))
        process = subprocess.Popen(
            [
                sys.executable,
                *FORK_QUIETLY,
                PROGRAM,
                directory,
                ledger,
                ending,
                json.dumps(settings),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=unmeasured_environment(),
        )
        return cls(ending, ledger, process)

    def end(self) -> None:
        """See it end the way it is to, once all its threads have ended spans."""
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        assert said == "under way\n", self.process.communicate()[1]
        if self.ending == "SIGTERM":
            self.process.terminate()
        elif self.ending == "SIGKILL":
            self.process.kill()
        _, complaints = self.process.communicate(timeout=TIMEOUT_S)
        status = {
            "exception": 1,
            "os._exit": 7,
            "SIGTERM": -15,
            "SIGKILL": -9,
        }.get(self.ending, 0)
        assert self.process.returncode == status, complaints
        assert complaints == "" or self.ending == "exception"

    def promised(self) -> list[int]:
        """How many spans each thread has ended."""
        return list(struct.unpack(f"<{THREADS}q", self.ledger.read_bytes()))


def spans_in(directory: Path) -> Counter[str]:
    """Every span by name; every line must parse but an unterminated last one."""
    names: Counter[str] = Counter()
    for path in directory.iterdir():
        if path.name.startswith("."):
            continue  # half of a compressed file, whose original is still there
        if path.suffix == ".gz" and (path.with_suffix("")).exists():
            continue  # the end came between the compressed file and the original's removal
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        whole, _, _tail = data.rpartition(b"\n")
        for line in whole.splitlines():
            for group in traces_message(line).resource_spans:
                names.update(span.name for scope in group.scope_spans for span in scope.spans)
    return names


def check(directory: Path, writers: Sequence[Writer], *, is_batch: bool) -> None:
    names = spans_in(directory)
    assert set(names.values()) == {1}, "a span was written twice"
    for writer in writers:
        is_cut_short = is_batch and writer.ending in UNNOTICED
        for thread, promised in enumerate(writer.promised()):
            prefix = f"{writer.ledger.stem}/{thread}/"
            found = sorted(
                int(name.removeprefix(prefix)) for name in names if name.startswith(prefix)
            )
            # What is there is all up to some span: at least the promised ones, and one more whose
            # end() was about to return.
            assert found == list(range(len(found)))
            assert len(found) <= promised + 1
            assert is_cut_short or len(found) >= promised
        if writer.ending == "fork storm":
            children = [name for name in names if name.startswith(f"{writer.ledger.stem}/child")]
            assert len(children) == 60


@pytest.mark.requirement(
    "design.4-survives-exception",
    "design.4-survives-os-exit",
    "design.4-survives-sigterm",
    "design.4-survives-sigkill",
    "design.4-survives-fork",
    "capability.K-crash-safe",
    "pain.16-exit",
    "pain.16-fork",
)
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_what_was_promised_is_there_however_the_processes_end(
    tmp_path: Path, settings: dict[str, object]
) -> None:
    directory = tmp_path / "telemetry"
    writers = [
        Writer.started(directory, tmp_path / f"writer{number}", ending, settings)
        for number, ending in enumerate(ENDINGS)
    ]
    for writer in writers:
        writer.end()
    check(directory, writers, is_batch="mode" in settings)


@pytest.mark.slow
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("ending", ENDINGS)
def test_what_was_promised_is_there_again_and_again(
    tmp_path: Path, settings: dict[str, object], ending: str
) -> None:
    directory = tmp_path / "telemetry"
    writers = []
    for turn in range(4):
        crowd = [
            Writer.started(directory, tmp_path / f"writer{turn}-{number}", ending, settings)
            for number in range(6)
        ]
        for writer in crowd:
            writer.end()
        writers += crowd
    check(directory, writers, is_batch="mode" in settings)


def test_a_tail_cut_off_at_any_byte_is_held_back_and_counted_by_the_reader(
    directory: Path, tmp_path: Path, provider: TracerProvider
) -> None:
    from toolspan.analytics import open_traces

    provider.add_span_processor(JsonlSpanProcessor(directory))
    tracer = provider.get_tracer("t")
    tracer.start_span("execute_tool a", attributes={"gen_ai.tool.name": "a"}).end()
    tracer.start_span("execute_tool b", attributes={"gen_ai.tool.name": "b"}).end()
    [path] = directory.iterdir()
    first, second = path.read_bytes().splitlines(keepends=True)
    cut = tmp_path / "cut"
    cut.mkdir()
    lengths = range(1, len(second) - 1)  # all of it but the newline is a whole line again
    for length in lengths:
        (cut / f"spans-{length}.jsonl").write_bytes(first + second[:length])
    with open_traces(cut, cache=False) as traces:
        summary = traces.summary
    assert {Path(path).name: held_back for path, held_back in summary.unfinished.items()} == {
        f"spans-{length}.jsonl": length for length in lengths
    }
    assert (summary.spans_delivered, summary.spans, summary.damages) == (len(lengths), 1, [])
