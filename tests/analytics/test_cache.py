"""What was read is kept, and read again only where the file is no longer the same."""

import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from support.programs import run_program
from support.traces import agent, otlp, tool, write_lines
from toolspan.analytics import open_traces
from toolspan.analytics.engine import PACKAGE, connect
from toolspan.analytics.store import _open, _parts


@pytest.fixture(autouse=True)
def small_files_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_open, "CACHE_ABOVE_BYTES", -1)


class Folder:
    """A folder of traces beside its cache; `read` gives the calls and how much was read anew."""

    def __init__(self, root: Path) -> None:
        self.path = root / "traces"
        self.path.mkdir()
        self.cache = root / "cache"

    def lines(self, name: str, *spans: dict[str, Any], end: bytes = b"\n") -> bytes:
        """Append a line to a file; returns it."""
        line = json.dumps(otlp(spans)).encode() + end
        with (self.path / name).open("ab") as file:
            file.write(line)
        return line

    def read(self) -> tuple[list[Any], int]:
        with open_traces(self.path, cache_dir=self.cache) as traces:
            rows = traces.sql_records(
                "SELECT tool_name, agent_name FROM tool_calls ORDER BY trace_id, span_id"
            )
            return [tuple(row.values()) for row in rows], traces.summary.bytes_read


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_a_file_is_read_once(folder: Folder) -> None:
    line = folder.lines("a.jsonl", tool("t", 1))
    assert folder.read() == ([("t", None)], len(line))
    assert folder.read() == ([("t", None)], 0)


def test_of_a_grown_file_only_what_was_added_is_read(folder: Folder) -> None:
    folder.lines("a.jsonl", tool("t", 2, 1))
    folder.read()
    added = folder.lines("a.jsonl", tool("u", 3, 1), agent("a", 1))
    # The trace is resolved again: the agent that came late is above both calls.
    assert folder.read() == ([("t", "a"), ("u", "a")], len(added))
    assert folder.read() == ([("t", "a"), ("u", "a")], 0)


def test_a_tail_without_an_end_is_read_when_it_has_one(folder: Folder) -> None:
    folder.lines("a.jsonl", tool("t", 1))
    half = folder.lines("a.jsonl", tool("u", 2), end=b"")
    path = folder.path / "a.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    assert folder.read()[0] == [("t", None)]
    path.write_bytes(whole + b"\n")
    assert folder.read() == ([("t", None), ("u", None)], len(half) + 1)


def test_a_new_file_beside_known_ones_is_all_that_is_read(folder: Folder) -> None:
    folder.lines("a.jsonl", tool("t", 1))
    folder.read()
    added = folder.lines("b.jsonl", tool("u", 2))
    assert folder.read() == ([("t", None), ("u", None)], len(added))


def test_a_file_that_was_removed_is_forgotten(folder: Folder) -> None:
    folder.lines("a.jsonl", tool("t", 1))
    folder.lines("b.jsonl", tool("u", 2))
    folder.read()
    (folder.path / "b.jsonl").unlink()
    assert folder.read()[0] == [("t", None)]


@pytest.mark.parametrize("change", ["rewritten", "same_size", "shorter", "replaced"])
def test_a_file_that_is_another_one_is_read_anew(folder: Folder, change: str) -> None:
    folder.lines("a.jsonl", tool("first", 1))
    folder.lines("a.jsonl", tool("other", 2))
    folder.read()
    path = folder.path / "a.jsonl"
    content = path.read_bytes()
    if change == "shorter":
        content = content[: content.index(b"\n") + 1]
    elif change == "same_size":
        content = content.replace(b"first", b"FIRST")
    else:
        content = json.dumps(otlp([tool("new", 5)])).encode() + b"\n" + content
    if change == "replaced":
        path.unlink()
    path.write_bytes(content)
    os.utime(path, ns=(1, 1))  # the time alone must not be what tells
    names = {
        "shorter": ["first"],
        "same_size": ["FIRST", "other"],
    }.get(change, ["first", "other", "new"])
    assert [call[0] for call in folder.read()[0]] == names


def test_what_an_earlier_version_kept_is_not_used(folder: Folder, monkeypatch) -> None:
    line = folder.lines("a.jsonl", tool("t", 1))
    folder.read()
    monkeypatch.setattr(_parts, "fingerprint", lambda: "another")
    assert folder.read() == ([("t", None)], len(line))


def test_nothing_is_kept_when_it_is_switched_off(folder: Folder, cli, monkeypatch) -> None:
    folder.lines("a.jsonl", tool("t", 1))
    monkeypatch.setenv("TOOLSPAN_CACHE_DIR", str(folder.cache))
    assert cli("tools", folder.path, "--no-cache") == 0
    assert not folder.cache.exists()
    assert cli("tools", folder.path) == 0
    assert list(folder.cache.rglob("part.json"))
    elsewhere = folder.cache.with_name("elsewhere")
    assert cli("tools", folder.path, "--cache-dir", elsewhere) == 0
    assert list(elsewhere.rglob("part.json"))


def test_what_is_kept_is_for_its_owner_alone(folder: Folder) -> None:
    folder.lines("a.jsonl", tool("t", 1))
    folder.read()
    kept = [folder.cache, *folder.cache.rglob("*")]
    assert {oct(path.stat().st_mode & 0o077) for path in kept if path.is_dir()} == {"0o0"}


def test_a_cache_that_cannot_be_written_is_said_or_done_without(folder: Folder, cli) -> None:
    folder.lines("a.jsonl", tool("t", 1))
    folder.cache.write_text("a file in the way")
    assert cli("tools", folder.path, "--cache-dir", folder.cache) == 2
    assert "no place for a cache" in cli.err


def test_a_crash_while_writing_leaves_nothing_behind_that_counts(
    folder: Folder, monkeypatch
) -> None:
    line = folder.lines("a.jsonl", tool("t", 1))

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(_parts.PartStore, "add", crash)
        with pytest.raises(KeyboardInterrupt):
            folder.read()
    assert list(folder.cache.rglob("*.parquet")) == []
    assert folder.read() == ([("t", None)], len(line))


@pytest.mark.parametrize("harm", ["no table", "cut table", "cut list", "no folder"])
def test_a_harmed_cache_is_made_again(folder: Folder, harm: str) -> None:
    folder.lines("a.jsonl", tool("t", 1))
    folder.read()
    (part,) = folder.cache.rglob("part.json")
    table = part.with_name("tool_call.parquet")
    if harm == "no table":
        table.unlink()
    elif harm == "cut table":
        table.write_bytes(table.read_bytes()[:100])
    elif harm == "cut list":
        part.write_text(part.read_text()[:50])
    else:
        shutil.rmtree(folder.cache)
    assert folder.read()[0] == [("t", None)]


def test_harmed_shared_traces_are_made_again(folder: Folder) -> None:
    folder.lines("a.jsonl", tool("t", 2, 1))
    folder.read()
    folder.lines("b.jsonl", agent("a", 1))
    assert folder.read()[0] == [("t", "a")]
    (shared,) = folder.cache.glob("*/shared/*/0-tool_call.parquet")
    shared.unlink()
    assert folder.read()[0] == [("t", "a")]


def test_many_small_parts_become_one(folder: Folder, monkeypatch) -> None:
    monkeypatch.setattr(_open, "MERGE_FROM", 4)
    for number in range(1, 9):
        folder.lines("a.jsonl", tool(f"t{number}", number, 99))
        folder.read()
    folder.lines("a.jsonl", agent("a", 99))
    assert folder.read()[0] == [(f"t{number}", "a") for number in range(1, 9)]
    assert folder.read()[1] == 0
    with open_traces(folder.path, cache_dir=folder.cache) as traces:
        assert traces.summary.spans_delivered == 9


def test_processes_that_read_the_same_at_once_do_not_disturb_each_other(folder: Folder) -> None:
    for number in range(1, 41):
        folder.lines(f"{number % 4}.jsonl", tool("t", number, trace=number % 7 + 1))

    def read(_: int) -> str:
        return run_program(
            """
            import sys
            from toolspan.analytics import open_traces
            from toolspan.analytics.store import _open
            _open.CACHE_ABOVE_BYTES = -1
            _open.PIECE_BYTES = 3000
            with open_traces(sys.argv[1], cache_dir=sys.argv[2]) as traces:
                print(len(traces.table_records("tool_calls")), traces.summary.spans)
            """,
            folder.path,
            folder.cache,
        ).stdout

    with ThreadPoolExecutor(3) as pool:
        assert set(pool.map(read, range(3))) == {"40 40\n"}
    assert len(folder.read()[0]) == 40


# --- engine -----------------------------------------------------------------------------------


@pytest.mark.requirement("design.8-embedded-engine")
def test_the_engine_is_bounded_and_fetches_nothing() -> None:
    with connect(memory_limit="1GB", threads=1) as connection:
        settings = dict(
            connection.execute(
                "SELECT name, value FROM duckdb_settings() WHERE name IN ('memory_limit', "
                "'threads', 'autoinstall_known_extensions', 'TimeZone')"
            ).fetchall()
        )
    assert settings == {
        "memory_limit": "953.6 MiB",
        "threads": "1",
        "autoinstall_known_extensions": "false",
        "TimeZone": "UTC",
    }


def test_no_report_walks_down_traces() -> None:
    """Agent, root, depth and attempt are resolved when a trace is read, never in a measure."""
    measures = list((PACKAGE / "measures").glob("*.sql"))
    assert measures
    for path in [*measures, PACKAGE / "model" / "views.sql"]:
        assert "RECURSIVE" not in path.read_text(encoding="utf-8").upper(), path.name


@pytest.mark.requirement("analytics.quality-time-zones")
def test_results_do_not_depend_on_the_time_zone(newsletter: Path) -> None:
    program = """
        import sys
        from toolspan.launcher import main
        main(["trends", sys.argv[1], "--every", "hour", "--format", "json"])
        main(["search", sys.argv[1], "--since", "2026-03-02T09:20", "--format", "json"])
    """
    east, west = (
        run_program(program, newsletter, env={"TZ": zone}).stdout
        for zone in ("Asia/Tokyo", "America/Los_Angeles")
    )
    assert east == west
    assert "2026-03-02T09:00:00" in east


@pytest.mark.requirement("analytics.quality-no-content")
def test_no_measure_needs_arguments_or_results(tmp_path: Path) -> None:
    from toolspan.analytics.measures import MEASURES

    write_lines(
        tmp_path / "with.jsonl",
        otlp([agent("a", 1), *(
            tool("t", n, 1, at=n, gen_ai__tool__call__arguments='{"q": 1}',
                 gen_ai__tool__call__result="r", toolspan__tool_call__arguments_hash="h")
            for n in range(2, 6)
        )]),
    )  # fmt: skip
    write_lines(
        tmp_path / "without.jsonl",
        otlp([agent("a", 1), *(
            tool("t", n, 1, at=n, toolspan__tool_call__arguments_hash="h") for n in range(2, 6)
        )]),
    )  # fmt: skip
    with (
        open_traces(tmp_path / "with.jsonl") as one,
        open_traces(tmp_path / "without.jsonl") as two,
    ):
        for name in MEASURES:
            assert one.records(name) == two.records(name), name
