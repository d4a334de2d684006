"""The pages about reading say what the code does."""

import json
import re
import shlex
from pathlib import Path

import pytest

from support.reference import REPOSITORY
from toolspan.analytics import open_traces
from toolspan.analytics.dialects import DIALECTS
from toolspan.analytics.read import _damage, _stage
from toolspan.analytics.traces import TABLES
from toolspan.launcher import main

DOCS = REPOSITORY / "docs"
BLOCK = re.compile(r"(?:<!-- file: (\S+) -->\n)?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TYPES = {
    "VARCHAR": "text", "DOUBLE": "number", "BIGINT": "whole number", "INTEGER": "whole number",
    "TINYINT": "whole number", "BOOLEAN": "true or false", "TIMESTAMP_NS": "time",
    "VARCHAR[]": "list of text",
}  # fmt: skip


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


@pytest.mark.requirement("design.5-table-forms", "analytics.11-views")
def test_every_table_and_column_is_documented_in_its_order(newsletter: Path) -> None:
    sections = re.split(r"^## (\w+)$", page("reference/tables.md"), flags=re.MULTILINE)[1:]
    written = {
        name: re.findall(r"^\| `(\w+)` \| ([^|]+) \| \S.* \|$", text, flags=re.MULTILINE)
        for name, text in zip(sections[::2], sections[1::2], strict=True)
    }
    with open_traces(newsletter) as traces:
        found = {
            table: [
                (row["column_name"], TYPES[row["column_type"]])
                for row in traces.sql_records(
                    f"SELECT column_name, column_type FROM (DESCRIBE {table})"
                )
            ]
            for table in TABLES
        }
    assert written == found


@pytest.mark.requirement("design.5-table-forms")
def test_every_table_is_a_frame_a_view_and_a_file_and_in_the_model(
    newsletter: Path, tmp_path: Path
) -> None:
    with open_traces(newsletter) as traces:
        traces.export(tmp_path, formats=["parquet"])
        for table in TABLES:
            assert f"| `{table}` |" in page("model.md")
            frame = getattr(traces.tables, table)
            (count,) = traces.sql_records(f"SELECT count(*) AS n FROM {table}")
            assert len(frame) == count["n"]
            file = tmp_path / "tables" / f"{table}.parquet"
            (kept,) = traces.sql_records(f"SELECT count(*) AS n FROM '{file}'")
            assert kept == count


@pytest.mark.requirement("design.5-column-names")
def test_the_names_of_columns_mean_the_same_in_every_table(newsletter: Path) -> None:
    shared = {
        "tool_name", "agent_name", "workflow_name", "step_name", "session_id", "start_time",
        "end_time", "duration_ms", "outcome", "error_type", "error_message",
    }  # fmt: skip
    needed = {
        "spans": shared,
        "tool_calls": shared,
        "attempts": shared,
        "retries": {"tool_name", "agent_name", "session_id", "start_time", "outcome"},
        "agent_runs": shared - {"tool_name"},
        "workflow_runs": shared - {"tool_name", "agent_name", "step_name"},
        "workflow_steps": shared - {"tool_name"},
        "llm_calls": shared - {"tool_name"},
        "sessions": {"session_id", "workflow_name", "start_time", "end_time", "duration_ms",
                     "outcome"},
        "feedback": set(),
    }  # fmt: skip
    types: dict[str, set[str]] = {}
    with open_traces(newsletter) as traces:
        for table in TABLES:
            rows = traces.sql_records(f"SELECT column_name, column_type FROM (DESCRIBE {table})")
            assert needed[table] <= {row["column_name"] for row in rows}, table
            for row in rows:
                types.setdefault(row["column_name"], set()).add(TYPES[row["column_type"]])
    assert {name for name, found in types.items() if len(found) > 1} == set()


def test_reading_works_as_the_guide_says(
    newsletter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    folder = tmp_path / "toolspan-data"
    folder.mkdir()
    for name in ("spans.jsonl", "events.jsonl"):
        (folder / name).write_bytes((newsletter / name).read_bytes())
    monkeypatch.chdir(tmp_path)
    commands = 0
    for _, language, text in BLOCK.findall(page("how-to/read-traces.md")):
        if language == "console":
            for line in text.splitlines():
                words = shlex.split(line)
                assert words[:2] == ["$", "toolspan"]
                assert main(words[2:]) == 0, line
                commands += 1
        elif language == "python":
            exec(compile(text, "read-traces.md", "exec"), {})
    assert commands == 8
    assert "56 spans, 0 damaged places" in capsys.readouterr().out


def test_the_guide_names_every_kind_of_damage_and_every_dialect_without_a_sample() -> None:
    text = page("how-to/read-traces.md")
    for kind in _damage.KINDS:
        assert f"`{kind}`" in text
    plain = re.sub(
        r"[^a-z]", "", text.lower().partition("no sample was at")[0][-40:] + text.lower()
    )
    for dialect in DIALECTS:
        if dialect.sample is None:
            assert dialect.name.replace("_", "") in plain, dialect.name


def test_a_dialect_is_added_as_the_guide_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {name: text for name, _, text in BLOCK.findall(page("how-to/add-a-dialect.md")) if name}
    space: dict[str, object] = {}
    exec(compile(files["acme.py"], "acme.py", "exec"), space)
    monkeypatch.setattr(_stage, "DIALECTS", (space["ACME"], *DIALECTS))
    path = tmp_path / "acme.jsonl"
    path.write_text(json.dumps(json.loads(files["acme.jsonl"])) + "\n", encoding="utf-8")
    with open_traces(path) as traces:
        assert traces.sql_records(
            "SELECT tool_name, agent_name, session_id, outcome, error_message, arguments, dialect "
            "FROM tool_calls"
        ) == [
            {
                "tool_name": "search", "agent_name": "planner", "session_id": "t-1",
                "outcome": "tool_error", "error_message": "no answer", "arguments": "solar",
                "dialect": "acme",
            }
        ]  # fmt: skip
