"""Run every benchmark (`benchmarks/bench_*.py`), print the ratios, write them as JSON.

Each of those modules has `run(scale: str) -> list[Row]`; scale is `quick` or `full`.
"""

import argparse
import datetime as dt
import importlib
import json
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.harness import Row

HERE = Path(__file__).parent


def main() -> int:
    names = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("only", nargs="*", metavar="NAME", help=f"one of {', '.join(names)}")
    parser.add_argument("--full", action="store_true", help="larger inputs, more rounds")
    parser.add_argument("--json", type=Path, default=HERE / "results" / "local" / "latest.json")
    arguments = parser.parse_args()
    unknown = set(arguments.only) - set(names)
    if unknown:
        parser.error(f"no benchmark called {', '.join(sorted(unknown))}; there are {names}")

    scale = "full" if arguments.full else "quick"
    results: dict[str, list[Row]] = {}
    for name in arguments.only or names:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        results[name] = importlib.import_module(f"benchmarks.bench_{name}").run(scale)

    _print(results)
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps(document(results, scale), indent=2) + "\n")
    print(f"written to {arguments.json}", file=sys.stderr)
    missed = [row for rows in results.values() for row in rows if not row.is_within_budget]
    return 1 if missed else 0


def _print(results: dict[str, list[Row]]) -> None:
    table = Table("benchmark", "what", "baseline", "ratio", "must", "aim", "measured")
    for name, rows in results.items():
        for row in rows:
            table.add_row(
                name,
                row.what,
                row.baseline,
                f"[{'green' if row.is_within_budget else 'red'}]{row.ratio:.3g}",
                "" if row.must is None else f"{row.must:g}",
                "" if row.aim is None else f"{row.aim:g}",
                "" if row.value is None else f"{row.value:.4g} {row.unit}",
            )
    Console().print(table)


def document(results: dict[str, list[Row]], scale: str) -> dict[str, object]:
    """The results with all that one must know to compare them."""
    packages = ("toolspan", "opentelemetry-api", "opentelemetry-sdk", "duckdb", "pandas")
    return {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "scale": scale,
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs",
        "load": [round(load, 2) for load in os.getloadavg()],
        "versions": {name: version(name) for name in packages},
        "results": {name: [row.as_dict() for row in rows] for name, rows in results.items()},
    }


if __name__ == "__main__":
    sys.exit(main())
