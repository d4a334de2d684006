"""Findings: from tables to sentences, against reading the same traces from their files.

10,000 sessions of two workflows that use some of fifty tools, each session rated; and the same for
exposures that are numbers. CPU time, as all that runs in this one process.
"""

import csv
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.harness import Row
from toolspan.analytics import Traces, open_traces

SESSIONS = 10_000
TOOLS = 50
START_NS = 1_767_225_600_000_000_000
SECONDS = 10.0


def run(scale: str) -> list[Row]:
    rounds = 3 if scale == "quick" else 7
    with tempfile.TemporaryDirectory(prefix="toolspan-benchmark-", dir=Path.cwd()) as name:
        folder = Path(name)
        spans, ratings = write(folder)
        reading = _seconds(lambda: open_traces(spans, ratings, cache=False).close(), rounds)
        with open_traces(spans, ratings, cache=False) as traces:
            rows = [_row(traces, exposure, reading, rounds) for exposure in ("used", "calls")]
    return rows


def write(folder: Path) -> tuple[Path, Path]:
    """The traces and the ratings; returns both files."""
    chance = random.Random(7)
    spans, ratings = folder / "spans.jsonl", folder / "ratings.csv"
    with (
        spans.open("w", encoding="utf-8") as lines,
        ratings.open("w", encoding="utf-8", newline="") as table,
    ):
        writer = csv.writer(table)
        writer.writerow(("session_id", "name", "value", "source"))
        for session in range(SESSIONS):
            workflow = chance.randrange(2)
            difficulty = chance.gauss(0, 1)
            used = [
                min(int(chance.paretovariate(0.7)) - 1, TOOLS - 1)
                for _ in range(max(1, round(8 + 3 * difficulty)))
            ]
            lines.write(json.dumps(_document(session, workflow, used)) + "\n")
            score = 3 - difficulty - workflow - 0.3 * (3 in used) + chance.gauss(0, 1)
            writer.writerow((f"s{session}", "quality", round(min(5, max(1, score)), 2), "human"))
    return spans, ratings


def _document(session: int, workflow: int, used: list[int]) -> dict[str, object]:
    start = START_NS + session * 60_000_000_000
    root = _span(session, 1, None, "invoke_agent", "helper", start, len(used) + 1)
    root["attributes"] += [_text("gen_ai.workflow.name", f"w{workflow}")]  # type: ignore[operator]
    calls = [
        _span(session, 2 + place, 1, "execute_tool", f"tool_{tool}", start + place * 10**9, 1)
        for place, tool in enumerate(used)
    ]
    scope = {"scope": {"name": "bench"}, "spans": [root, *calls]}
    resource = {"attributes": [_text("service.name", "bench")]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [scope]}]}


def _span(
    session: int, number: int, parent: int | None, operation: str, name: str, start: int, s: int
) -> dict[str, object]:
    what = "agent" if operation == "invoke_agent" else "tool"
    span: dict[str, object] = {
        "traceId": f"{session + 1:032x}",
        "spanId": f"{number:016x}",
        "name": f"{operation} {name}",
        "kind": 1,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + s * 10**9),
        "attributes": [
            _text("gen_ai.operation.name", operation),
            _text(f"gen_ai.{what}.name", name),
            _text("session.id", f"s{session}"),
        ],
        "status": {},
    }
    return span if parent is None else span | {"parentSpanId": f"{parent:016x}"}


def _text(key: str, value: str) -> dict[str, object]:
    return {"key": key, "value": {"stringValue": value}}


def _row(traces: Traces, exposure: str, reading: float, rounds: int) -> Row:
    seconds = _seconds(lambda: traces.correlation(exposure=exposure), rounds)
    found = traces.correlation(exposure=exposure)
    (audit,) = found.audits
    return Row(
        f"correlate ({exposure}) {audit['rated']:,} sessions, {audit['exposures']} tools",
        "reading the same traces from their file",
        seconds / reading,
        must=round(SECONDS / reading, 2),
        value=seconds,
        unit="s CPU",
    )


def _seconds(work: Callable[[], object], rounds: int) -> float:
    found = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return statistics.median(found)
