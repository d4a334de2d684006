"""Traces in object stores are read as if they lay in a folder."""

import builtins
import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

from support.tables import everything
from support.traces import agent, otlp, tool
from toolspan.analytics import compact, open_traces
from toolspan.analytics.errors import InputError
from toolspan.analytics.read import _inputs
from toolspan.analytics.store import _open

pytestmark = pytest.mark.requirement("design.8-object-stores")

SPANS = [agent("a", 1, ms=500, session__id="s-1"), tool("search", 2, 1), tool("fetch", 3, 1)]


def text(*spans: dict[str, Any]) -> bytes:
    return json.dumps(otlp(spans)).encode() + b"\n"


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch) -> None:
    """No copy goes to the user's own cache."""
    monkeypatch.setenv("TOOLSPAN_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def store() -> Iterator[Any]:
    """fsspec's store in memory, empty at first, with its downloads counted."""
    made = fsspec.filesystem("memory")
    made.store.clear()
    made.pseudo_dirs[:] = [""]
    yield made
    made.store.clear()


@pytest.fixture
def bucket(store) -> Any:
    store.pipe("/bucket/run/spans-a-1.jsonl.gz", gzip.compress(text(SPANS[0])))
    store.pipe("/bucket/run/2026/spans-a-2.jsonl", text(SPANS[1]))
    store.pipe("/bucket/run/2026/spans-b-1.jsonl", text(SPANS[2]))
    store.pipe("/bucket/run/2026/.hidden.jsonl", b"not ours")
    store.pipe("/bucket/run/notes.txt", b"not ours")
    return store


@pytest.fixture
def downloads(monkeypatch) -> list[str]:
    """What is copied out of the store."""
    made: list[str] = []
    kind = fsspec.get_filesystem_class("memory")
    get_file = kind.get_file

    def counted(self, rpath, lpath, *more, **options):
        made.append(rpath)
        return get_file(self, rpath, lpath, *more, **options)

    monkeypatch.setattr(kind, "get_file", counted)
    return made


def tools(paths: Any, **options: Any) -> list[tuple[str, str]]:
    with open_traces(paths, **options) as traces:
        assert traces.summary.notes() == []
        rows = traces.sql_records("SELECT tool_name, agent_name FROM tool_calls ORDER BY span_id")
    return [tuple(row.values()) for row in rows]


BOTH = [("search", "a"), ("fetch", "a")]


def test_a_prefix_a_pattern_and_objects_are_the_same(bucket, tmp_path: Path) -> None:
    options = {"cache_dir": tmp_path}
    assert tools("memory://bucket/run/", **options) == BOTH
    assert tools("memory://bucket/run", **options) == BOTH
    assert tools("memory://bucket/run/**/spans-*", **options) == BOTH
    names = ["spans-a-1.jsonl.gz", "2026/spans-a-2.jsonl", "2026/spans-b-1.jsonl"]
    assert tools([f"memory://bucket/run/{name}" for name in names], **options) == BOTH
    assert tools("memory://bucket/run/2026", cache=False) == [("search", None), ("fetch", None)]


def test_objects_and_files_go_together(bucket, tmp_path: Path) -> None:
    here = tmp_path / "here" / "spans.jsonl"
    here.parent.mkdir()
    here.write_bytes(text(tool("mine", 9)))
    assert tools([here, "memory://bucket/run/2026"]) == [
        ("search", None), ("fetch", None), ("mine", None),
    ]  # fmt: skip
    assert tools(f"file://{here.parent}") == [("mine", None)]


def test_files_are_called_what_the_user_calls_them(bucket, tmp_path: Path, cli) -> None:
    bucket.pipe("/bucket/run/2026/spans-b-1.jsonl", text(SPANS[2]) + b"{broken\n")
    with open_traces("memory://bucket/run", cache_dir=tmp_path) as traces:
        assert traces.summary.files == [
            "memory:///bucket/run/2026/spans-a-2.jsonl",
            "memory:///bucket/run/2026/spans-b-1.jsonl",
            "memory:///bucket/run/spans-a-1.jsonl.gz",
        ]
        (damage,) = traces.summary.damages
        assert (damage.file, damage.line) == (traces.summary.files[1], 2)
    assert cli("tools", "memory://bucket/run", "--strict") == 2
    assert "memory:///bucket/run/2026/spans-b-1.jsonl, line 2" in (cli.out + cli.err).replace(
        "\n", " "
    )


def test_an_object_is_copied_once_and_again_when_it_is_another(
    bucket, downloads, tmp_path: Path
) -> None:
    options = {"cache_dir": tmp_path}
    assert tools("memory://bucket/run", **options) == BOTH
    assert len(downloads) == 3
    assert tools("memory://bucket/run", **options) == BOTH
    assert len(downloads) == 3
    bucket.pipe("/bucket/run/2026/spans-a-2.jsonl", text(tool("other", 2, 1)))
    assert tools("memory://bucket/run", **options) == [("other", "a"), ("fetch", "a")]
    assert downloads[3:] == ["/bucket/run/2026/spans-a-2.jsonl"]
    bucket.rm("/bucket/run/2026/spans-b-1.jsonl")
    assert tools("memory://bucket/run", **options) == [("other", "a")]
    assert tools("memory://bucket/run", cache=False) == [("other", "a")]


def test_what_was_read_of_an_object_is_kept_too(bucket, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(_open, "CACHE_ABOVE_BYTES", -1)
    read = []
    for _ in range(2):
        with open_traces("memory://bucket/run", cache_dir=tmp_path) as traces:
            assert traces.summary.spans == 3
            read.append(traces.summary.bytes_read > 0)
    assert read == [True, False]


def test_copies_are_for_their_owner_alone(bucket, tmp_path: Path) -> None:
    tools("memory://bucket/run", cache_dir=tmp_path)
    modes = {
        path.stat().st_mode & 0o777
        for path in (tmp_path / "objects").rglob("spans*")
        if path.is_file()
    }
    assert modes == {0o600}


def test_feedback_may_lie_in_a_store(bucket, tmp_path: Path) -> None:
    bucket.pipe("/bucket/scores.csv", b"session_id,score\ns-1,0.5\n")
    with open_traces(
        "memory://bucket/run", feedback="memory://bucket/scores.csv", cache_dir=tmp_path
    ) as traces:
        assert [row["session_key"] for row in traces.table_records("feedback")] == ["s-1"]


def test_feedback_that_makes_no_sense_is_called_what_the_user_calls_it(bucket, cli) -> None:
    bucket.pipe("/bucket/scores.csv", b"session_id,quality\ns-1,0.5\n")
    assert cli("tools", "memory://bucket/run", "--feedback", "memory://bucket/scores.csv") == 2
    assert "memory:///bucket/scores.csv: which column holds a score?" in cli.err.replace("\n", " ")


def test_the_command_reads_objects(bucket, cli) -> None:
    rows = cli.json("tools", "memory://bucket/run", "--no-cache")
    assert {row["tool_name"] for row in rows} == {"search", "fetch"}


# --- refusals ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("memory://bucket/nothing", "no such object or prefix"),
        ("memory://bucket/run/*.zip", "no span files there"),
        ("memory://bucket/empty/", "no span files there (looked for .jsonl"),
        ("gopher://bucket/run", "ValueError: Protocol not known: gopher"),
        ("s3://bucket/run", "its store takes another package: Install s3fs"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(bucket, cli, url, reason) -> None:
    bucket.pipe("/bucket/empty/notes.txt", b"not ours")
    assert cli("tools", url) == 2
    assert f"{url}: {reason}" in cli.err.replace("\n", " ")


def test_whatever_a_store_raises_is_one_line(bucket, monkeypatch) -> None:
    class OddError(Exception):
        pass

    def refuse(*_: Any, **__: Any) -> None:
        raise OddError("AccessDenied\nand more")

    monkeypatch.setattr(fsspec.get_filesystem_class("memory"), "info", refuse)
    with pytest.raises(InputError, match=r"^memory://bucket/run: OddError: AccessDenied$"):
        open_traces("memory://bucket/run")


def test_without_fsspec_the_extra_is_named(monkeypatch, cli) -> None:
    real = builtins.__import__

    def without(name: str, *more: Any, **options: Any) -> Any:
        if name == "fsspec":
            raise ModuleNotFoundError(name)
        return real(name, *more, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    assert cli("tools", "s3://bucket/run") == 2
    assert "s3://bucket/run: to read from object stores takes: pip install " in cli.err
    assert "'toolspan[object-stores]'" in cli.err.replace("\n", " ")


def test_a_path_of_this_machine_needs_no_fsspec(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    path = tmp_path / "spans.jsonl"
    path.write_bytes(text(*SPANS))
    assert tools(path) == BOTH
    assert _inputs.find_files([f"file://{path}"]) == [path]


def test_a_dataset_is_read_where_it_lies(store: Any, newsletter: Path, tmp_path: Path) -> None:
    compact(newsletter, tmp_path / "kept")
    store.put(str(tmp_path / "kept"), "/bucket/kept", recursive=True)
    with open_traces("memory://bucket/kept/") as there, open_traces(newsletter) as here:
        assert everything(there) == everything(here)
        assert there.summary.not_understood == {}
