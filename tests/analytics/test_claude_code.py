"""What Claude Code leaves behind becomes tool calls, LLM calls, agent runs and sessions.

The samples are of Claude Code 2.1.330 against a server that answers from a script: two shell
commands (one fails), a file that is missing, a sub-agent with a command of its own, an MCP tool that
fails, a file it may not write; in between the model is overloaded. Another session fails at once.
"""

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest

from support.traces import otlp, tool, write_lines
from toolspan.analytics import open_traces
from toolspan.analytics.store import _open

FOLDER = Path(__file__).parent / "data" / "claude_code"
LOGS, TRACES, PROJECTS = (FOLDER / name for name in ("logs.jsonl", "traces.jsonl", "projects"))
MODEL = "claude-opus-5-5"
MISSING = "File does not exist. Note: your current working directory is /home/amy/project."

# tool, agent, MCP server, outcome, message
TOOL_CALLS = [
    ("Bash", "claude-code", None, "ok", None),
    ("Bash", "claude-code", None, "tool_error", "Shell command failed"),
    ("Read", "claude-code", None, "tool_error", MISSING),
    ("Agent", "claude-code", None, "ok", None),
    ("Bash", "general-purpose", None, "ok", None),
    ("add", "claude-code", "demo", "tool_error", "no such number"),
    ("Write", "claude-code", None, "denied", None),
]
# agent, input tokens, outcome
LLM_CALLS = [
    ("claude-code", 1121, "ok"), ("claude-code", 1123, "ok"), ("claude-code", 1124, "ok"),
    ("general-purpose", 1125, "ok"), ("general-purpose", 1126, "ok"),
    ("claude-code", 1127, "ok"), ("claude-code", 1129, "ok"), ("claude-code", 1130, "ok"),
    ("claude-code", None, "error"),
]  # fmt: skip
RUNS = [
    ("claude-code", None, "ok"),
    ("general-purpose", "claude-code", "ok"),
    ("claude-code", None, "ok"),
]


def rows(paths: Any, table: str, *columns: str) -> list[tuple[Any, ...]]:
    with open_traces(paths, cache=False) as traces:
        assert traces.summary.damages == []
        found = traces.sql_records(
            f"SELECT {', '.join(columns)} FROM {table} ORDER BY start_time, duration_ms DESC"
        )
    return [tuple(row.values()) for row in found]


def calls(paths: Any) -> list[tuple[Any, ...]]:
    return rows(
        paths, "tool_calls", "tool_name", "agent_name", "mcp_server", "outcome", "error_message"
    )


@pytest.mark.parametrize("source", [LOGS, PROJECTS], ids=["events", "transcripts"])
def test_events_and_transcripts_tell_the_same_story(source: Path) -> None:
    said = {"Shell command failed": "Exit code 3"} if source == PROJECTS else {}
    assert calls(source) == [(*call[:4], said.get(call[4], call[4])) for call in TOOL_CALLS]
    assert rows(source, "llm_calls", "agent_name", "input_tokens", "outcome") == LLM_CALLS
    assert rows(source, "agent_runs", "agent_name", "parent_agent_name", "outcome") == RUNS
    with open_traces(source) as traces:
        sessions = {row["session_id"][:4]: row for row in traces.records("sessions")}
        assert {name: row["tool_calls"] for name, row in sessions.items()} == {"e493": 7, "efc1": 0}
        models = {row["model"]: row for row in traces.records("models")}
        numbers = models[MODEL]
        assert (numbers["output_tokens"], numbers["cache_read_tokens"]) == (400, 8000)
        # Only the events say what it cost.
        cost = None if source == PROJECTS else pytest.approx(0.01378)
        assert numbers["cost"] == cost


def test_who_has_both_has_each_call_once() -> None:
    together = [LOGS, PROJECTS]
    assert [call[:4] for call in calls(together)] == [call[:4] for call in TOOL_CALLS]
    assert rows(together, "llm_calls", "agent_name", "input_tokens", "outcome") == LLM_CALLS
    assert sorted(rows(together, "agent_runs", "agent_name")) == sorted((r[0],) for r in RUNS)


def test_spans_are_read_and_the_events_beside_them_add_nothing() -> None:
    found = calls(TRACES)
    assert [call[0] for call in found] == [call[0] for call in TOOL_CALLS]
    # Its traces have no span for the sub-agent's run.
    assert {call[1] for call in found} == {"claude-code"}
    assert found[5][2:] == ("demo", "tool_error", "no such number")
    assert rows(TRACES, "agent_runs", "agent_name") == [("claude-code",)]
    assert len(rows(TRACES, "llm_calls", "model")) == 8


def test_events_have_the_times_and_the_arguments_they_state() -> None:
    columns = ("tool_name", "duration_ms", "error_type", "arguments", "user_id", "dialect")
    assert rows(LOGS, "tool_calls", *columns)[1:3] == [
        ("Bash", 18.0, "ShellError", '{"command":"echo broken >&2; exit 3","description":"fail"}',
         "amy", "claude_code"),
        ("Read", 10.0, "TelemetrySafeError", '{"file_path":"/home/amy/project/missing.txt"}',
         "amy", "claude_code"),
    ]  # fmt: skip


def test_results_of_a_transcript_are_kept_and_projects_can_be_told_apart() -> None:
    found = rows(PROJECTS, "tool_calls", "tool_name", "result")
    assert found[0] == ("Bash", "hello")
    with open_traces(PROJECTS) as traces:
        by_project = traces.records("tools", by=["claude_code.project"])
        assert {row["claude_code.project"] for row in by_project} == {"/home/amy/project"}


def test_no_order_or_division_of_events_matters(tmp_path: Path) -> None:
    records = []
    for line in LOGS.read_text(encoding="utf-8").splitlines():
        for resource in json.loads(line)["resourceLogs"]:
            for scope in resource["scopeLogs"]:
                records += [(scope["scope"], record) for record in scope["logRecords"]]
    random.Random(1).shuffle(records)
    lines = [
        {"resourceLogs": [{"scopeLogs": [{"scope": scope, "logRecords": [record]}]}]}
        for scope, record in records
    ]
    path = write_lines(tmp_path / "events.jsonl", *lines, otlp([tool("mine", 1)]))
    assert calls(path) == [("mine", None, None, "ok", None), *TOOL_CALLS]
    assert rows(path, "agent_runs", "*")[0] == rows(LOGS, "agent_runs", "*")[0]


def test_kept_parts_tell_the_same(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(_open, "CACHE_ABOVE_BYTES", -1)
    monkeypatch.setattr(_open, "PIECE_BYTES", 1)
    together = [LOGS, PROJECTS]
    for _ in range(2):
        with open_traces(together, cache_dir=tmp_path) as traces:
            found = traces.sql_records("SELECT * FROM tool_calls ORDER BY start_time, duration_ms")
        with open_traces(together, cache=False) as traces:
            wanted = traces.sql_records("SELECT * FROM tool_calls ORDER BY start_time, duration_ms")
        assert found == wanted != []


def test_packed_transcripts_are_read(tmp_path: Path) -> None:
    (path,) = PROJECTS.glob("*/e493*.jsonl")
    packed = tmp_path / "a.jsonl.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert [call[0] for call in calls(packed)] == [
        "Bash", "Bash", "Read", "Agent", "add", "Write",
    ]  # fmt: skip


# --- by hand ----------------------------------------------------------------------------------

SESSION = {"sessionId": "s-1", "version": "1.0.60", "cwd": "/home/amy/project"}


def line(number: int, kind: str, content: Any, parent: int | None = None, **more: Any) -> Any:
    """A line of an older version, `number` seconds after nine."""
    message: dict[str, Any] = {"role": kind, "content": content}
    if kind == "assistant":
        usage = {"input_tokens": 10, "output_tokens": 5}
        message |= {"id": f"msg_{number}", "model": "claude-sonnet-4", "usage": usage}
    return {
        **SESSION,
        "type": kind,
        "message": message,
        "uuid": f"u-{number}",
        "parentUuid": None if parent is None else f"u-{parent}",
        "timestamp": f"2025-08-01T09:00:{number:02}.000Z",
        **more,
    }


def use(name: str, call_id: str, **given: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": call_id, "name": name, "input": given}


def result(call_id: str, text: str, **more: Any) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": call_id, "content": text, **more}


def test_an_answer_in_several_lines_is_one_call_and_a_call_without_a_result_is_open(
    tmp_path,
) -> None:
    path = write_lines(
        tmp_path / "a.jsonl",
        {"type": "summary", "summary": "An earlier talk", "leafUuid": "u-0"},
        line(0, "user", "hello"),
        line(3, "assistant", [{"type": "text", "text": "Well"}], 0, requestId="r-1"),
        line(4, "assistant", [use("Bash", "c-1", command="ls")], 3, requestId="r-1"),
        line(5, "user", [result("c-1", "a\nb")], 4),
        line(7, "assistant", [use("Read", "c-2")], 5, requestId="r-2"),
    )
    assert rows(path, "tool_calls", "tool_name", "outcome", "duration_ms", "result") == [
        ("Bash", "ok", 1000.0, "a\nb"),
        ("Read", "abandoned", 0.0, None),
    ]
    assert rows(path, "llm_calls", "duration_ms", "output_tokens", "model") == [
        (4000.0, 5, "claude-sonnet-4"),
        (2000.0, 5, "claude-sonnet-4"),
    ]
    assert rows(path, "agent_runs", "agent_name", "duration_ms", "session_id") == [
        ("claude-code", 7000.0, "s-1")
    ]


def test_what_the_user_refused_or_stopped_is_no_failure(tmp_path: Path) -> None:
    no = "The user doesn't want to proceed with this tool use. The tool use was rejected."
    path = write_lines(
        tmp_path / "a.jsonl",
        line(0, "user", "hello"),
        line(1, "assistant", [use("Bash", "c-1"), use("Bash", "c-2"), use("Bash", "c-3")], 0),
        line(2, "user", [result("c-1", no, is_error=True)], 1),
        line(
            3, "user", [result("c-2", "", is_error=False)], 1, toolUseResult={"interrupted": True}
        ),
        line(4, "user", [result("c-3", "Exit code 1", is_error=True)], 1),
        line(5, "user", [{"type": "text", "text": "[Request interrupted by user]"}], 4),
    )
    assert [row[0] for row in rows(path, "tool_calls", "outcome")] == [
        "tool_error", "interrupted", "denied",
    ]  # fmt: skip
    assert rows(path, "agent_runs", "outcome") == [("interrupted",)]


def test_each_prompt_is_a_run_and_a_session_copied_into_another_file_adds_nothing(tmp_path) -> None:
    lines = [
        line(0, "user", "hello"),
        line(1, "assistant", [use("Bash", "c-1")], 0),
        line(2, "user", [result("c-1", "x")], 1),
        line(3, "user", "/clear", 2, isMeta=True),
        line(4, "user", "and then", 2),
        line(5, "assistant", [use("Bash", "c-2")], 4),
        line(6, "user", [result("c-2", "x")], 5),
    ]
    write_lines(tmp_path / "a.jsonl", *lines)
    assert rows(tmp_path, "agent_runs", "duration_ms") == [(2000.0,), (2000.0,)]
    # What `--resume` did: all of it again, under another session.
    write_lines(tmp_path / "b.jsonl", *({**each, "sessionId": "s-2"} for each in lines))
    assert rows(tmp_path, "agent_runs", "duration_ms") == [(2000.0,), (2000.0,)]
    assert len(rows(tmp_path, "tool_calls", "tool_name")) == 2


def test_a_sub_agent_of_an_older_version_is_told_from_the_chain_of_its_lines(tmp_path) -> None:
    side = {"isSidechain": True}
    path = write_lines(
        tmp_path / "a.jsonl",
        line(0, "user", "hello"),
        line(1, "assistant", [use("Task", "c-1", prompt="look")], 0),
        line(2, "user", "look", **side),
        line(3, "assistant", [use("Grep", "c-2")], 2, **side),
        line(4, "user", [result("c-2", "x")], 3, **side),
        line(6, "user", [result("c-1", "done")], 1),
        line(7, "assistant", "Done.", 6),
    )
    assert rows(path, "tool_calls", "tool_name", "agent_name", "duration_ms") == [
        ("Task", "claude-code", 5000.0),
        ("Grep", "subagent", 1000.0),
    ]
    assert rows(path, "agent_runs", "agent_name", "parent_agent_name", "duration_ms") == [
        ("claude-code", None, 7000.0),
        ("subagent", "claude-code", 2000.0),
    ]


def test_a_damaged_line_of_a_transcript_costs_itself_alone(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "a.jsonl",
        line(0, "user", "hello"),
        '{"type": "assistant", "message": {"con',
        line(1, "assistant", [use("Bash", "c-1")], 0),
        line(2, "user", [result("c-1", "x")], 1),
        {**line(3, "assistant", "?"), "message": "no object", "timestamp": 7},
        '{"type": "assistant", "message": {"con'[:-1],
    )
    path.write_bytes(path.read_bytes()[:-1])
    with open_traces(path) as traces:
        assert [(d.line, d.kind) for d in traces.summary.damages] == [(2, "invalid_json")]
        assert traces.summary.unfinished == {str(path): 37}
        assert len(traces.table_records("tool_calls")) == 1


def test_the_command_reads_a_folder_of_projects(cli) -> None:
    assert {row["tool_name"]: row["calls"] for row in cli.json("tools", PROJECTS)} == {
        "Bash": 3, "Read": 1, "Agent": 1, "add": 1, "Write": 1,
    }  # fmt: skip
    assert "left out" not in cli.err
