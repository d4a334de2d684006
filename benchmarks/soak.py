"""Minutes of steady load with rotation and compression: flat memory, no drop, latency.

`make soak`, or `python -m benchmarks.soak --seconds 150`. Each variant is a process of its own;
afterwards every span is looked for in its files. Ends with 1 when a span is missing or twice, when
one was dropped, when memory grew, or when the rate was not kept.
"""

import argparse
import json
import math
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import zstandard

from benchmarks.__main__ import document
from benchmarks.files_load import (
    PERCENTILES,
    attributes_of_calls,
    processor_of,
    provider_with,
    record_call,
)
from benchmarks.harness import Row

HERE = Path(__file__).parent
THREADS = 16
RATE = 2000
SETTINGS = {"max_file_bytes": 10_000_000, "compression": "zstd", "slow_disk": "stay"}
# Memory is looked at from here on: by then every thread, cache and buffer is there.
SETTLED = 0.2
MAY_GROW_MB = 5.0
# Latencies are counted in buckets, each 2 % wider than the one before: a list would grow.
BUCKET = math.log(1.02)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=150)
    parser.add_argument("--json", type=Path, default=HERE / "results" / "local" / "soak.json")
    arguments = parser.parse_args()
    found: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory(prefix="toolspan-soak-", dir=Path.cwd()) as directory:
        for variant in ("none", "write_through", "batch"):
            print(f"{variant} for {arguments.seconds:g} s ...", file=sys.stderr, flush=True)
            where = Path(directory) / variant
            found[variant] = run_process(variant, where, arguments.seconds)
            if variant != "none":
                found[variant] |= look_for_spans(where)
    rows = [row for variant in ("write_through", "batch") for row in rows_of(variant, found)]
    for row in rows:
        state = "ok  " if row.is_within_budget else "MISS"
        print(f"{state} {row.what}: {row.value:.4g} {row.unit}, {row.ratio:.3g} of {row.baseline}")
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    result = {**document({"soak": rows}, f"{arguments.seconds:g} s"), "processes": found}
    arguments.json.write_text(json.dumps(result, indent=2) + "\n")
    print(f"written to {arguments.json}", file=sys.stderr)
    return 0 if all(row.is_within_budget for row in rows) else 1


def rows_of(variant: str, found: dict[str, dict[str, Any]]) -> list[Row]:
    ours, none = found[variant], found["none"]
    lost = ours["ended"] - ours["in_files"]
    return [
        Row(f"{variant}: spans missing", "1 span", lost, 0, value=lost, unit="spans"),
        Row(
            f"{variant}: spans twice", "1 span", ours["twice"], 0, value=ours["twice"], unit="spans"
        ),
        Row(
            f"{variant}: spans dropped",
            "1 span",
            sum(ours["dropped"].values()),
            0,
            value=sum(ours["dropped"].values()),
            unit="spans",
        ),
        Row(
            f"{variant}: memory grown after the first fifth",
            f"{MAY_GROW_MB:g} MB",
            ours["grown_mb"] / MAY_GROW_MB,
            1,
            value=ours["grown_mb"],
            unit="MB",
        ),
        Row(
            f"{variant}: seconds taken",
            "seconds planned",
            ours["seconds"] / ours["planned_s"],
            1.05,
            value=ours["seconds"],
            unit="s",
        ),
        *(
            Row(
                f"{variant}: latency of a call, {name.removesuffix('_us')}",
                "no processor",
                ours[name] / none[name],
                value=ours[name],
                unit="µs",
            )
            for name in PERCENTILES
        ),
    ]


def run_process(variant: str, directory: Path, seconds: float) -> dict[str, Any]:
    order = json.dumps({"variant": variant, "directory": str(directory), "seconds": seconds})
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.soak", order],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env={**os.environ, "TOOLSPAN_SOAK_PROCESS": "1"},
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def look_for_spans(directory: Path) -> dict[str, Any]:
    """How many spans are in the files, and how many of them more than once."""
    ids: Counter[bytes] = Counter()
    suffixes: Counter[str] = Counter()
    for path in directory.iterdir():
        suffixes[path.suffix] += 1
        data = path.read_bytes()
        if path.suffix == ".zst":
            data = zstandard.ZstdDecompressor().decompressobj().decompress(data)
        assert data.endswith(b"\n"), path
        ids.update(re.findall(rb'"spanId":"([0-9a-f]{16})"', data))
    return {
        "in_files": len(ids),
        "twice": ids.total() - len(ids),
        "files": dict(suffixes),
    }


# --- the process under load ---------------------------------------------------------------------


def under_load(order: dict[str, Any]) -> dict[str, Any]:
    settings = SETTINGS if order["variant"] != "none" else {}
    processor: Any = processor_of(order["variant"], Path(order["directory"]), settings)
    provider = provider_with(processor)
    tracer = provider.get_tracer("toolspan.instrumentation", "0.1.0")
    pool = attributes_of_calls()
    calls = int(RATE * order["seconds"] / THREADS)
    histograms: list[Counter[int]] = [Counter() for _ in range(THREADS)]

    def work(histogram: Counter[int], seed: int) -> None:
        for number, due in enumerate(due_times(seed, calls)):
            wait = due - time.perf_counter()
            if wait > 0:
                time.sleep(wait)
            start = time.perf_counter_ns()
            record_call(tracer, pool[number % len(pool)])
            taken = time.perf_counter_ns() - start
            histogram[int(math.log(taken) / BUCKET)] += 1

    threads = [
        threading.Thread(target=work, args=(histogram, seed), daemon=True)
        for seed, histogram in enumerate(histograms)
    ]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    memory: list[tuple[float, float]] = []
    queued = 0
    for thread in threads:
        while thread.is_alive():
            thread.join(1)
            memory.append((time.perf_counter() - began, resident_mb()))
            queued = max(queued, processor.stats().queued if processor else 0)
    seconds = time.perf_counter() - began
    provider.shutdown()
    result = {
        "ended": calls * THREADS,
        "planned_s": order["seconds"],
        "seconds": seconds,
        **percentiles(sum(histograms, Counter())),
        **growth(memory, order["seconds"]),
    }
    if processor:
        stats = processor.stats()
        result |= {
            "dropped": stats.dropped,
            "written": stats.written,
            "slow_writes": stats.slow_writes,
            "most_queued": queued,
        }
    return result


def due_times(seed: int, calls: int) -> Iterator[float]:
    rng = random.Random(seed)
    interval_s = THREADS / RATE
    start = time.perf_counter()
    for number in range(calls):
        yield start + (number + rng.random()) * interval_s


def percentiles(histogram: Counter[int]) -> dict[str, float]:
    total, seen = histogram.total(), 0
    found: dict[str, float] = {}
    for bucket in sorted(histogram):
        seen += histogram[bucket]
        for name, share in PERCENTILES.items():
            if name not in found and seen >= share * total:
                found[name] = math.exp((bucket + 0.5) * BUCKET) / 1000
    return found


def growth(memory: list[tuple[float, float]], seconds: float) -> dict[str, float]:
    """The median of the last fifth beyond that of the fifth after settling."""
    early = [mb for at, mb in memory if SETTLED <= at / seconds < 2 * SETTLED]
    late = [mb for at, mb in memory if at / seconds >= 1 - SETTLED]
    return {
        "memory_mb": statistics.median(early),
        "grown_mb": statistics.median(late) - statistics.median(early),
    }


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    if os.environ.get("TOOLSPAN_SOAK_PROCESS"):
        print(json.dumps(under_load(json.loads(sys.argv[1]))))
    else:
        sys.exit(main())
