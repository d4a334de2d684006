"""Real faults of real file systems: the agent goes on, what is lost is counted, writing resumes."""

import json
from pathlib import Path
from typing import Any

import pytest

from support.programs import run_program, run_with_own_mounts
from support.spans import otlp_json_spans

SET_UP = """
import collections, json, logging, os, resource, shutil, subprocess, sys, threading
from pathlib import Path
from opentelemetry.sdk.trace import TracerProvider
from toolspan.exporters import JsonlSpanProcessor

class Lines(logging.Handler):
    lines = []
    def emit(self, record):
        self.lines.append(record.getMessage())

logging.getLogger("toolspan.exporters").addHandler(Lines())
logging.getLogger("toolspan.exporters").propagate = False
directory = Path(sys.argv[1])
directory.mkdir(exist_ok=True)
settings = json.loads(sys.argv[2]) if len(sys.argv) > 2 else {}
processor = JsonlSpanProcessor(directory / "telemetry", **settings)
provider = TracerProvider()
provider.add_span_processor(processor)
tracer = provider.get_tracer("t")
ended = 0

def end_spans(count, threads=4):
    global ended
    def work(label):
        for number in range(count):
            tracer.start_span(f"{label} {number}", attributes={"text": "x" * 300}).end()
    label = ended
    workers = [threading.Thread(target=work, args=(f"{label}-{i}",)) for i in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    ended += count * threads

def mount(*options):
    subprocess.run(["mount", *options, str(directory)], check=True)

def report():
    processor.force_flush()
    names = collections.Counter()
    for path in (directory / "telemetry").iterdir():
        data = path.read_bytes()
        assert data.endswith(b"\\n") or not data
        for line in data.splitlines():
            for group in json.loads(line)["resourceSpans"]:
                for scope in group["scopeSpans"]:
                    names.update(span["name"] for span in scope["spans"])
    stats = processor.stats()
    print(json.dumps({
        "ended": ended,
        "in files": len(names),
        "twice": len(names) - sum(names.values()),
        "written": stats.written,
        "dropped": stats.dropped,
        "log": Lines.lines,
        "files": len(list((directory / "telemetry").iterdir())),
    }))
"""


def outcome(done: Any) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    result: dict[str, Any] = json.loads(done.stdout)
    assert result["twice"] == 0
    assert result["written"] + sum(result["dropped"].values()) == result["ended"]
    return result


@pytest.mark.requirement("design.4-disk-full", "design.4-short-write", "capability.K-drops-counted")
@pytest.mark.parametrize("mode", ["write_through", "batch"])
def test_a_disk_that_is_full_and_free_again(tmp_path: Path, mode: str) -> None:
    done = run_with_own_mounts(
        SET_UP
        + """
mount("-t", "tmpfs", "-o", "size=600k", "tmpfs")
filler = directory / "filler"
filler.write_bytes(bytes(300_000))
end_spans(200)
processor.force_flush()
before = processor.stats()
assert before.written and before.dropped
filler.unlink()
end_spans(20)
processor.force_flush()
assert processor.stats().written == before.written + 80, "writing did not resume"
report()
""",
        tmp_path,
        json.dumps({"mode": mode, "slow_disk": "stay", "line_records": 10}),
    )
    result = outcome(done)
    assert result["in files"] == result["written"]
    assert set(result["dropped"]) == {"disk_full"}
    assert len([line for line in result["log"] if "cannot write" in line]) == 1


@pytest.mark.requirement("design.4-disk-full")
@pytest.mark.parametrize("mode", ["write_through", "batch"])
def test_many_processes_on_one_full_disk_keep_or_count_every_span(
    tmp_path: Path, mode: str
) -> None:
    done = run_with_own_mounts(
        SET_UP
        + """
ledger = Path(sys.argv[3])
ledger.mkdir()
mount("-t", "tmpfs", "-o", "size=700k", "tmpfs")
for writer in range(5):
    if os.fork() == 0:
        end_spans(150)
        provider.shutdown()
        (ledger / str(writer)).write_text(json.dumps(
            [processor.stats().written, processor.stats().dropped]
        ))
        os._exit(0)
for writer in range(5):
    assert os.wait()[1] == 0
written = [json.loads(path.read_text()) for path in ledger.iterdir()]
assert len(written) == 5
dropped = sum((collections.Counter(drops) for _, drops in written), collections.Counter())
names, fragments = collections.Counter(), 0
for path in (directory / "telemetry").iterdir():
    data = path.read_bytes()
    fragments += not data.endswith(b"\\n") and bool(data)
    for line in data.splitlines():
        for group in json.loads(line)["resourceSpans"]:
            for scope in group["scopeSpans"]:
                names.update((path.name.split("-")[3], span["name"]) for span in scope["spans"])
print(json.dumps({
    "ended": 5 * 600,
    "in files": len(names),
    "twice": names.total() - len(names),
    "written": sum(count for count, _ in written),
    "dropped": dropped,
    "fragments": fragments,
}))
""",
        tmp_path / "disk",
        json.dumps({"mode": mode, "slow_disk": "stay", "line_records": 10}),
        tmp_path / "ledger",
    )
    result = outcome(done)
    assert result["in files"] == result["written"]
    assert set(result["dropped"]) == {"disk_full"}
    assert result["fragments"] == 0


@pytest.mark.requirement("design.4-lost-permission")
def test_a_file_system_that_is_read_only_and_writable_again(tmp_path: Path) -> None:
    done = run_with_own_mounts(
        SET_UP
        + """
mount("-t", "tmpfs", "tmpfs")
mount("-o", "remount,ro")
end_spans(10)
mount("-o", "remount,rw")
end_spans(10)
report()
""",
        tmp_path,
    )
    result = outcome(done)
    assert (result["in files"], result["dropped"]) == (40, {"permission": 40})
    assert len([line for line in result["log"] if "cannot write" in line]) == 1


@pytest.mark.requirement("design.4-removed-directory")
@pytest.mark.parametrize("mode", ["write_through", "batch"])
def test_a_directory_that_is_deleted_again_and_again_while_threads_write(
    tmp_path: Path, mode: str
) -> None:
    done = run_program(
        SET_UP
        + """
writers = threading.Thread(target=end_spans, args=(600,))
writers.start()
while writers.is_alive():
    shutil.rmtree(directory / "telemetry", ignore_errors=True)
    writers.join(0.01)
shutil.rmtree(directory / "telemetry", ignore_errors=True)
processor.force_flush()
before = processor.stats().written
end_spans(50)
processor.force_flush()
assert processor.stats().written == before + 200, "writing did not resume"
report()
""",
        tmp_path,
        json.dumps({"mode": mode, "slow_disk": "stay", "flush_interval_ms": 1}),
    )
    result = outcome(done)
    assert 0 < result["in files"] <= result["written"]
    assert set(result["dropped"]) <= {"no_directory"}  # deleted between being made and being used


def test_a_process_without_a_free_descriptor(tmp_path: Path) -> None:
    done = run_program(
        SET_UP
        + """
end_spans(1)  # whatever is opened once for good
provider.shutdown()
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
taken = []
try:
    while True:
        taken.append(os.open("/dev/null", os.O_RDONLY))
except OSError:
    pass
end_spans(5)
for descriptor in taken:
    os.close(descriptor)
end_spans(5)
report()
""",
        tmp_path,
    )
    result = outcome(done)
    assert (result["in files"], result["dropped"]) == (24, {"no_descriptor": 20})


def test_a_limit_on_the_size_of_files_costs_no_span(tmp_path: Path) -> None:
    done = run_program(
        SET_UP
        + """
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
end_spans(30)
report()
""",
        tmp_path,
        measure=False,  # what coverage writes at exit would be beyond the limit
    )
    result = outcome(done)
    assert (result["in files"], result["dropped"]) == (120, {})
    assert result["files"] > 3


def test_a_dead_endpoint_beside_us_costs_no_span_at_exit(tmp_path: Path) -> None:
    done = run_program(
        """
        import logging, os, sys
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from toolspan.exporters import attach

        class Impatient(BatchSpanProcessor):
            def shutdown(self):
                os._exit(0)  # as when the user gives up waiting for the dead endpoint

        logging.disable(logging.CRITICAL)
        provider = TracerProvider()
        dead = OTLPSpanExporter(endpoint="http://127.0.0.1:9/v1/traces")
        provider.add_span_processor(Impatient(dead, schedule_delay_millis=1))
        attach(sys.argv[1], tracer_provider=provider, mode="batch")
        for number in range(100):
            provider.get_tracer("t").start_span(str(number)).end()
        """,
        tmp_path / "telemetry",
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(list(otlp_json_spans(tmp_path / "telemetry"))) == 100
