"""Whatever happens to files that grow, each line of them is read once."""

import gzip
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.following import Writer, append, at_once, calls, line
from support.servers import until
from support.tables import everything
from support.traces import tool
from toolspan.analytics import LiveTraces, UsageError, follow, open_traces
from toolspan.analytics.live import _growth

EVENTS = "gen_ai.evaluation.result"


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
