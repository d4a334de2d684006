"""Every measure over many cached spans: seconds, CPU and peak memory, one process for all.

    python -m benchmarks.trace_generator FOLDER --spans 20000000
    python -m benchmarks.analytics_measures FOLDER CACHE OUT.json

Results go to Parquet, as `toolspan export` writes them: a row for each of a million sessions is no
table that anybody reads. The first run fills the cache and says nothing of measures.
"""

import argparse
import datetime as dt
import json
import os
import platform
import resource
import time
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.bench_measures import MEASURES
from toolspan.analytics import Traces, open_traces


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.analytics_measures")
    parser.add_argument("folder", type=Path)
    parser.add_argument("cache", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    before = _now()
    with open_traces(options.folder, cache_dir=options.cache) as traces:
        opening = _since(before)
        found = {name: _measured(traces, name) for name in MEASURES}
        spans = traces.summary.spans
    document = {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "command": "python -m benchmarks.analytics_measures FOLDER CACHE OUT",
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs",
        "load": [round(load, 2) for load in os.getloadavg()],
        "versions": {name: version(name) for name in ("toolspan", "duckdb")},
        "spans": spans,
        "opening": opening,
        "measures": found,
        "seconds": round(sum(each["seconds"] for each in found.values()), 2),
        "cpu_s": round(sum(each["cpu_s"] for each in found.values()), 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }
    options.out.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def _measured(traces: Traces, name: str) -> dict[str, float]:
    sql = traces.query(name)
    traces.sql_table(f"SELECT * FROM ({sql}) LIMIT 0")  # makes the views it names
    with TemporaryDirectory(prefix="toolspan-benchmark-") as folder:
        target = Path(folder) / "out.parquet"
        before = _now()
        traces.connection.execute(f"COPY ({sql}) TO '{target}' (FORMAT parquet)")
        found = _since(before)
    print(name, found, flush=True)
    return found


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _since(before: tuple[float, float]) -> dict[str, float]:
    wall, cpu = _now()
    return {"seconds": round(wall - before[0], 3), "cpu_s": round(cpu - before[1], 3)}


if __name__ == "__main__":
    main()
