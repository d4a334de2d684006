"""Whatever a file is called and however it is packed, what is in it is read."""

import base64
import gzip
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard

from support.reference import shared
from support.traces import START_NS, agent, attributes, otlp, span, tool, write_lines
from toolspan.analytics import open_traces
from toolspan.analytics.cli._common import PROGRESS_ABOVE_BYTES
from toolspan.analytics.read import _decode, _lines, _stage
from toolspan.analytics.store import _open

SPANS = [
    agent("a", 1, ms=500, session__id="s-1"),
    tool("search", 2, 1, at=100, ms=50, gen_ai__tool__call__id="c"),
    tool("fetch", 3, 1, at=200, ms=100, error="ValueError", message="no page"),
]
CALLS = [("search", "a", "s-1", "ok", None, 50.0), ("fetch", "a", "s-1", "error", "no page", 100.0)]
LINE = json.dumps(otlp(SPANS)).encode()


def calls(*paths: Path) -> list[tuple[Any, ...]]:
    with open_traces(list(paths), cache=False) as traces:
        assert traces.summary.damages == []
        rows = traces.sql_records(
            "SELECT tool_name, agent_name, session_id, outcome, error_message, duration_ms "
            "FROM tool_calls ORDER BY start_time, span_id"
        )
    return [tuple(row.values()) for row in rows]


# --- packing ----------------------------------------------------------------------------------


def framed(*messages: bytes) -> bytes:
    """The collector's `compression: zstd`: a length of four bytes before each frame."""
    frames = [zstandard.compress(message) for message in messages]
    return b"".join(len(frame).to_bytes(4, "big") + frame for frame in frames)


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "spans.jsonl": lambda text: text,
    "spans.jsonl.gz": gzip.compress,
    "spans.jsonl.zst": zstandard.compress,
    "two-frames.jsonl.zst": lambda text: zstandard.compress(text) + zstandard.compress(b"\n"),
    "two-members.jsonl.gz": lambda text: gzip.compress(text) + gzip.compress(b"\n"),
    "framed.jsonl.zst": framed,
    "framed-without-a-name.jsonl": framed,
    "gzip-without-a-name.jsonl": gzip.compress,
    "zstd-without-a-name.jsonl": zstandard.compress,
    "with-a-mark.jsonl": lambda text: b"\xef\xbb\xbf" + text,
    "with-blank-lines.jsonl": lambda text: b"\n\r\n" + text + b"\n \n",
    "carriage-returns.jsonl": lambda text: text.replace(b"\n", b"\r\n"),
}


@pytest.mark.requirement("analytics.01-inputs")
@pytest.mark.parametrize("name", PACKINGS)
def test_packed_lines_are_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(PACKINGS[name](LINE + b"\n"))
    assert calls(path) == CALLS


def test_the_collectors_messages_are_read_and_a_cut_off_one_is_said(tmp_path: Path) -> None:
    first, second = (json.dumps(otlp([one])).encode() for one in SPANS[1:])
    path = tmp_path / "spans.jsonl"
    path.write_bytes(framed(first, second))
    with open_traces(path) as traces:
        assert traces.summary.spans == 2
    path.write_bytes(framed(first, second)[:-5])
    with open_traces(path) as traces:
        assert traces.summary.spans == 1
        assert list(traces.summary.unfinished) == [str(path)]


@pytest.mark.requirement("analytics.01-inputs")
def test_a_folder_a_glob_and_a_list_of_a_rotated_set_are_the_same(tmp_path: Path) -> None:
    for number, one in enumerate(SPANS):
        text = json.dumps(otlp([one])).encode() + b"\n"
        if number == 0:
            (tmp_path / "spans-a-1.jsonl.gz").write_bytes(gzip.compress(text))
        else:
            (tmp_path / f"spans-a-{number + 1}.jsonl").write_bytes(text)
    (tmp_path / ".hidden.jsonl").write_text("not ours")
    (tmp_path / "notes.txt").write_text("not ours")
    below = tmp_path / "below"
    below.mkdir()
    (tmp_path / "spans-a-3.jsonl").rename(below / "spans-a-3.jsonl")
    assert calls(tmp_path) == CALLS
    assert calls(tmp_path / "**" / "spans-a-*") == CALLS
    assert calls(*sorted(tmp_path.glob("spans-*")), below, below / "spans-a-3.jsonl") == CALLS


@pytest.mark.requirement("analytics.01-inputs")
@pytest.mark.parametrize("packed", [False, True])
def test_standard_input_is_read(cli, monkeypatch, packed: bool) -> None:
    content = gzip.compress(LINE + b"\n") if packed else LINE + b"\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert {row["tool_name"] for row in cli.json("tools", "-")} == {"search", "fetch"}


def test_signals_in_one_file_are_told_apart(tmp_path: Path) -> None:
    record = {
        "eventName": "gen_ai.evaluation.result",
        "timeUnixNano": str(START_NS),
        "attributes": attributes(
            {"gen_ai.evaluation.name": "quality", "gen_ai.evaluation.score.value": 1.0,
             "session.id": "s-1"}
        ),
    }  # fmt: skip
    path = write_lines(
        tmp_path / "all.jsonl",
        {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "m", "sum": {}}]}]}]},
        {"resourceLogs": [{"scopeLogs": [{"logRecords": [record, {"body": {}}]}]}]},
        LINE + b"\n",
    )
    with open_traces(path) as traces:
        assert traces.summary.notes() == []
        assert [row["session_key"] for row in traces.table_records("feedback")] == ["s-1"]
    assert calls(path) == CALLS


# --- forms ------------------------------------------------------------------------------------


def pretty(document: Any) -> bytes:
    return json.dumps(document, indent=2).encode()


def tempo() -> Any:
    """`batches`, base64 ids, names for numbers, the old name of the scope."""
    spans = []
    for one in SPANS:
        made = {**one, "kind": "SPAN_KIND_INTERNAL"}
        for key in ("traceId", "spanId", "parentSpanId"):
            if key in one:
                made[key] = base64.b64encode(bytes.fromhex(one[key])).decode()
        if one["status"]:
            made["status"] = {"code": "STATUS_CODE_ERROR", "message": one["status"]["message"]}
        spans.append(made)
    scope = {"instrumentationLibrary": {"name": "my.app"}, "spans": spans}
    return {"batches": [{"resource": {}, "instrumentationLibrarySpans": [scope]}]}


def plain(one: dict[str, Any]) -> dict[str, Any]:
    return {pair["key"]: next(iter(pair["value"].values())) for pair in one["attributes"]}


def jaeger() -> Any:
    spans = []
    for one in SPANS:
        tags = [{"key": key, "value": value} for key, value in plain(one).items()]
        tags.append({"key": "span.kind", "value": "internal"})
        if one["status"]:
            tags += [
                {"key": "error", "value": True},
                {"key": "otel.status_description", "value": one["status"]["message"]},
            ]
        start, end = int(one["startTimeUnixNano"]), int(one["endTimeUnixNano"])
        made = {
            "traceID": one["traceId"].lstrip("0"),
            "spanID": one["spanId"],
            "operationName": one["name"],
            "startTime": start // 1000,
            "duration": (end - start) // 1000,
            "tags": tags,
            "processID": "p1",
        }
        if "parentSpanId" in one:
            parent = {"refType": "CHILD_OF", "traceID": made["traceID"]}
            made["references"] = [{**parent, "spanID": one["parentSpanId"]}]
        spans.append(made)
    processes = {"p1": {"serviceName": "tests", "tags": []}}
    return {"data": [{"traceID": "1", "spans": spans, "processes": processes}]}


def langfuse() -> Any:
    observations = []
    for one in SPANS:
        failed = bool(one["status"])
        observations.append(
            {
                "id": one["spanId"],
                "traceId": one["traceId"],
                "parentObservationId": one.get("parentSpanId"),
                "type": "SPAN",
                "name": one["name"],
                "startTime": _iso(one["startTimeUnixNano"]),
                "endTime": _iso(one["endTimeUnixNano"]),
                "level": "ERROR" if failed else "DEFAULT",
                "statusMessage": one["status"].get("message") if failed else None,
                "metadata": json.dumps({"attributes": plain(one), "scope": {"name": "my.app"}}),
            }
        )
    return {"trace": {"id": "1", "name": "run"}, "observations": observations}


def python_dump() -> Any:
    """What `span.to_json()` of the Python SDK gives, in a list."""
    return [
        {
            "name": one["name"],
            "context": {"trace_id": f"0x{one['traceId']}", "span_id": f"0x{one['spanId']}"},
            "kind": "SpanKind.INTERNAL",
            "parent_id": f"0x{one['parentSpanId']}" if "parentSpanId" in one else None,
            "start_time": _iso(one["startTimeUnixNano"]),
            "end_time": _iso(one["endTimeUnixNano"]),
            "status": {
                "status_code": "ERROR" if one["status"] else "UNSET",
                "description": one["status"].get("message"),
            },
            "attributes": plain(one),
            "events": [],
            "resource": {"attributes": {"service.name": "tests"}},
        }
        for one in SPANS
    ]


def javascript_dump() -> Any:
    """What the JavaScript SDK's spans look like: pairs of seconds and nanoseconds."""
    return {
        "spans": [
            {
                "name": one["name"],
                "kind": 0,
                "spanContext": {"traceId": one["traceId"], "spanId": one["spanId"]},
                "parentSpanContext": {"spanId": one.get("parentSpanId")},
                "startTime": list(divmod(int(one["startTimeUnixNano"]), 10**9)),
                "endTime": list(divmod(int(one["endTimeUnixNano"]), 10**9)),
                "status": {
                    "code": 2 if one["status"] else 0,
                    "message": one["status"].get("message"),
                },
                "attributes": plain(one),
            }
            for one in SPANS
        ]
    }


def _iso(nanoseconds: str) -> str:
    import datetime as dt

    return dt.datetime.fromtimestamp(int(nanoseconds) / 1e9, dt.UTC).isoformat()


FORMS: dict[str, Callable[[], bytes]] = {
    "otlp-document.json": lambda: pretty(otlp(SPANS)),
    "otlp-without-an-end.json": lambda: LINE,
    "a-list-of-documents.json": lambda: pretty([otlp([one]) for one in SPANS]),
    "several-documents.json": lambda: b"\n\n".join(pretty(otlp([one])) for one in SPANS),
    "tempo.json": lambda: pretty(tempo()),
    "tempo-lines.jsonl": lambda: json.dumps(tempo()).encode() + b"\n",
    "tempo-2.json": lambda: pretty({"trace": {"resourceSpans": tempo()["batches"]}}),
    "jaeger.json": lambda: pretty(jaeger()),
    "jaeger-lines.jsonl": lambda: json.dumps(jaeger()).encode() + b"\n",
    "langfuse.json": lambda: pretty(langfuse()),
    "python-sdk.json": lambda: pretty(python_dump()),
    "python-sdk.jsonl": lambda: b"".join(json.dumps(s).encode() + b"\n" for s in python_dump()),
    "javascript-sdk.json": lambda: pretty(javascript_dump()),
}


@pytest.mark.parametrize("name", FORMS)
def test_the_same_run_in_any_form_gives_the_same_calls(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(FORMS[name]())
    assert calls(path) == CALLS


def test_packed_documents_are_read(tmp_path: Path) -> None:
    path = tmp_path / "jaeger.json.gz"
    path.write_bytes(gzip.compress(pretty(jaeger())))
    assert calls(path) == CALLS


@pytest.mark.shared
def test_files_of_a_real_collector_are_read() -> None:
    folder = shared("data", "collector")
    plain_file, packed = folder / "traces.jsonl", folder / "traces.framed.jsonl.zst"
    assert len(calls(plain_file)) == len(calls(packed)) == 35
    with open_traces(folder / "cmp.jsonl") as traces:
        assert traces.summary.notes() == []
        values = traces.sql_records(
            "SELECT attribute_values AS found FROM spans WHERE list_contains(attribute_values, "
            "'9007199254740993')"
        )
        assert len(values) == 1


# --- damage -----------------------------------------------------------------------------------


@pytest.mark.requirement("design.9-bounded-input")
def test_nesting_without_end_costs_its_line_alone(tmp_path: Path) -> None:
    deep = "[" * 200_000 + "]" * 200_000
    path = write_lines(tmp_path / "a.jsonl", LINE + b"\n", f'{{"resourceSpans":{deep}}}')
    with open_traces(path) as traces:
        assert traces.summary.spans == 3
        assert [(damage.line, damage.kind) for damage in traces.summary.damages] == [
            (2, "invalid_json")
        ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"resourceSpans": [[1]]}', "resourceSpans holds what is no object"),
        ('{"resourceSpans": [{"scopeSpans": [7]}]}', "scopeSpans holds what is no object"),
        ('{"resourceSpans": [{"scopeSpans": [{"spans": [7]}]}]}', "a span that is no object"),
    ],
)
def test_what_stands_in_the_place_of_a_span_and_is_none_is_damage(tmp_path, line, reason) -> None:
    path = write_lines(tmp_path / "a.jsonl", LINE + b"\n", line)
    with open_traces(path) as traces:
        assert [(d.line, d.kind, d.reason) for d in traces.summary.damages] == [
            (2, "invalid_span", reason)
        ]
        assert traces.summary.spans == 3


@pytest.mark.parametrize(
    "line",
    ['{"resourceSpans":[]}', '{"resourceSpans":[{"resource":{}}]}',
     '{"resourceSpans":[{"scopeSpans":[]}]}', '{"resourceSpans":[{"scopeSpans":[{"spans":[]}]}]}'],
)  # fmt: skip
def test_an_empty_envelope_is_no_damage(tmp_path: Path, line: str) -> None:
    with open_traces(write_lines(tmp_path / "a.jsonl", LINE + b"\n", line)) as traces:
        assert (traces.summary.damages, traces.summary.spans) == ([], 3)


@pytest.mark.requirement("design.9-bounded-input")
def test_a_very_long_line_is_read_and_only_a_very_long_span_is_cut(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(_stage, "LONGEST_LINE", 1 << 20)  # the engine reads twice as much
    monkeypatch.setattr(_decode, "LONGEST_LINE", 1 << 20)
    monkeypatch.setattr(_decode, "LONGEST_TEXT", 1 << 10)
    big = tool("big", 4, gen_ai__tool__call__result="x" * (40 << 20))
    path = write_lines(tmp_path / "a.jsonl", LINE + b"\n", otlp([big, *SPANS]))
    with open_traces(path, cache=False) as traces:
        assert traces.summary.spans == 4
        assert [(d.line, d.kind) for d in traces.summary.damages] == [(2, "too_long")]
        (found,) = traces.sql_records("SELECT result FROM tool_calls WHERE tool_name = 'big'")
        assert found["result"] == "x" * 1024


@pytest.mark.requirement("design.9-bounded-input")
def test_a_line_that_does_not_fit_in_memory_is_refused(tmp_path, monkeypatch, cli) -> None:
    monkeypatch.setattr(_lines, "LONGEST_OF_ALL", 100)
    path = write_lines(tmp_path / "a.jsonl", "{broken", LINE + b"\n")
    assert cli("tools", path) == 2
    assert "line 2 is longer than 100 bytes" in cli.err


@pytest.mark.parametrize("verb", ["tools", "agents", "report"])
def test_strict_reading_ends_with_2_where_anything_is_damaged(cli, tmp_path, verb) -> None:
    sound = write_lines(tmp_path / "sound.jsonl", LINE + b"\n")
    assert cli(verb, sound, "--strict") == 0
    path = write_lines(tmp_path / "damaged.jsonl", LINE + b"\n", "{broken", LINE + b"\n")
    assert cli(verb, path) == 0
    assert cli(verb, path, "--strict") == 2
    place = f"{path}, line 2, byte {len(LINE) + 1}"
    assert place in (cli.out + cli.err).replace("\n", " ")


def test_damage_is_kept_with_what_is_cached(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(_open, "CACHE_ABOVE_BYTES", -1)
    path = write_lines(tmp_path / "a.jsonl", LINE + b"\n", "{broken")
    found = []
    for _ in range(2):
        with open_traces(path, cache_dir=tmp_path / "cache") as traces:
            found.append((traces.summary.damages, traces.summary.bytes_read))
    assert found[0][0] == found[1][0] != []
    assert (found[0][1] > 0, found[1][1]) == (True, 0)


# --- progress ---------------------------------------------------------------------------------


def test_a_long_read_says_how_far_it_is(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(_open, "CACHE_ABOVE_BYTES", -1)
    monkeypatch.setattr(_open, "PIECE_BYTES", 1)
    for number in range(3):
        write_lines(tmp_path / f"{number}.jsonl", LINE + b"\n")
    said: list[tuple[int, int]] = []
    progress = lambda done, total: said.append((done, total))  # noqa: E731
    with open_traces(tmp_path, cache_dir=tmp_path / "cache", progress=progress):
        pass
    size = len(LINE) + 1
    assert said == [(size, 3 * size), (2 * size, 3 * size), (3 * size, 3 * size)]


def test_the_bar_shows_only_for_long_reads_and_leaves_no_trace(capsys) -> None:
    from toolspan.analytics.cli._common import print_progress

    print_progress(5, PROGRESS_ABOVE_BYTES - 1)
    assert capsys.readouterr().err == ""
    print_progress(PROGRESS_ABOVE_BYTES // 2, PROGRESS_ABOVE_BYTES)
    print_progress(PROGRESS_ABOVE_BYTES, PROGRESS_ABOVE_BYTES)
    shown = capsys.readouterr().err
    assert "50 %" in shown
    assert shown.endswith("\r\x1b[2K")


# --- the older logger -------------------------------------------------------------------------


@pytest.mark.shared
def test_the_older_loggers_files_become_what_was_worked_out_by_hand() -> None:
    folder = shared("data", "legacy")
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    with open_traces(folder) as traces:
        assert [
            {"line": d.line, "byte": d.byte, "kind": d.kind, "reason": d.reason}
            for d in traces.summary.damages
        ] == expected["tool_usage"]["damaged"]
        rows = traces.sql_records(
            """
            SELECT tool_name AS tool, tool_calls.agent_name AS agent, session_id,
                outcome, error_type, error_message, start_time, end_time, duration_ms,
                arguments, result
            FROM tool_calls ORDER BY session_id, end_time
            """
        )
        wanted = [
            {key: value for key, value in call.items()
             if key not in ("line", "start", "end", "workflow_id", "legacy_status")}
            for call in expected["tool_usage"]["tool_calls"]
        ]  # fmt: skip
        times = [(row.pop("start_time"), row.pop("end_time")) for row in rows]
        assert rows == sorted(wanted, key=lambda call: call["session_id"])
        assert [
            (start.strftime("%H:%M:%S.%f")[:-3], end.strftime("%H:%M:%S.%f")[:-3])
            for start, end in times
        ] == [
            (call["start"][11:-1], call["end"][11:-1])
            for call in expected["tool_usage"]["tool_calls"]
        ]
        kept = traces.sql_records(
            "SELECT attribute_values[list_position(attribute_keys, 'legacy.status')] AS word, "
            "attribute_values[list_position(attribute_keys, 'legacy.workflow_id')] AS run "
            "FROM spans ORDER BY session_id, end_time"
        )
        assert kept == [
            {"word": call["legacy_status"], "run": call["workflow_id"]}
            for call in expected["tool_usage"]["tool_calls"]
        ]
        feedback = traces.sql_records(
            "SELECT session_key AS session_id, score_name AS name, value, comment, "
            "is_superseded AS superseded, time AS created_at FROM feedback"
        )
        assert sorted(
            (f["session_id"], f["name"], f["value"], f["comment"], f["superseded"],
             f["created_at"].isoformat()[:19])
            for f in feedback
        ) == sorted(
            (f["session_id"], f["name"], f["value"], f["comment"], f["superseded"],
             f["created_at"][:19])
            for f in expected["feedback_history"]["feedback"]
        )  # fmt: skip
        tools = {row["tool_name"]: row for row in traces.records("tools")}
        for name, numbers in expected["tool_usage"]["tools"].items():
            assert {key: tools[name][key] for key in numbers} == numbers, name


def test_lines_of_the_older_logger_are_calls(tmp_path: Path) -> None:
    base = {"execution_time": 0.5, "timestamp": "2026-03-02T09:00:01Z", "session_id": "s"}
    lines = [
        {**base, "tool_name": "t", "status": "success", "input_data": {"q": 1}},
        {**base, "tool_name": "t", "status": "error", "error_details": "ValueError: no"},
        {**base, "tool_name": "t", "status": "error", "error_details": "ValueError: no"},
        {**base, "tool_name": "t", "status": "perhaps"},
        {**base, "status": "success"},
    ]
    path = write_lines(tmp_path / "tool_usage.jsonl", *lines)
    with open_traces(path) as traces:
        rows = traces.sql_records(
            "SELECT outcome, error_type, error_message, arguments FROM tool_calls "
            "ORDER BY outcome, span_id"
        )
        assert [tuple(row.values()) for row in rows] == [
            ("error", "ValueError", "no", None),
            ("error", "ValueError", "no", None),
            ("ok", None, None, '{"q":1}'),
        ]
        assert [(d.line, d.kind) for d in traces.summary.damages] == [
            (4, "unknown_status"),
            (5, "missing_field"),
        ]


def test_spans_that_are_none_of_ours_are_kept_and_no_calls(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", otlp([span("GET /", 1, kind=2), *SPANS]))
    assert calls(path) == CALLS
