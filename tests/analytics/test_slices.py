"""Big files of long lines are read in slices, which nobody can tell from the results."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from support.traces import otlp, tool, write_lines
from toolspan.analytics import open_traces
from toolspan.analytics.read import _slices


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """Forty lines of three calls, the seventh no JSON, an empty one, and an unfinished last one."""
    lines: list[Any] = [
        otlp([tool("search", 3 * number + place, trace=number + 1) for place in (1, 2, 3)])
        for number in range(40)
    ]
    path = write_lines(tmp_path / "spans.jsonl", *lines[:6], "{broken", "", *lines[6:])
    with path.open("a", encoding="utf-8") as file:
        file.write('{"resourceSpans": [')
    return path


def answers(path: Path) -> tuple[Any, ...]:
    with open_traces(path, cache=False) as traces:
        calls = sorted(row["span_id"] for row in traces.table_records("tool_calls"))
        return calls, traces.summary.damages, traces.summary.unfinished


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"SLICE_BYTES": 100, "SLICE_ABOVE_BYTES": 0, "LONG_LINE": 1}.items():
        monkeypatch.setattr(_slices, name, value)


def test_slices_are_the_file_in_its_lines(damaged: Path, small: None) -> None:
    parts = [file.read_bytes() for file in _slices.sliced([damaged], damaged.parent)]
    assert len(parts) > 30
    assert b"".join(parts) == damaged.read_bytes()
    assert all(part.endswith(b"\n") for part in parts[:-1])


def test_slices_take_the_place_of_those_before(damaged: Path, tmp_path: Path, small: None) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    _slices.sliced([damaged], folder)
    made = set(folder.iterdir())
    shorter = write_lines(tmp_path / "shorter.jsonl", *({"number": number} for number in range(50)))
    parts = _slices.sliced([shorter], folder)
    assert 1 < len(parts) < len(made)
    assert b"".join(part.read_bytes() for part in parts) == shorter.read_bytes()
    assert set(folder.iterdir()) == made


def test_a_file_in_slices_gives_what_it_gives_whole(
    damaged: Path, request: pytest.FixtureRequest
) -> None:
    whole = answers(damaged)
    request.getfixturevalue("small")
    assert answers(damaged) == whole
    calls, damages, unfinished = whole
    assert (len(calls), [damage.line for damage in damages]) == (120, [7])
    assert list(unfinished.values()) == [19]


def test_without_room_for_slices_the_file_is_read_as_it_is(
    damaged: Path, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr(os, "copy_file_range", full)
    assert _slices.sliced([damaged], damaged.parent) == [damaged]
    assert list(damaged.parent.iterdir()) == [damaged]
    assert len(answers(damaged)[0]) == 120


def test_short_lines_and_small_files_are_read_as_they_are(
    damaged: Path, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_slices, "LONG_LINE", 1 << 20)
    assert _slices.sliced([damaged], damaged.parent) == [damaged]
    monkeypatch.undo()
    assert _slices.sliced([damaged], damaged.parent) == [damaged]
