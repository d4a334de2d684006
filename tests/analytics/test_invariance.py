"""However the same spans come (order, files, batches, twice, compressed), the results are equal.

To the last bit: sums are of whole numbers, or in an order of their own.
"""

import gzip
import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import zstandard
from benchmarks.trace_generator import generate

from support.tables import everything
from support.traces import agent, span, tool
from toolspan.analytics import Traces, open_traces
from toolspan.analytics.read import _pieces
from toolspan.analytics.store import _open

Envelope = tuple[str, str, dict[str, Any]]


def envelopes(path: Path) -> list[Envelope]:
    """Each span or log record of a file alone, with its resource and scope."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        for kind, scopes, items in (
            ("resourceSpans", "scopeSpans", "spans"),
            ("resourceLogs", "scopeLogs", "logRecords"),
        ):
            for resource in json.loads(line).get(kind, ()):
                for scope in resource[scopes]:
                    around = json.dumps([resource.get("resource", {}), scope["scope"]])
                    found += [(kind, around, item) for item in scope[items]]
    return found


def written(path: Path, items: list[Envelope], chance: random.Random) -> None:
    """The items as lines of random length, compressed or not."""
    lines = []
    while items:
        size = chance.choice((1, 2, 7, 40))
        batch, items = items[:size], items[size:]
        document: dict[str, list[Any]] = {}
        for kind, around, item in batch:
            resource, scope = json.loads(around)
            names = (
                ("scopeSpans", "spans") if kind == "resourceSpans" else ("scopeLogs", "logRecords")
            )
            document.setdefault(kind, []).append(
                {"resource": resource, names[0]: [{"scope": scope, names[1]: [item]}]}
            )
        lines.append(json.dumps(document))
    text = "".join(line + "\n" for line in lines).encode()
    packing = chance.choice(("", "", ".gz", ".zst"))
    if packing == ".gz":
        text = gzip.compress(text)
    elif packing:
        text = zstandard.compress(text)
    path.with_name(path.name + packing).write_bytes(text)


def agree(traces: Traces, answers: dict[str, Any]) -> None:
    for name, rows in everything(traces).items():
        different = [(a, b) for a, b in zip(rows, answers[name], strict=True) if a != b]
        assert different == [], name


@contextmanager
def in_parts(bytes_a_piece: int) -> Iterator[None]:
    """Files of any size go through the cache, cut into pieces of that size."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_open, "CACHE_ABOVE_BYTES", -1)
        patch.setattr(_open, "PIECE_BYTES", bytes_a_piece)
        patch.setattr(_pieces, "PIECE_BYTES", bytes_a_piece)
        patch.setattr(_pieces, "SMALL_ARCHIVE_BYTES", 0)
        patch.setattr(_open, "SHARED_PORTION", 50)
        yield


@pytest.fixture(scope="module")
def items(tmp_path_factory: pytest.TempPathFactory) -> list[Envelope]:
    """Generated sessions with feedback, and by hand what the generator does not make."""
    folder = tmp_path_factory.mktemp("source")
    made = generate(folder, 250, seed=3, processes=1)
    around = json.dumps([{"attributes": []}, {"name": "pydantic-ai"}])
    odd = [
        tool("lost", 5, 99, trace=50, session__id="s-lost", toolspan__workflow="w"),
        tool("circle", 1, 2, trace=51),
        tool("circle", 2, 1, trace=51),
        agent("a", 1, trace=52, ms=900),
        tool("t", 2, 1, trace=52, error="ModelRetry", pydantic_ai__tool__retry__attempt=1),
        tool("t", 3, 1, trace=52, at=200),
        tool("t", 4, 1, trace=52, at=200),
        dict(tool("open", 5, 1, trace=52, at=300), endTimeUnixNano="0"),
        span("GET", 6, 5, trace=52, kind=3, error="503"),
    ]
    return [
        *envelopes(made.files[0]),
        *envelopes(made.feedback),
        *(("resourceSpans", around, item) for item in odd),
    ]


@pytest.fixture(scope="module")
def answers(items: list[Envelope], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("plain")
    written(folder / "all.jsonl", items, random.Random(0))
    with open_traces(folder, cache=False) as traces:
        return everything(traces)


CASES = [
    # files, repeats, by way of the cache
    (1, False, False),
    (4, True, False),
    pytest.param(5, True, True, marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("files", "twice", "parts"), CASES)
def test_order_files_batches_and_repeats_change_nothing(
    items: list[Envelope],
    answers: dict[str, Any],
    tmp_path: Path,
    files: int,
    twice: bool,
    parts: bool,
) -> None:
    shaken(items, answers, tmp_path, random.Random(f"{files} {twice}"), files, twice, parts)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_no_order_of_any_kind_changes_anything(
    items: list[Envelope], answers: dict[str, Any], tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    shaken(items, answers, tmp_path, chance, 1 + seed % 6, seed % 2 == 0, seed % 3 > 0)


def shaken(
    items: list[Envelope],
    answers: dict[str, Any],
    folder: Path,
    chance: random.Random,
    files: int,
    twice: bool,
    parts: bool,
) -> None:
    """The items in another order, split otherwise, some twice: the answers are the same."""
    mine = items + (chance.sample(items, len(items) // 3) if twice else [])
    chance.shuffle(mine)
    for number in range(files):
        written(folder / f"{chance.random()}-{number}.jsonl", mine[number::files], chance)
    if not parts:
        with open_traces(folder, cache=False) as traces:
            agree(traces, answers)
        return
    with in_parts(40_000):
        for _ in range(2):  # read, then known
            with open_traces(folder, cache_dir=folder / "cache") as traces:
                agree(traces, answers)
        assert traces.summary.bytes_read == 0
