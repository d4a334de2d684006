"""What the results and the schema of a tool add to the tokens of later turns."""

import json
from pathlib import Path
from typing import Any

import pytest

from support.traces import agent, otlp, span, tool, write_lines
from toolspan.analytics import open_traces

NAMES = ("tool_name", "calls", "added_tokens", "carried_tokens", "carried_share", "schema_tokens")
NAMES += ("carried_cost",)


def chat(number: int, at: float, read: int, wrote: int, **more: Any) -> dict[str, Any]:
    return span(
        "chat m",
        number,
        1,
        at=at,
        gen_ai__operation__name="chat",
        gen_ai__request__model="m",
        gen_ai__usage__input_tokens=read,
        gen_ai__usage__output_tokens=wrote,
        **more,
    )


def told(path: Path, **selection: Any) -> list[tuple[Any, ...]]:
    with open_traces(path) as traces:
        return [
            tuple(row.get(name) for name in NAMES)
            for row in traces.records("carried_cost", **selection)
        ]


@pytest.mark.requirement("analytics.03-carried-cost")
def test_results_are_charged_each_time_they_are_read(tmp_path: Path) -> None:
    priced = {"gen_ai__usage__cost": 0.38}
    spans = [
        agent("a", 1, ms=5000),
        chat(2, 0, 100, 20, **priced),
        tool("t", 3, 1, at=200),
        tool("u", 4, 1, at=300),
        chat(5, 500, 220, 10, **priced),  # 100 more than it read and wrote before: 50 of each
        tool("t", 6, 1, at=700),
        chat(7, 900, 260, 10, **priced),  # 30 more
        tool("u", 8, 1, at=1100),
        chat(9, 1300, 80, 60, **priced),  # the context was cut
        tool("t", 10, 1, at=1500),  # nothing reads its result
    ]
    path = write_lines(tmp_path / "spans.jsonl", otlp(spans))
    # t: 50 tokens read by three later turns, and 30 by two; u: 50 by three, and nothing.
    price = 4 * 0.38 / (660 + 100)
    assert told(path) == [
        ("t", 2, 80, 210, pytest.approx(210 / 660), None, pytest.approx(210 * price)),
        ("u", 2, 50, 150, pytest.approx(150 / 660), None, pytest.approx(150 * price)),
    ]
    # Looking at one of them changes nothing of what it has a part in.
    assert told(path, where="tool_name=u")[0][:4] == ("u", 2, 50, 150)


def test_calls_of_one_turn_share_by_the_lengths_of_their_results(tmp_path: Path) -> None:
    spans = [
        agent("a", 1, ms=5000),
        chat(2, 0, 100, 0),
        tool("t", 3, 1, at=200, gen_ai__tool__call__result="x" * 30),
        tool("u", 4, 1, at=300, gen_ai__tool__call__result="x" * 10),
        chat(5, 500, 200, 0),
    ]
    path = write_lines(tmp_path / "spans.jsonl", otlp(spans))
    assert [row[:4] for row in told(path)] == [("t", 1, 75, 75), ("u", 1, 25, 25)]


def test_schemas_are_charged_each_time_they_are_offered(tmp_path: Path) -> None:
    definitions = [{"name": "t", "description": "x" * 370}, {"name": "never", "type": "function"}]
    offered = {"gen_ai__tool__definitions": json.dumps(definitions)}
    spans = [
        agent("a", 1, ms=5000),
        chat(2, 0, 100, 0, **offered),
        tool("t", 3, 1, at=200),
        chat(5, 500, 150, 0, **offered),
    ]
    path = write_lines(tmp_path / "spans.jsonl", otlp(spans))
    sizes = {each["name"]: len(json.dumps(each, separators=(",", ":"))) / 4 for each in definitions}
    assert [(row[0], row[1], row[3], row[5]) for row in told(path)] == [
        ("t", 1, 50, 2 * sizes["t"]),
        ("never", 0, None, 2 * sizes["never"]),
    ]
    assert told(path, by="agent_name")[0][5] is None
