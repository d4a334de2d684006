"""Traces of files that grow are at every moment those that reading the files at once would give."""

import gzip
import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.servers import until
from support.traces import START_NS, agent, otlp, span, tool, write_lines
from toolspan.analytics import LiveTraces, UsageError, follow, live, open_traces
from toolspan.analytics.live import _follow, _growth, _tables
from toolspan.analytics.measures import MEASURES
from toolspan.analytics.traces import TABLES

EVENTS = "gen_ai.evaluation.result"


def everything(traces: Any) -> dict[str, Any]:
    """Every measure and every table, as plain data in one order."""
    return {
        **{name: traces.records(name) for name in MEASURES},
        **{f"table {name}": sorted(traces.table_records(name), key=repr) for name in TABLES},
    }


def at_once(folder: Path) -> dict[str, Any]:
    """What reading it all at once gives."""
    with open_traces(folder, cache=False) as traces:
        return everything(traces)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "spans"
    made.mkdir()
    return made


@pytest.fixture
def followed(folder: Path) -> Iterator[LiveTraces]:
    with follow(folder, cache=False) as traces:
        yield traces


def calls(traces: LiveTraces) -> dict[str, int]:
    """How many calls each tool has."""
    return {record["tool_name"]: record["calls"] for record in traces.records("tools")}


def line(*spans: dict[str, Any]) -> bytes:
    return json.dumps(otlp(spans)).encode() + b"\n"


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


WRITER = """
    import sys
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from toolspan.exporters import JsonlSpanProcessor, JsonlStartProcessor

    provider = TracerProvider(resource=Resource({"service.name": "writer"}))
    provider.add_span_processor(JsonlSpanProcessor(sys.argv[1], max_file_bytes=int(sys.argv[2]),
        compression=sys.argv[3], slow_disk="stay"))
    if sys.argv[4:] == ["starts"]:
        provider.add_span_processor(JsonlStartProcessor(sys.argv[1]))
    tracer = provider.get_tracer("tests")
    agent = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "writer"}
    call = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search"}
    for order in sys.stdin:
        with tracer.start_as_current_span("invoke_agent writer", attributes=agent):
            for number in range(int(order)):
                with tracer.start_as_current_span("execute_tool search", attributes=call):
                    print("calling", flush=True)
                    if sys.argv[4:] == ["starts"]:
                        sys.stdin.readline()
        print("done", flush=True)
    provider.shutdown()
"""


class Writer:
    """A process of its own that writes spans, as many as it is told to."""

    def __init__(
        self, folder: Path, *more: str, max_bytes: int = 1 << 26, compression: str = "none"
    ) -> None:
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                textwrap.dedent(WRITER),
                folder,
                str(max_bytes),
                compression,
                *more,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def tell(self, text: object) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{text}\n")
        self.process.stdin.flush()

    def said(self, text: str) -> None:
        assert self.process.stdout
        assert any(said.strip() == text for said in self.process.stdout)

    def end(self) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.stdout.read()
        assert self.process.wait(60) == 0

    def kill(self) -> None:
        self.process.kill()
        with self.process:
            pass


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[..., Writer]]:
    """Starts writers into the folder; they are gone when the test ends."""
    writers: list[Writer] = []

    def made(*more: str, **how: Any) -> Writer:
        writers.append(Writer(folder, *more, **how))
        return writers[-1]

    yield made
    for writer in writers:
        writer.kill()


@pytest.mark.requirement("analytics.09-tui")
def test_what_running_processes_write_is_there_as_soon_as_it_ends(
    folder: Path, followed: LiveTraces, start: Callable[..., Writer]
) -> None:
    assert followed.records("tools") == []
    first, second = start(), start()
    first.tell(3)
    first.said("done")
    # Written through: what has ended is in the file, and the next poll finds it.
    assert followed.poll() == 4
    assert calls(followed) == {"search": 3}
    second.tell(2)
    second.said("done")
    first.tell(1)
    first.said("done")
    assert followed.poll() == 5
    assert followed.poll() == 0
    assert calls(followed) == {"search": 6}
    for writer in (first, second):
        writer.end()
    followed.poll()
    assert everything(followed) == at_once(folder)


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
def test_files_that_are_rotated_and_compressed_are_read_once(
    folder: Path, followed: LiveTraces, start: Callable[..., Writer], compression: str
) -> None:
    writer = start(max_bytes=20_000, compression=compression)
    told = 0
    for _ in range(6):
        writer.tell(40)
        writer.said("done")
        followed.poll()
        told += 41
        assert followed.summary.spans == told
    writer.end()
    if compression != "none":
        ending = {"gzip": ".gz", "zstd": ".zst"}[compression]
        assert list(folder.glob(f"*{ending}"))
    followed.poll()
    assert (followed.summary.spans, followed.summary.spans_delivered) == (told, told)
    assert everything(followed) == at_once(folder)


def test_what_a_file_got_before_it_was_compressed_is_found_in_the_archive(
    folder: Path, followed: LiveTraces
) -> None:
    plain = folder / "spans-1.jsonl"
    append(plain, line(tool("a", 1)) + line(tool("b", 2)))
    followed.poll()
    append(plain, line(tool("c", 3)))
    (folder / "spans-1.jsonl.gz").write_bytes(gzip.compress(plain.read_bytes()))
    plain.unlink()
    assert followed.poll() == 1
    assert calls(followed) == {"a": 1, "b": 1, "c": 1}
    assert everything(followed) == at_once(folder)


def test_an_archive_of_the_same_name_and_other_content_is_read_from_its_beginning(
    folder: Path, followed: LiveTraces
) -> None:
    plain = folder / "spans-1.jsonl"
    append(plain, line(tool("a", 1)))
    followed.poll()
    plain.unlink()
    (folder / "spans-1.jsonl.gz").write_bytes(
        gzip.compress(line(tool("x", 8)) + line(tool("y", 9)))
    )
    assert followed.poll() == 2
    assert calls(followed) == {"a": 1, "x": 1, "y": 1}


def test_a_file_that_is_renamed_is_read_on_and_another_takes_its_place(
    folder: Path, followed: LiveTraces
) -> None:
    current, aside = folder / "traces.jsonl", folder / "traces-2026-03-02T09-00-00.000.jsonl"
    append(current, line(tool("a", 1)))
    followed.poll()
    append(current, line(tool("b", 2)))
    current.rename(aside)
    append(current, line(tool("c", 3)))
    assert followed.poll() == 2
    assert calls(followed) == {"a": 1, "b": 1, "c": 1}
    assert followed.summary.spans_delivered == 3
    assert sorted(followed.summary.files) == sorted(map(str, (aside, current)))


@pytest.mark.parametrize("longer", [False, True])
def test_a_file_that_is_written_anew_is_read_anew(
    folder: Path, followed: LiveTraces, longer: bool
) -> None:
    path = folder / "spans.jsonl"
    append(path, line(tool("a", 1)) + line(tool("b", 2)))
    followed.poll()
    path.write_bytes(line(tool("c", 3)) + line(tool("d", 4)) * 9 * longer)
    followed.poll()
    assert calls(followed) == {"a": 1, "b": 1, "c": 1, **({"d": 1} if longer else {})}


def test_a_line_is_held_back_until_it_is_whole(folder: Path, followed: LiveTraces) -> None:
    path = folder / "spans.jsonl"
    whole, torn = line(tool("a", 1)), line(tool("b", 2))
    append(path, whole + torn[:40])
    assert followed.poll() == 1
    assert followed.summary.unfinished == {str(path): 40}
    append(path, torn[40:-9])
    assert followed.poll() == 0
    append(path, torn[-9:])
    assert followed.poll() == 1
    assert followed.summary.unfinished == {}
    assert followed.damages() == []
    assert calls(followed) == {"a": 1, "b": 1}


def test_a_damaged_line_is_said_with_its_place_and_the_rest_is_read(
    folder: Path, followed: LiveTraces
) -> None:
    path = folder / "spans.jsonl"
    first = line(tool("a", 1))
    append(path, first)
    followed.poll()
    append(path, b"{not json\n" + line(tool("b", 2)))
    followed.poll()
    assert calls(followed) == {"a": 1, "b": 1}
    with open_traces(folder, cache=False) as traces:
        assert followed.damages() == traces.damages()
    assert [(d["line"], d["byte"]) for d in followed.damages()] == [(2, len(first))]


def test_a_folder_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    folder = tmp_path / "later"
    with follow(folder, cache=False) as traces:
        assert traces.waiting_for == [f"{folder}: no such file or folder"]
        assert traces.poll() == 0
        assert traces.records("tools") == []
        folder.mkdir()
        traces.poll()
        assert "no span files in it" in traces.waiting_for[0]
        append(folder / "spans.jsonl", line(tool("a", 1)))
        assert traces.poll() == 1
        assert traces.waiting_for == []


def test_what_is_no_traces_is_said_and_read_once_it_is(folder: Path, followed: LiveTraces) -> None:
    path = folder / "notes.json"
    path.write_text('{"hello": 1}')
    append(folder / "spans.jsonl", line(tool("a", 1)))
    followed.poll()
    assert list(followed.summary.not_understood) == [str(path)]
    assert followed.summary.files == [str(folder / "spans.jsonl")]
    path.write_bytes(line(tool("b", 2)))
    followed.poll()
    assert followed.summary.not_understood == {}
    assert calls(followed) == {"a": 1, "b": 1}


def test_an_outer_span_that_comes_later_changes_what_its_calls_are(
    folder: Path, followed: LiveTraces
) -> None:
    path = folder / "spans.jsonl"
    inner = span("tools/call search", 3, 2, kind=3, mcp__method__name="tools/call",
                 gen_ai__tool__name="search")  # fmt: skip
    append(path, line(inner))
    followed.poll()
    (call,) = followed.records("tools")
    assert (call["calls"], followed.records("agents")) == (1, [])
    append(path, line(tool("search", 2, 1, error="ValueError")))
    followed.poll()
    (call,) = followed.records("tools")
    assert (call["calls"], call["errors"]) == (1, 1)
    append(path, line(agent("writer", 1, session__id="s-1")))
    followed.poll()
    (run,) = followed.records("agents")
    assert (run["agent_name"], run["tool_calls"]) == ("writer", 1)
    assert [s["session_id"] for s in followed.records("sessions")] == ["s-1"]
    assert everything(followed) == at_once(folder)


def test_a_span_that_is_delivered_again_counts_once(folder: Path, followed: LiveTraces) -> None:
    for name in ("spans-1.jsonl", "spans-2.jsonl"):
        append(folder / name, line(tool("a", 1), tool("b", 2)))
        followed.poll()
    assert calls(followed) == {"a": 1, "b": 1}
    assert (followed.summary.spans, followed.summary.spans_delivered) == (2, 4)
    assert everything(followed) == at_once(folder)


def test_a_span_that_began_is_there_and_then_its_end(
    followed: LiveTraces, start: Callable[..., Writer]
) -> None:
    writer = start("starts")
    writer.tell(1)
    writer.said("calling")
    followed.poll()
    assert [(t["calls"], t["abandoned"]) for t in followed.records("tools")] == [(1, 1)]
    writer.tell("")
    writer.said("done")
    followed.poll()
    assert [(t["calls"], t["abandoned"], t["ok"]) for t in followed.records("tools")] == [(1, 0, 1)]
    writer.end()


def test_a_process_that_is_killed_leaves_all_that_ended(
    folder: Path, followed: LiveTraces, start: Callable[..., Writer]
) -> None:
    writer = start()
    writer.tell(1_000_000)
    writer.said("calling")
    until(lambda: followed.poll() and followed.summary.spans > 50, "spans of a running process")
    writer.kill()
    followed.poll()
    assert everything(followed) == at_once(folder)


@pytest.mark.slow
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(cuts=st.lists(st.integers(1, 59_000), max_size=5))
def test_it_makes_no_difference_at_which_bytes_files_were_looked_at(
    cuts: list[int], newsletter: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    data = newsletter.joinpath("spans.jsonl").read_bytes()
    events = newsletter.joinpath("events.jsonl").read_bytes()
    with follow(folder, cache=False) as traces:
        start = 0
        for end in [*sorted(cuts), len(data)]:
            append(folder / "spans.jsonl", data[start:end])
            append(folder / "events.jsonl", events[start // 8 : end // 8])
            traces.poll()
            start = end
        append(folder / "events.jsonl", events[len(data) // 8 :])
        traces.poll()
        assert everything(traces) == at_once(folder)


def page_of(traces: LiveTraces) -> live.Look:
    return live.look(traces, now_ns=START_NS)


def settled(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LiveTraces:
    """What follows a folder whose beginning is read by way of the cache."""
    monkeypatch.setattr(_follow, "CACHE_ABOVE_BYTES", 0)
    return follow(folder, cache_dir=tmp_path / "cache")


def test_what_came_before_is_taken_from_the_cache_and_goes_on(
    folder: Path, tmp_path: Path, newsletter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = newsletter.joinpath("spans.jsonl").read_bytes().splitlines(keepends=True)
    path = folder / "spans.jsonl"
    path.write_bytes(b"".join(lines[:4]) + lines[4][:100])
    with settled(folder, tmp_path, monkeypatch) as traces:
        assert traces.summary.files == [str(path)]
        assert everything(traces) == at_once(folder)
        append(path, lines[4][100:])
        with open_traces(folder, cache=False) as others:
            shown = [{key: run[key] for key in ("agent_name", "runs", "errors", "sessions")}
                     for run in others.records("agents")]  # fmt: skip
        traces.poll()
        assert [{key: run[key] for key in shown[0]} for run in page_of(traces).agents] == shown
        for more in lines[5:]:
            append(path, more)
            traces.poll()
        assert everything(traces) == at_once(folder)
    # And once more, from what is kept of the first part.
    append(path, line(tool("late", 77, trace=99)))
    with settled(folder, tmp_path, monkeypatch) as traces:
        assert everything(traces) == at_once(folder)


@pytest.mark.slow
def test_traces_of_several_kept_parts_that_go_on_are_whole(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, name in enumerate(("one", "two", "three"), start=1):
        (folder / name).mkdir()
        write_lines(
            folder / name / "spans.jsonl",
            otlp(
                [tool("search", 10 * number, 1), tool("alone", 10 * number + 1, trace=number + 1)]
            ),
        )
    with settled(folder, tmp_path, monkeypatch) as traces:
        assert everything(traces) == at_once(folder)
        append(
            folder / "one" / "spans.jsonl", line(tool("more", 40, 1), tool("alone", 41, trace=3))
        )
        traces.poll()
        append(folder / "two" / "spans.jsonl", line(agent("writer", 1), tool("new", 42, trace=9)))
        traces.poll()
        assert calls(traces) == {"search": 3, "alone": 4, "more": 1, "new": 1}
        assert everything(traces) == at_once(folder)
        with follow(folder, cache=False) as others:
            monkeypatch.undo()
            assert page_of(traces) == page_of(others)


def test_rows_that_are_no_longer_valid_are_cleared_away(
    folder: Path, followed: LiveTraces, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_tables, "STALE_ROWS", 0)
    for number in range(2, 8):
        append(folder / "spans.jsonl", line(tool("search", number, 1)))
        followed.poll()
    assert calls(followed) == {"search": 6}
    assert everything(followed) == at_once(folder)


def test_feedback_finds_sessions_that_come_before_and_after_it(
    folder: Path, followed: LiveTraces, newsletter: Path
) -> None:
    append(folder / "events.jsonl", newsletter.joinpath("events.jsonl").read_bytes())
    followed.poll()
    assert {row["matched"] for row in followed.join_report().scores} == {0}
    append(folder / "spans.jsonl", newsletter.joinpath("spans.jsonl").read_bytes())
    followed.poll()
    with open_traces(folder, cache=False) as traces:
        assert followed.join_report() == traces.join_report()
        assert followed.records("feedback_summary") == traces.records("feedback_summary")


def test_a_window_moves_with_the_time_of_asking(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(folder / "spans.jsonl", line(tool("a", 1)) + line(tool("b", 2, at=600_000)))
    now = [1_772_442_700_000_000_000]
    monkeypatch.setattr("time.time_ns", lambda: now[0])
    with follow(folder, since="15m", cache=False) as traces:
        assert calls(traces) == {"a": 1, "b": 1}
        now[0] += 600 * 10**9
        assert calls(traces) == {"b": 1}
        assert {r["tool_name"] for r in traces.records("tools", since="1h")} == {"a", "b"}


@pytest.mark.parametrize("path", ["-", "s3://bucket/spans/"])
def test_only_files_of_this_machine_are_followed(path: str) -> None:
    with pytest.raises(UsageError, match="only files of this machine can be followed"):
        follow(path)


def test_one_path_that_is_not_there_keeps_no_other_from_being_read(folder: Path) -> None:
    append(folder / "spans.jsonl", line(tool("a", 1)))
    missing = os.fspath(folder / "missing")
    with follow([missing, folder], cache=False) as traces:
        assert calls(traces) == {"a": 1}
        assert traces.waiting_for == [f"{missing}: no such file or folder"]


def test_a_file_that_may_not_be_read_is_said(
    folder: Path, followed: LiveTraces, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = folder / "spans-1.jsonl"
    append(refused, line(tool("a", 1)))
    append(folder / "spans-2.jsonl", line(tool("b", 2)))
    opened = Path.open

    def refuse(path: Path, *how: Any, **more: Any) -> Any:
        if path == refused:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *how, **more)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", refuse)
        followed.poll()
    assert calls(followed) == {"b": 1}
    assert followed.summary.not_understood == {str(refused): f"{refused}: Permission denied"}
    assert followed.poll() == 1
    assert followed.summary.not_understood == {}


def test_a_file_that_is_compressed_while_files_are_listed_is_found_all_the_same(
    folder: Path, followed: LiveTraces, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = folder / "spans-1.jsonl"
    append(plain, line(tool("a", 1)))
    listed = _growth.find_files

    def compressed_meanwhile(paths: Any) -> list[Path]:
        found = listed(paths)
        if plain.exists():
            (folder / "spans-1.jsonl.gz").write_bytes(gzip.compress(plain.read_bytes()))
            plain.unlink()
        return found

    monkeypatch.setattr(_growth, "find_files", compressed_meanwhile)
    assert followed.poll() == 1
    assert calls(followed) == {"a": 1}
