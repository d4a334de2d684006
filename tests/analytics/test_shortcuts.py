"""What is left out where there is nothing to do leaves the results as they were."""

from pathlib import Path
from typing import Any

import pytest
from benchmarks.trace_generator import generate

from support.traces import otlp, span, tool, write_lines
from toolspan.analytics import Traces, open_traces
from toolspan.analytics.engine import load_sql
from toolspan.analytics.store import _open

CHAT: dict[str, Any] = {"gen_ai__operation__name": "chat", "gen_ai__request__model": "m"}
IDENTITY: dict[str, Any] = {
    "session__id": "s",
    "user__id": "u",
    "gen_ai__conversation__id": "c",
    "gen_ai__agent__name": "a",
    "gen_ai__workflow__name": "w",
    "toolspan__agent": "a",
    "toolspan__workflow": "w",
    "toolspan__step": "p",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generated sessions; model calls that tell little; calls that leave out one thing each."""
    folder = tmp_path_factory.mktemp("sessions")
    generate(folder, 200, seed=5, processes=1)
    top = span("step p", 10, trace=8, toolspan__step__index=1, **IDENTITY)
    silent = [
        tool("search", 20 + number, 10, trace=8, **{k: v for k, v in IDENTITY.items() if k != key})
        for number, key in enumerate(IDENTITY)
    ]
    other = tool("search", 40, 10, trace=8, **dict.fromkeys(IDENTITY, "other"))
    chats = [
        span("chat m", 1, trace=7, gen_ai__usage__input_tokens=3, **CHAT),
        span("chat m", 2, trace=7, gen_ai__usage__cache_read__input_tokens=9, **CHAT),
    ]
    write_lines(folder / "odd.jsonl", otlp([top, *silent, other, *chats]))
    return folder


def rows(traces: Traces, sql: str) -> list[dict[str, Any]]:
    return sorted(traces.sql_records(sql), key=repr)


def columns(traces: Traces, table: str) -> list[tuple[str, str]]:
    found = traces.sql_records(
        f"SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM {table})"
    )
    return [(row["column_name"], row["column_type"]) for row in found]


def test_model_calls_that_nothing_nests_in_need_no_search(folder: Path) -> None:
    with open_traces(folder) as traces:
        alone = rows(traces, load_sql("model/llm_call_alone.sql"))
        searched = rows(traces, load_sql("model/llm_call.sql"))
    assert len(alone) > 50
    assert alone == searched


def test_what_is_stored_is_what_was_worked_out(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_traces(folder, cache=False) as traces:
        in_memory = rows(traces, "SELECT * FROM resolved")
        types = sorted(columns(traces, "resolved"))
    monkeypatch.setattr(_open, "CACHE_ABOVE_BYTES", -1)
    with open_traces(folder, cache_dir=tmp_path) as traces:
        names = ", ".join(in_memory[0])
        assert rows(traces, f"SELECT {names} FROM resolved") == in_memory
        assert sorted(columns(traces, "resolved")) == types
    for own in ("session_id", "user_id", "agent_name", "workflow_name", "step_name"):
        assert {row[f"own_{own}"] == row[own] for row in in_memory} == {True, False}


@pytest.mark.parametrize("table", ["evaluation", "assessment"])
def test_without_feedback_its_tables_have_the_same_columns(
    folder: Path, tmp_path: Path, table: str
) -> None:
    path = write_lines(tmp_path / "alone.jsonl", otlp([tool("search", 1)]))
    with open_traces(folder) as some, open_traces(path) as none:
        assert some.sql_records(f"SELECT count(*) > 0 AS found FROM {table}") == [{"found": True}]
        assert rows(none, f"SELECT * FROM {table}") == []
        assert columns(none, table) == columns(some, table)
