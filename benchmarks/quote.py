"""Rows of one run as a Markdown table, to be quoted in the README.

python -m benchmarks recording start --full --json benchmarks/results/DATE-recording.json
python -m benchmarks.quote benchmarks/results/DATE-recording.json [BENCHMARK ...]
"""

import argparse
import json
import sys
from pathlib import Path


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quote", description=__doc__)
    parser.add_argument("result", type=Path)
    parser.add_argument("only", nargs="*", metavar="BENCHMARK")
    options = parser.parse_args()
    print(table(json.loads(options.result.read_text(encoding="utf-8")), options.only))
    return 0


def table(document: dict[str, object], only: list[str] | None = None) -> str:
    """The rows that have a budget, and where, when and with what they were measured."""
    results: dict[str, list[dict[str, object]]] = document["results"]  # type: ignore[assignment]
    lines = ["| what | compared with | ratio | at most |", "|---|---|---|---|"]
    for name, rows in results.items():
        for row in rows:
            if row["must"] is not None and (not only or name in only):
                cells = (row["what"], row["baseline"], f"{row['ratio']:.2f}", f"{row['must']:g}")
                lines.append(f"| {' | '.join(map(str, cells))} |")
    versions: dict[str, str] = document["versions"]  # type: ignore[assignment]
    used = ", ".join(f"{name} {number}" for name, number in versions.items())
    lines += ["", f"Measured {document['date']} on {document['machine']}, "]
    lines[-1] += f"Python {document['python']}, {used}."
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
