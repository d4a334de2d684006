"""Files that grow, followed: how soon a span that ended can be asked for, and a page's six views.

A process of its own writes 200 spans a second through our exporter, into a folder that holds many
already; all of them lie in the window. Meanwhile we poll, with 50 ms between polls, and look at the
page of `toolspan watch` once a second, in one thread, as anybody would.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.harness import Row
from benchmarks.live_writer import SERVICE
from benchmarks.trace_generator import generate
from toolspan.analytics import LiveTraces, follow, open_traces
from toolspan.analytics.live import look

SPANS_PER_SECOND = 200
PAUSE_S = 0.05
REFRESH_S = 1.0


@dataclass
class Measured:
    """What following took."""

    lags_ms: list[float] = field(default_factory=list)
    polls_ms: list[float] = field(default_factory=list)
    refreshes_ms: list[float] = field(default_factory=list)
    cpu_share: float = 0.0


def run(scale: str) -> list[Row]:
    spans = {"quick": 100_000, "full": 1_000_000}[os.environ.get("TOOLSPAN_BENCH_SCALE", scale)]
    seconds = {"quick": 10, "full": 30}[scale]
    with tempfile.TemporaryDirectory(prefix="toolspan-benchmark-", dir=Path.cwd()) as name:
        folder, cache = Path(name) / "traces", Path(name) / "cache"
        generate(folder, spans)
        open_traces(folder, cache_dir=cache).close()
        began = time.perf_counter()
        # The generator's time is the past; everything lies in this window.
        with follow(folder, since="520w", cache_dir=cache) as traces:
            opening = time.perf_counter() - began
            idle = _idle_polls_ms(traces)
            look(traces)
            measured = _follow(traces, folder, seconds)
    return _rows(measured, f"{spans:,} spans in the window", opening, idle)


def _idle_polls_ms(traces: LiveTraces) -> float:
    found = []
    for _ in range(20):
        began = time.perf_counter()
        traces.poll()
        found.append((time.perf_counter() - began) * 1e3)
    return statistics.median(found)


def _follow(traces: LiveTraces, folder: Path, seconds: float) -> Measured:
    measured = Measured()
    command = [sys.executable, "-m", "benchmarks.live_writer", str(folder), str(SPANS_PER_SECOND)]
    with subprocess.Popen(command) as writer:
        while not traces.poll():
            time.sleep(PAUSE_S)
        newest = _new_ends(traces, 0)[0]
        began, cpu = time.perf_counter(), time.process_time()
        refreshed = began
        while (now := time.perf_counter()) - began < seconds:
            if now - refreshed >= REFRESH_S:
                refreshed = now
                look(traces)
                measured.refreshes_ms.append((time.perf_counter() - now) * 1e3)
            before = time.perf_counter()
            arrived = traces.poll()
            measured.polls_ms.append((time.perf_counter() - before) * 1e3)
            there_ns = time.time_ns()
            if arrived:
                ends = _new_ends(traces, newest)
                measured.lags_ms += [(there_ns - end) / 1e6 for end in ends]
                newest = ends[0] if ends else newest
            time.sleep(PAUSE_S)
        measured.cpu_share = (time.process_time() - cpu) / (time.perf_counter() - began)
        writer.kill()
    return measured


def _new_ends(traces: LiveTraces, newest: int) -> list[int]:
    """When the writer's spans that were not there before ended, the latest first."""
    found = traces.sql_records(
        f"SELECT end_ns FROM tool_call WHERE end_ns > {newest} AND service_name = '{SERVICE}' "
        "ORDER BY end_ns DESC"
    )
    return [row["end_ns"] for row in found]


def _rows(measured: Measured, size: str, opening: float, idle: float) -> list[Row]:
    lag = statistics.quantiles(measured.lags_ms, n=100)
    p50, p95 = lag[49], lag[94]
    views = statistics.median(measured.refreshes_ms)
    pace = f"{SPANS_PER_SECOND} spans/s, {size}"
    return [
        Row(f"span end to query, p50, {pace}", "500 ms", p50 / 500, 1, 0.5, p50, "ms"),
        Row(f"span end to query, p95, {pace}", "500 ms", p95 / 500, value=p95, unit="ms"),
        Row(f"refresh of six views, {pace}", "600 ms", views / 600, 1, 0.5, views, "ms"),
        Row(
            f"refresh of six views, the longest of {len(measured.refreshes_ms)}, {pace}",
            "600 ms",
            max(measured.refreshes_ms) / 600,
            value=max(measured.refreshes_ms),
            unit="ms",
        ),
        Row(
            f"a poll, {pace}",
            "1 s",
            statistics.median(measured.polls_ms) / 1e3,
            value=statistics.median(measured.polls_ms),
            unit="ms",
        ),
        Row(f"a poll of files that rest, {size}", "1 s", idle / 1e3, value=idle, unit="ms"),
        Row(f"begin to follow, cached, {size}", "1 s", opening, value=opening, unit="s"),
        Row(
            "CPU while following", "one core", measured.cpu_share,
            value=100 * measured.cpu_share, unit="% of a core",
        ),
    ]  # fmt: skip
