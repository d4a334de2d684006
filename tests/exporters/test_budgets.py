"""What writing costs, measured now where that takes seconds, else as last measured in full."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.programs import unmeasured_environment
from support.reference import REPOSITORY

RESULTS = REPOSITORY / "benchmarks" / "results"


def measured(expression: str, directory: Path) -> list[dict[str, Any]]:
    """The rows of a benchmark, run in a process where coverage does not slow it down."""
    program = (
        "import json, pathlib, sys, benchmarks.bench_files as files\n"
        "directory = pathlib.Path(sys.argv[1])\n"
        f"print(json.dumps([row.as_dict() for row in files.{expression}]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, directory],
        cwd=REPOSITORY,
        env=unmeasured_environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


def missed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if not row["is_within_budget"]]


@pytest.mark.requirement("design.7-encode")
def test_encoding_takes_a_quarter_of_the_official_exporters_time_at_most(tmp_path: Path) -> None:
    encode, *_ = measured("encoding(rounds=3)", tmp_path)
    assert encode["must"] == 0.25
    assert missed([encode]) == []


@pytest.mark.requirement("design.7-recorder-memory")
def test_recording_5000_calls_takes_20_mb_at_most(tmp_path: Path) -> None:
    [row] = measured("recorder_memory(directory)", tmp_path)
    assert missed([row]) == []


@pytest.mark.slow
@pytest.mark.requirement(
    "design.7-batch-cpu", "design.7-caller-latency", "capability.K-encode-cost"
)
@pytest.mark.parametrize(
    "expression",
    [
        "encoding(rounds=7)",
        "flat_out(directory, rounds=3)",
        "paced(directory, rounds=5, seconds=3)",
        "memory(directory, many=100_000)",
    ],
)
def test_every_budget_of_files_is_kept(expression: str, tmp_path: Path) -> None:
    assert missed(measured(expression, tmp_path)) == []


@pytest.mark.requirement(
    "design.7-batch-cpu", "design.7-caller-latency", "capability.K-encode-cost"
)
@pytest.mark.parametrize("name", ["files", "soak"])
def test_the_last_full_measurement_kept_every_budget(name: str) -> None:
    *_, latest = sorted(RESULTS.glob(f"*-{name}.json"))
    result = json.loads(latest.read_text(encoding="utf-8"))
    [rows] = result["results"].values()
    assert result["date"] == latest.stem.removesuffix(f"-{name}")
    assert sum(row["must"] is not None for row in rows) >= 10
    assert missed(rows) == []
