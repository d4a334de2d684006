"""Each measure over cached traces, against the same question to raw DuckDB, pandas and polars.

The baselines get the calls as one flat Parquet file with all they need already resolved, and answer
the bare numbers (count, failures, percentiles): neither intervals that respect clusters, nor
retries, fallbacks, the share of session time. polars takes part where it is installed
(`pip install polars`). Time is CPU time over all threads, the best of several turns.
"""

import importlib.util
import os
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from benchmarks.harness import Row
from benchmarks.trace_generator import generate
from toolspan.analytics import Traces, open_traces

MEASURES = (
    "tools",
    "agents",
    "workflows",
    "steps",
    "models",
    "servers",
    "errors",
    "sessions",
    "transitions",
    "loops",
    "dead_ends",
    "recovery",
    "repeats",
    "fallbacks",
    "concurrency",
    "trends",
)
QUANTILES = (0.5, 0.9, 0.95, 0.99)


def run(scale: str) -> list[Row]:
    spans = {"quick": 250_000, "full": 1_000_000, "huge": 10_000_000}[
        os.environ.get("TOOLSPAN_BENCH_SCALE", scale)
    ]
    with tempfile.TemporaryDirectory(prefix="toolspan-benchmark-", dir=Path.cwd()) as name:
        directory = Path(name)
        generate(directory / "traces", spans)
        open_traces(directory / "traces", cache_dir=directory / "cache").close()
        with open_traces(directory / "traces", cache_dir=directory / "cache") as traces:
            return [*each(traces, spans), *against_raw(traces, directory, spans)]


def each(traces: Traces, spans: int) -> list[Row]:
    """Every measure by itself and all in sum; the budget is for a million spans."""
    size = f"{spans:,} spans"
    found = {name: _best(lambda name=name: traces.records(name)) for name in MEASURES}
    rows = [
        Row(f"{name}, {size}", "1 s", wall, value=cpu * 1000, unit="ms CPU")
        for name, (wall, cpu) in found.items()
    ]
    million = spans / 1e6
    wall, cpu = (sum(each) for each in zip(*found.values(), strict=True))
    rows += [
        Row(
            f"all {len(MEASURES)} measures, {size} ({kind})",
            f"{million:g} s",
            seconds / million,
            must=3,
            aim=1,
            value=seconds,
            unit=f"s {kind}",
        )
        for kind, seconds in (("wall", wall), ("CPU", cpu))
    ]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rows.append(Row(f"peak memory, {size}", "2000 MB", peak / 2000, must=1, value=peak, unit="MB"))
    return rows


def against_raw(traces: Traces, directory: Path, spans: int) -> list[Row]:
    flat = directory / "flat"
    traces.export(flat, ["parquet"], tables=["tool_calls", "agent_runs", "llm_calls"])
    ours = {
        "tools": lambda: traces.records("tools"),
        "trends": lambda: traces.records("trends", every="hour", by="tool_name"),
        "agents": lambda: traces.records("agents"),
        "models": lambda: traces.records("models"),
    }
    rows = []
    for name, ask in ours.items():
        mine = _best(ask)[1]
        for peer, asks in _peers(flat / "tables").items():
            theirs = _best(asks[name])[1]
            rows.append(
                Row(
                    f"{name}, {spans:,} spans, ours (CPU)",
                    f"{peer}, bare numbers of a flat file",
                    mine / theirs,
                    value=theirs * 1000,
                    unit=f"ms CPU ({peer})",
                )
            )
    return rows


KEYS = {
    "tools": ("tool_calls", ["tool_name"]),
    "trends": ("tool_calls", ["hour", "tool_name"]),
    "agents": ("agent_runs", ["agent_name"]),
    "models": ("llm_calls", ["model"]),
}


HOUR = "date_trunc('hour', CAST(start_time AS TIMESTAMPTZ) AT TIME ZONE 'UTC')"


def _peers(folder: Path) -> dict[str, dict[str, Callable[[], object]]]:
    peers: dict[str, dict[str, Callable[[], object]]] = {
        "DuckDB": {name: (lambda name=name: _duckdb(folder, name)) for name in KEYS},
        "pandas": {name: (lambda name=name: _pandas(folder, name)) for name in KEYS},
    }
    if importlib.util.find_spec("polars"):
        peers["polars"] = {name: (lambda name=name: _polars(folder, name)) for name in KEYS}
    return peers


def _duckdb(folder: Path, name: str) -> object:
    table, keys = KEYS[name]
    by = ", ".join(HOUR if key == "hour" else key for key in keys)
    quantiles = ", ".join(f"quantile_cont(duration_ms, {q})" for q in QUANTILES)
    return duckdb.sql(
        f"SELECT {by}, count(*), count(*) FILTER (outcome IN ('error', 'tool_error', 'timeout')), "
        f"count(DISTINCT session_key), avg(duration_ms), {quantiles} "
        f"FROM '{folder / table}.parquet' GROUP BY ALL ORDER BY ALL"
    ).fetchall()


def _pandas(folder: Path, name: str) -> object:
    table, keys = KEYS[name]
    columns = [*(key for key in keys if key != "hour"), "start_time", "duration_ms", "outcome"]
    query = f"SELECT {', '.join(columns)}, session_key FROM '{folder / table}.parquet'"
    frame = duckdb.sql(query).df()  # the same file, without asking for pyarrow
    if "hour" in keys:
        frame["hour"] = frame["start_time"].dt.floor("h")
    frame["failed"] = frame["outcome"].isin(["error", "tool_error", "timeout"])
    groups = frame.groupby(keys)
    counts = groups.agg(
        calls=("failed", "size"),
        errors=("failed", "sum"),
        sessions=("session_key", "nunique"),
        mean=("duration_ms", "mean"),
    )
    return counts.join(groups["duration_ms"].quantile(list(QUANTILES)).unstack())


def _polars(folder: Path, name: str) -> object:
    import polars as pl

    table, keys = KEYS[name]
    frame = pl.scan_parquet(folder / f"{table}.parquet")
    if "hour" in keys:
        frame = frame.with_columns(pl.col("start_time").dt.truncate("1h").alias("hour"))
    return (
        frame.group_by(keys)
        .agg(
            pl.len(),
            pl.col("outcome").is_in(["error", "tool_error", "timeout"]).sum().alias("errors"),
            pl.col("session_key").n_unique(),
            pl.col("duration_ms").mean().alias("mean"),
            *(
                pl.col("duration_ms").quantile(q, interpolation="linear").alias(f"q{q}")
                for q in QUANTILES
            ),
        )
        .sort(keys)
        .collect()
    )


def _best(ask: Callable[[], object], turns: int = 4) -> tuple[float, float]:
    """Wall and CPU seconds, the best of several turns after a first that does not count."""
    ask()
    found = []
    for _ in range(turns):
        wall, cpu = time.perf_counter(), time.process_time()
        ask()
        found.append((time.perf_counter() - wall, time.process_time() - cpu))
    return min(wall for wall, _ in found), min(cpu for _, cpu in found)
