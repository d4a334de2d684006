"""Reading traces: CPU and memory against raw extraction, growth, and the time to a first table.

Each way of reading runs in a process of its own, the ways taking turns. polars takes part where it
is installed (`pip install polars`); it and pandas get a quarter of the spans.
"""

import importlib.util
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.bench_measures import MEASURES
from benchmarks.harness import Row
from benchmarks.trace_generator import Generated, generate
from toolspan.analytics import compact

MEMORY_MB = 2000


def run(scale: str) -> list[Row]:
    spans = {"quick": 250_000, "full": 1_000_000, "huge": 10_000_000}[
        os.environ.get("TOOLSPAN_BENCH_SCALE", scale)
    ]
    rounds = 1 if spans > 1_000_000 else 3
    with tempfile.TemporaryDirectory(prefix="toolspan-benchmark-", dir=Path.cwd()) as name:
        directory = Path(name)
        made = generate(directory / "all", spans)
        # Feedback is not what is compared: raw extraction would not read it.
        made.feedback.unlink()
        part = _quarter(made, directory / "part")
        rows = [*reading(directory, rounds=rounds), *small(directory)]
        if spans <= 1_000_000:
            rows += [*others(directory), *growth(directory, part), *kept(directory)]
        return rows


def reading(directory: Path, *, rounds: int) -> list[Row]:
    results: dict[str, list[dict[str, Any]]] = {"ours": [], "best_raw": []}
    for _ in range(rounds):
        for way, found in results.items():
            found.append(_measured(way, directory / "all", directory))
    ours, raw = (
        min(result["cpu_s"] / result["spans"] for result in found) for found in results.values()
    )
    spans = results["ours"][0]["spans"]
    peak = max(result["peak_mb"] for result in results["ours"])
    wall = statistics.median(result["seconds"] for result in results["ours"])
    return [
        Row(
            f"read {spans:,} spans into the tables, with cache (CPU)",
            "best raw DuckDB extraction of the same columns to Parquet",
            ours / raw,
            must=1.5,
            aim=1.1,
            value=ours * 1e6,
            unit="µs/span",
        ),
        Row(
            f"read {spans:,} spans, peak memory",
            f"{MEMORY_MB} MB",
            peak / MEMORY_MB,
            must=1,
            value=peak,
            unit="MB",
        ),
        Row(f"read {spans:,} spans, time", "1 s", wall, value=wall, unit="s"),
    ]


def others(directory: Path) -> list[Row]:
    """What others take, against ours on the same quarter of the spans."""
    ours = _measured("ours", directory / "part", directory)
    ways = ["best_raw", "read_json", "pandas"]
    if importlib.util.find_spec("polars"):
        ways.append("polars")
    rows = []
    for way in ways:
        found = _measured(way, directory / "part", directory)
        rows += [
            Row(
                f"read {ours['spans']:,} spans, ours (CPU)",
                way,
                ours["cpu_s"] / found["cpu_s"],
                value=found["cpu_s"] / found["spans"] * 1e6,
                unit=f"µs/span ({way})",
            ),
            Row(
                f"read {ours['spans']:,} spans, ours (peak memory)",
                way,
                ours["peak_mb"] / found["peak_mb"],
                value=found["peak_mb"],
                unit=f"MB ({way})",
            ),
        ]
    return rows


def kept(directory: Path) -> list[Row]:
    """A quarter of the spans as a dataset: what it takes of disk and to read, against the files."""
    files = _measured("ours", directory / "part", directory)
    start = time.perf_counter()
    done = compact(directory / "part", directory / "kept")
    made = time.perf_counter() - start
    dataset = _measured("ours", directory / "kept", directory)
    assert dataset["spans"] == files["spans"]
    size = sum(path.stat().st_size for path in (directory / "part").iterdir())
    baseline = f"the files of {files['spans']:,} spans"
    return [
        Row(
            "disk space of a dataset",
            baseline,
            done.bytes / size,
            value=done.bytes / 1e6,
            unit="MB",
        ),
        Row(
            "read a dataset into the tables, with cache (CPU)",
            baseline,
            dataset["cpu_s"] / files["cpu_s"],
            value=dataset["cpu_s"] / dataset["spans"] * 1e6,
            unit="µs/span",
        ),
        Row(
            "toolspan compact", "reading them (time)", made / files["seconds"], value=made, unit="s"
        ),
    ]


def growth(directory: Path, part: int) -> list[Row]:
    """Four times the spans: four times the CPU, the same memory."""
    quarter = _measured("ours", directory / "part", directory)
    whole = _measured("ours", directory / "all", directory)
    times = whole["spans"] / quarter["spans"]
    return [
        Row(
            f"CPU for each span, {whole['spans']:,} spans",
            f"{part:,} spans",
            whole["cpu_s"] / quarter["cpu_s"] / times,
            must=1.25,
            aim=1.0,
        ),
        Row(
            f"peak memory, {whole['spans']:,} spans",
            f"{part:,} spans",
            whole["peak_mb"] / quarter["peak_mb"],
            value=whole["peak_mb"],
            unit="MB",
        ),
    ]


def small(directory: Path) -> list[Row]:
    """What somebody at a terminal waits for, start of the program included."""
    little = generate(directory / "little", 4_500, processes=1)
    assert little.tool_calls >= 1000
    cached = {"TOOLSPAN_CACHE_DIR": str(directory / "cache")}
    _waited(["tools", str(directory / "all")], cached)
    small_input = str(directory / "little")
    cases = (
        ("--help", ["--help"], {}, 0.150, 0.060),
        ("tools --help", ["tools", "--help"], {}, 0.150, 0.060),
        (f"table of {little.tool_calls:,} calls", ["tools", small_input], {}, 0.6, 0.25),
        ("first table of what is cached", ["tools", str(directory / "all")], cached, 0.6, 0.25),
    )  # fmt: skip
    rows = []
    for what, arguments, environment, must, aim in cases:
        waited = min(_waited(arguments, environment) for _ in range(7))
        rows.append(
            Row(
                f"toolspan {what}" if what.endswith("help") else what,
                f"{must * 1000:.0f} ms",
                waited / must,
                must=1,
                aim=aim / must,
                value=waited * 1000,
                unit="ms",
            )
        )
    asked = f"with open_traces({small_input!r}) as traces: [traces.records(m) for m in {MEASURES}]"
    script = ["-c", f"from toolspan.analytics import open_traces\n{asked}"]
    for what, must, waited in (
        (
            f"all {len(MEASURES)} measures of {little.tool_calls:,} calls, start included",
            1,
            min(_waited(script, {}, program=sys.executable) for _ in range(5)),
        ),
        (
            f"report of {little.tool_calls:,} calls, start included",
            None,
            min(_waited(["report", small_input], {}) for _ in range(5)),
        ),
    ):
        rows.append(Row(what, "1 s", waited, must=must, value=waited * 1000, unit="ms"))
    return rows


TOOLSPAN = str(Path(sys.executable).parent / "toolspan")


def _waited(arguments: list[str], environment: dict[str, str], *, program: str = TOOLSPAN) -> float:
    start = time.perf_counter()
    subprocess.run(
        [program, *arguments], check=True, capture_output=True, env={**os.environ, **environment}
    )
    return time.perf_counter() - start


def _quarter(made: Generated, folder: Path) -> int:
    folder.mkdir()
    count = max(1, len(made.files) // 4)
    for path in made.files[:count]:
        os.link(path, folder / path.name)
    return made.spans * count // len(made.files)


def _measured(way: str, folder: Path, directory: Path) -> dict[str, Any]:
    out = Path(tempfile.mkdtemp(dir=directory))
    try:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.analytics_reading", way, str(folder), str(out)],
            check=True,
            capture_output=True,
            text=True,
        )
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found
    finally:
        shutil.rmtree(out, ignore_errors=True)
