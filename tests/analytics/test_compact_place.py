"""Whatever interrupts or meets it, a dataset is written whole, by one at a time, over nothing else."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from support.datasets import calls, table
from support.programs import run_program
from support.traces import otlp, tool, write_lines
from toolspan.analytics import InputError, compact
from toolspan.analytics.dataset import _compact, _place

DATA = Path(__file__).parent / "data"
DAY_MS = 86_400_000.0


class Stop(BaseException):
    """What ends a process."""


@pytest.mark.requirement("analytics.15-atomic")
@pytest.mark.parametrize("is_new", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_whenever_it_is_interrupted_the_dataset_is_as_before_or_as_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_new: bool
) -> None:
    days = [tool(f"t{n}", n + 1, trace=n + 1, at=n * DAY_MS) for n in range(2)]
    first = write_lines(tmp_path / "a.jsonl", otlp(days))
    more = [tool(f"new{n}", n + 8, trace=n + 8, at=n * DAY_MS) for n in range(2)]
    second = write_lines(tmp_path / "b.jsonl", otlp(more))
    steps = 0

    def step(function: Any) -> Any:
        def counted(*arguments: Any, **options: Any) -> Any:
            nonlocal steps
            steps += 1
            if steps == stop_at:
                raise Stop
            return function(*arguments, **options)

        return counted

    for name in ("_make_durable", "_write", "_remove_unnamed"):
        monkeypatch.setattr(_place, name, step(getattr(_place, name)))
    for name in ("gather", "assemble", "publish"):
        monkeypatch.setattr(_compact, name, step(getattr(_compact, name)))
    before, after = (None if is_new else ["t0", "t1"]), ["new0", "new1", "t0", "t1"]
    seen = []
    for at in range(1, 100):
        kept = tmp_path / f"kept{at}"
        stop_at = 0
        if not is_new:
            compact([first], kept)
        steps, stop_at = 0, at
        try:
            compact([first, second], kept)
        except Stop:
            stop_at = 0
            left = [path.name for path in tmp_path.rglob(".toolspan-unfinished-*")]
            assert left == []
            seen.append(calls(kept) if kept.exists() else None)
            compact([first, second], kept)
            assert calls(kept) == after
            assert len(table(kept)) == 4
            shutil.rmtree(kept)
        else:
            break
    assert len(seen) > 8
    turned = seen.index(after)
    assert seen == [before] * turned + [after] * (len(seen) - turned)
    assert 0 < turned < len(seen)


def test_what_a_killed_process_leaves_is_not_read_and_gone_the_next_time(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", otlp([tool("t", 1)]))
    compact([path], tmp_path / "kept")
    more = write_lines(tmp_path / "b.jsonl", otlp([tool("u", 2)]))
    program = """
        import os, sys
        from pathlib import Path
        from toolspan.analytics.dataset import _place, compact

        if sys.argv[3] == "early":
            _place._make_durable = lambda path: os._exit(9)
        else:
            Path.replace = lambda *arguments: os._exit(9)
        compact([sys.argv[1]], sys.argv[2])
    """
    for when, files in (("early", 1), ("late", 2)):
        assert run_program(program, more, tmp_path / "kept", when).returncode == 9
        assert len(list((tmp_path / "kept" / "spans").rglob("*.parquet"))) == files
        assert len(list((tmp_path / "kept").glob(".toolspan-unfinished-*"))) == 1
        assert calls(tmp_path / "kept") == ["t"]
    assert run_program(program, more, tmp_path / "new", "early").returncode == 9
    assert not (tmp_path / "new").exists()
    compact([more], tmp_path / "kept")
    compact([more], tmp_path / "new")
    assert calls(tmp_path / "kept") == ["t", "u"]
    assert len(list((tmp_path / "kept" / "spans").rglob("*.parquet"))) == 1
    assert list(tmp_path.rglob(".toolspan-unfinished-*")) == []


def test_two_at_once_do_not_write_to_one_dataset(newsletter: Path, tmp_path: Path) -> None:
    compact([newsletter], tmp_path / "kept")
    with (
        _place.workplace(tmp_path / "kept", is_new=False),
        pytest.raises(InputError, match="another toolspan compact is writing to it"),
    ):
        compact([newsletter], tmp_path / "kept")


@pytest.mark.requirement("analytics.15-refusals")
def test_nothing_is_written_over_what_is_no_dataset(newsletter: Path, tmp_path: Path, cli) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "thesis.txt").write_text("years")
    assert cli("compact", newsletter, "--out", folder) == 2
    assert "no dataset of toolspan's, and not empty" in cli.err
    assert [path.name for path in folder.iterdir()] == ["thesis.txt"]
    assert cli("compact", newsletter, "--out", folder / "thesis.txt") == 2
    assert "it is a file" in cli.err
    (folder / "thesis.txt").unlink()
    assert cli("compact", newsletter, "--out", folder) == 0
