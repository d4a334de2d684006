"""Traces exported from Arize Phoenix and MLflow, as these give them.

The samples are of Phoenix 20.26 (its API, and its client's data frame), of MLflow 3.17 and 2.19:
an agent asks a model, searches, and fetches in vain.
"""

import gzip
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
import zstandard

from support.traces import START_NS, attributes, otlp, span, write_lines
from toolspan.analytics import open_traces

DATA = Path(__file__).parent / "data"
PHOENIX, MLFLOW = DATA / "phoenix", DATA / "mlflow"


def rows(path: Any, table: str, columns: str) -> list[tuple[Any, ...]]:
    with open_traces(path, cache=False) as traces:
        assert traces.summary.notes() == []
        found = traces.sql_records(f"SELECT {columns} FROM {table} ORDER BY start_time, span_id")
    return [tuple(row.values()) for row in found]


CALLS = "tool_name, agent_name, session_id, user_id, outcome, error_type, error_message, arguments, result"
LLM_CALLS = "agent_name, model, provider, input_tokens, output_tokens, session_id"

# --- Phoenix ----------------------------------------------------------------------------------


def oi(name: str, number: int, parent: int | None, kind: str, **more: Any) -> dict[str, Any]:
    more = {"openinference__span__kind": kind, "session__id": "s-1", "user__id": "amy", **more}
    return span(name, number, parent, trace=7, **more)


def what_was_sent(folder: Path) -> Path:
    """The spans that Phoenix was sent and of which it gave the exports."""
    asked = {"llm__invocation_parameters": '{"temperature": 0.1}', "llm__provider": "openai"}
    failed = {
        "timeUnixNano": str(START_NS + 250_000_000),
        "name": "exception",
        "attributes": attributes({"exception.type": "ValueError", "exception.message": "no page"}),
    }
    spans = [
        oi("run", 1, None, "CHAIN", ms=900),
        oi("researcher", 2, 1, "AGENT", ms=800, at=10, agent__name="researcher"),
        oi("ChatCompletion", 3, 2, "LLM", ms=100, at=20, llm__model_name="gpt-x",
           llm__token_count__prompt=100, llm__token_count__completion=20, **asked),
        oi("search", 4, 2, "TOOL", ms=50, at=130, tool__name="search", input__value='{"q": "a"}',
           output__value="found"),
        {**oi("fetch", 5, 2, "TOOL", ms=60, at=200, tool__name="fetch",
              input__value='{"url": "u"}', error="ValueError", message="no page"),
         "events": [failed]},
        oi("tags", 6, 2, "TOOL", ms=10, at=300, tool__name="tags", tag__tags=["a", "b"]),
    ]  # fmt: skip
    return write_lines(folder / "sent.jsonl", otlp(spans))


@pytest.mark.parametrize("path", sorted(PHOENIX.iterdir()), ids=lambda path: path.name)
def test_what_phoenix_exports_is_what_it_was_sent(tmp_path: Path, path: Path) -> None:
    sent = what_was_sent(tmp_path)
    for table, columns in (
        ("spans", "name, kind, unit, depth, trace_id, span_id, status_code, dialect"),
        # One of its answers gives nanoseconds as floating numbers.
        ("spans", "round(epoch_us(start_time) / 1000), round(duration_ms)"),
        ("tool_calls", CALLS),
        ("llm_calls", LLM_CALLS),
        ("agent_runs", "agent_name, outcome"),
    ):
        assert rows(path, table, columns) == rows(sent, table, columns), table
    assert [row[:2] for row in rows(path, "tool_calls", CALLS)] == [
        ("search", "researcher"), ("fetch", "researcher"), ("tags", "researcher"),
    ]  # fmt: skip


def test_phoenix_frames_keep_attributes_of_every_kind() -> None:
    for name in ("frame.jsonl", "frame.csv", "frame.parquet"):
        found = rows(PHOENIX / name, "spans", "map(attribute_keys, attribute_values)")
        search, tags = found[3][0], found[5][0]
        assert search["metadata.tenant"] == "t1", name
        assert "tag.tags" not in search, name
        assert tags["tag.tags"] in (
            '["a","b"]',
            '{"values":[{"stringValue":"a"},{"stringValue":"b"}]}',
        )


def test_packed_tables_are_read(tmp_path: Path) -> None:
    csv = tmp_path / "frame.csv.gz"
    csv.write_bytes(gzip.compress((PHOENIX / "frame.csv").read_bytes()))
    parquet = tmp_path / "without-a-name"
    parquet.write_bytes(zstandard.compress((PHOENIX / "frame.parquet").read_bytes()))
    wanted = rows(PHOENIX / "frame.jsonl", "tool_calls", CALLS)
    assert rows(csv, "tool_calls", CALLS) == rows(parquet, "tool_calls", CALLS) == wanted


def test_a_span_without_an_id_is_damage_and_the_others_are_read(tmp_path: Path) -> None:
    answer = json.loads((PHOENIX / "api_spans.json").read_text(encoding="utf-8"))
    answer["data"][0]["context"]["span_id"] = None
    path = tmp_path / "a.json"
    path.write_text(json.dumps(answer), encoding="utf-8")
    with open_traces(path) as traces:
        assert [damage.kind for damage in traces.summary.damages] == ["invalid_span"]
        assert traces.summary.spans == 5


def test_a_table_that_ends_too_early_is_damage(tmp_path: Path, cli) -> None:
    path = tmp_path / "frame.csv"
    whole = (PHOENIX / "frame.csv").read_text(encoding="utf-8")
    path.write_text(whole[: whole.index("Traceback")], encoding="utf-8")
    assert cli("tools", path, "--strict") == 2
    sound = (PHOENIX / "frame.parquet").read_bytes()
    cut = tmp_path / "frame.parquet"
    cut.write_bytes(sound[: len(sound) // 2])
    assert cli("tools", cut) == 2
    assert "it is a table, and not of spans" in cli.err


def test_other_tables_are_not_taken_for_spans(tmp_path: Path, cli) -> None:
    path = tmp_path / "other.parquet"
    duckdb.sql("SELECT 1 AS trace_id, 2 AS spans").write_parquet(str(path))
    assert cli("tools", path) == 2
    assert f"{path}: no spans, it is a table, and not of spans" in cli.err
    path = tmp_path / "other.csv"
    path.write_text("session_id,score\ns-1,1\n", encoding="utf-8")
    assert cli("tools", path) == 2


# --- MLflow -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(MLFLOW.iterdir()), ids=lambda path: path.name)
def test_what_mlflow_exports_is_the_run(path: Path) -> None:
    # An artifact is the spans alone; version 2 knew neither sessions nor users.
    of_trace = (None, None) if path.name.startswith(("v2", "artifact")) else ("s-1", "amy")
    failure = ("error", "ValueError", "ValueError: no page")
    assert rows(path, "tool_calls", CALLS) == [
        ("search", "researcher", *of_trace, "ok", None, None, '{"q": "hi"}', '{"found": ["hi"]}'),
        ("fetch", "researcher", *of_trace, *failure, '{"url": "u"}', None),
    ]
    model = ("gpt-x", "openai", 100, 20)
    if path.name.startswith("v2"):
        model = (None, None, None, None)
    assert rows(path, "llm_calls", LLM_CALLS) == [("researcher", *model, of_trace[0])]
    assert rows(path, "agent_runs", "agent_name, outcome, dialect") == [
        ("researcher", "ok", "mlflow")
    ]


def test_a_table_of_mlflows_traces_is_read_as_parquet_too(tmp_path: Path) -> None:
    path = tmp_path / "frame.parquet"
    frame = str(MLFLOW / "v2_frame.json")
    duckdb.sql(f"SELECT * FROM read_json('{frame}')").write_parquet(str(path))
    assert rows(path, "tool_calls", CALLS) == rows(MLFLOW / "v2_trace.json", "tool_calls", CALLS)


def test_a_list_of_mlflows_traces_is_all_of_them(tmp_path: Path) -> None:
    traces = [
        json.loads((MLFLOW / name).read_text(encoding="utf-8"))
        for name in ("trace.json", "v2_trace.json")
    ]
    path = tmp_path / "a.json"
    path.write_text(json.dumps(traces), encoding="utf-8")
    assert len(rows(path, "tool_calls", CALLS)) == 4
    # As it does not end with its spans, a trace without them is no damage.
    traces[0]["data"] = {}
    path.write_text(json.dumps(traces), encoding="utf-8")
    assert len(rows(path, "tool_calls", CALLS)) == 2


# --- what SDKs dump ---------------------------------------------------------------------------


def test_a_dumped_span_may_state_how_it_ended_beside_its_other_members(tmp_path: Path) -> None:
    dumped = {
        "name": "execute_tool t",
        "context": {"trace_id": "0x01", "span_id": "0x02"},
        "start_time": START_NS,
        "end_time": START_NS + 1,
        "status_code": "ERROR",
        "status_message": "no",
        "attributes": {"gen_ai.tool.name": "t", "gen_ai.operation.name": "execute_tool"},
    }
    path = write_lines(tmp_path / "a.jsonl", dumped)
    assert rows(path, "tool_calls", "outcome, error_message") == [("error", "no")]


# --- spans of others that went through a platform ---------------------------------------------

SAYS = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search"}


def test_spans_of_the_standard_keep_their_names_where_phoenix_adds_a_kind(tmp_path: Path) -> None:
    one = {
        "name": "execute_tool search",
        "context": {"trace_id": f"{1:032x}", "span_id": f"{2:016x}"},
        "span_kind": "TOOL",
        "parent_id": None,
        "start_time": "2026-03-02T09:00:00+00:00",
        "end_time": "2026-03-02T09:00:01+00:00",
        "status_code": "OK",
        "attributes": SAYS,
        "events": [],
    }
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"data": [one], "next_cursor": None}), encoding="utf-8")
    assert rows(path, "tool_calls", "tool_name, dialect") == [("search", "gen_ai")]
    # In its frames the kind is an attribute like others.
    one["attributes"] = {**SAYS, "openinference.span.kind": "TOOL"}
    path.write_text(json.dumps([one]), encoding="utf-8")
    assert rows(path, "tool_calls", "tool_name, dialect") == [("search", "openinference")]


def test_spans_of_the_standard_keep_their_names_where_mlflow_adds_a_kind(tmp_path: Path) -> None:
    marks = {"mlflow.traceRequestId": "tr-1", "mlflow.spanType": "TOOL"}
    one = {
        "trace_id": "AAAAAAAAAAAAAAAAAAAAAQ==",
        "span_id": "AAAAAAAAAAI=",
        "name": "execute_tool search",
        "start_time_unix_nano": START_NS,
        "end_time_unix_nano": START_NS + 1,
        "status": {"code": "STATUS_CODE_OK"},
        "attributes": {key: json.dumps(value) for key, value in {**marks, **SAYS}.items()},
    }
    path = tmp_path / "traces.json"
    path.write_text(json.dumps({"spans": [one]}), encoding="utf-8")
    assert rows(path, "tool_calls", "tool_name, dialect") == [("search", "mlflow")]
