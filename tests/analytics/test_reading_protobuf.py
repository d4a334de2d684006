"""OTLP as protobuf gives the tables that the same run gives as JSON."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.metrics.v1.metrics_pb2 import MetricsData
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from support.collector import Collector
from support.otlp_protobuf import logs_message, traces_message
from support.traces import START_NS, agent, attributes, otlp, span, tool, write_lines
from toolspan.analytics import open_traces
from toolspan.analytics.read import _sniff

SPANS = [
    agent("a", 1, ms=500, session__id="s-1"),
    tool("search", 2, 1, at=100, ms=50, gen_ai__tool__call__arguments='{"q": "Zürich"}'),
    tool("fetch", 3, 1, at=200, ms=100, error="ValueError", message="no page"),
    {
        **span("chat m", 4, 1, kind=3, gen_ai__operation__name="chat", n=7, x=2.5, yes=True, l=["a", 1]),
        "events": [{"timeUnixNano": str(START_NS), "name": "e", "attributes": attributes({"k": "v"})}],
    },
]  # fmt: skip
DOCUMENT = otlp(SPANS, resource={"service.name": "tests", "host.name": "h"})
MESSAGE = traces_message(json.dumps(DOCUMENT)).SerializeToString()
HALVES = [traces_message(json.dumps(otlp(some))).SerializeToString() for some in (SPANS[:2], SPANS[2:])]  # fmt: skip


def framed(*messages: bytes) -> bytes:
    return b"".join(len(message).to_bytes(4, "big") + message for message in messages)


def table(*paths: Path, name: str = "spans") -> list[dict[str, Any]]:
    with open_traces(list(paths), cache=False) as traces:
        assert traces.summary.notes() == []
        return sorted(traces.table_records(name), key=lambda row: str(row["span_id"]))


PACKINGS: dict[str, Callable[[], bytes]] = {
    "spans.pb": lambda: MESSAGE,
    "spans.binpb.gz": lambda: gzip.compress(MESSAGE),
    "spans.pb.zst": lambda: zstandard.compress(MESSAGE),
    "a-name-of-another-form.jsonl": lambda: MESSAGE,
    "the-collectors-framing.pb": lambda: framed(MESSAGE),
    "the-collectors-zstd.pb": lambda: framed(zstandard.compress(MESSAGE)),
    "the-collectors-framing.pb.gz": lambda: gzip.compress(framed(MESSAGE)),
}


@pytest.mark.parametrize("name", PACKINGS)
def test_a_message_in_any_packing_gives_the_spans_that_json_gives(tmp_path, name) -> None:
    as_json = write_lines(tmp_path / "spans.jsonl", DOCUMENT)
    packed = tmp_path / name
    packed.write_bytes(PACKINGS[name]())
    found = table(packed)
    assert found == table(as_json)
    assert [row["name"] for row in found] == [one["name"] for one in SPANS]
    assert table(packed, name="tool_calls") == table(as_json, name="tool_calls") != []


@pytest.mark.parametrize("pack", [bytes, zstandard.compress])
def test_messages_in_the_collectors_framing_are_all_read_and_a_cut_off_one_is_said(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "spans.pb"
    path.write_bytes(framed(*map(pack, HALVES)))
    assert len(table(path)) == 4
    path.write_bytes(framed(*map(pack, HALVES))[:-3])
    with open_traces(path) as traces:
        assert (traces.summary.spans, traces.summary.damages) == (2, [])
        assert list(traces.summary.unfinished) == [str(path)]


def test_signals_of_protobuf_are_told_apart(tmp_path: Path) -> None:
    record = {
        "timeUnixNano": str(START_NS),
        "eventName": "gen_ai.evaluation.result",
        "attributes": attributes(
            {"gen_ai.evaluation.name": "quality", "gen_ai.evaluation.score.value": 0.5,
             "session.id": "s-1"}
        ),
    }  # fmt: skip
    logs = logs_message(json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}))
    metrics = MetricsData()
    metric = metrics.resource_metrics.add().scope_metrics.add().metrics.add(name="m")
    metric.sum.data_points.add(as_int=1)
    path = tmp_path / "all.pb"
    signals = [metrics.SerializeToString(), logs.SerializeToString(), MESSAGE]
    path.write_bytes(framed(*signals))
    with open_traces(path) as traces:
        assert (traces.summary.notes(), traces.summary.spans) == ([], 4)
        (score,) = traces.table_records("feedback")
        assert (score["score_name"], score["value"], score["session_key"]) == (
            "quality",
            0.5,
            "s-1",
        )
    for number, signal in enumerate(signals):
        (tmp_path / f"{number}.pb").write_bytes(signal)
    path.unlink()
    with open_traces(tmp_path) as traces:
        assert (traces.summary.notes(), traces.summary.spans) == ([], 4)


# --- damage -----------------------------------------------------------------------------------


def many(number: int) -> bytes:
    spans = [tool(f"t{n:03}", n + 1, at=n) for n in range(number)]
    return traces_message(json.dumps(otlp(spans))).SerializeToString()


def damaged(path: Path) -> tuple[list[str], list[tuple[int, int, str, str]]]:
    """The tools that were read, and the damaged places."""
    with open_traces(path, cache=False) as traces:
        tools = [row["tool_name"] for row in traces.table_records("tool_calls")]
        places = [(d.line, d.byte, d.kind, d.reason) for d in traces.summary.damages]
    return sorted(tools), places


def test_a_damaged_span_costs_itself_alone(tmp_path: Path) -> None:
    sound = many(512)
    path = tmp_path / "spans.pb"
    path.write_bytes(framed(b"", sound.replace(b"execute_tool t100", b"execute_tool \xff100")))
    tools, places = damaged(path)
    assert tools == [f"t{n:03}" for n in range(512) if n != 100]
    assert places == [(2, 4, "invalid_protobuf", "a span that cannot be decoded")]


def test_of_a_cut_off_message_what_is_whole_is_read(tmp_path: Path) -> None:
    sound = many(10)
    path = tmp_path / "spans.pb"
    path.write_bytes(sound[: -len(sound) // 20])
    tools, places = damaged(path)
    assert tools == [f"t{n:03}" for n in range(9)]
    assert places == [(1, 0, "invalid_protobuf", "the message ends before its content does")]


def test_a_span_without_an_id_is_damage_and_the_others_are_read(tmp_path: Path) -> None:
    message = traces_message(json.dumps(otlp(SPANS)))
    spans = message.resource_spans[0].scope_spans[0].spans
    spans[1].span_id = b""
    spans[3].start_time_unix_nano = 1 << 63
    path = tmp_path / "spans.pb"
    path.write_bytes(message.SerializeToString())
    tools, places = damaged(path)
    assert tools == ["fetch"]
    assert places == [
        (1, 0, "invalid_protobuf", "a span without an id"),
        (1, 0, "invalid_protobuf", "a span whose time is beyond all times"),
    ]


def test_a_message_among_others_that_is_none_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "spans.pb"
    path.write_bytes(framed(MESSAGE, b"\xff" * 20, MESSAGE))
    tools, places = damaged(path)
    assert tools == ["fetch", "search"]
    at = len(MESSAGE) + 4
    assert places == [(2, at, "invalid_protobuf", "it is no message of OTLP")]


def test_no_damaged_byte_ends_the_reading(tmp_path: Path) -> None:
    message = many(3)
    path = tmp_path / "spans.pb"
    (tmp_path / "sound.pb").write_bytes(many(1))
    for place in range(0, len(message), 23):
        path.write_bytes(message[:place] + b"\xff" + message[place + 1 :])
        with open_traces(tmp_path, cache=False) as traces:
            assert traces.summary.spans >= 1


@pytest.mark.parametrize("name", ["spans.pb", "the-collectors-zstd.pb"])
def test_without_the_library_it_is_said_what_to_install(tmp_path, monkeypatch, cli, name) -> None:
    monkeypatch.setattr(_sniff, "is_protobuf_here", lambda: False)
    path = tmp_path / name
    path.write_bytes(PACKINGS[name]())
    assert cli("tools", path) == 2
    assert "it is OTLP as protobuf" in cli.err
    assert "pip install 'toolspan[protobuf]'" in cli.err


def test_binary_files_of_other_kinds_are_not_taken_for_it(tmp_path: Path, cli) -> None:
    path = tmp_path / "a.pb"
    for content in (
        b"\x0a\x03abc\x12\x05hello",
        b"\x00\x00\x00\x05hello",
        b"\n\n\n\n\n\n\n\x00\n\n",
    ):
        path.write_bytes(content)
        assert cli("tools", path) == 2
        assert "no spans, it is" in cli.err


# --- for real ---------------------------------------------------------------------------------


@pytest.mark.parametrize("compression", [{}, {"compression": "zstd"}])
def test_what_a_real_collector_writes_as_protobuf_is_what_it_writes_as_json(
    tmp_path: Path, compression: dict[str, str]
) -> None:
    proto = tmp_path / "collected.pb"
    overrides = {
        "exporters": {"file/protobuf": {"path": str(proto), "format": "proto", **compression}},
        "service": {
            "pipelines": {
                "traces/protobuf": {"receivers": ["otlp"], "exporters": ["file/protobuf"]}
            }
        },
    }
    with Collector(tmp_path / "collector", overrides) as collector:
        provider = TracerProvider()
        exporter = OTLPSpanExporter(f"{collector.http_endpoint}/v1/traces")
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        tracer = provider.get_tracer("my.app", "1")
        for number in range(3):
            says = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": f"t{number}"}
            with tracer.start_as_current_span(f"execute_tool t{number}", attributes=says) as one:
                one.set_attribute("list", ["a", "b"])
                one.add_event("noticed", {"n": number})
                if number == 2:
                    one.set_status(trace.Status(trace.StatusCode.ERROR, "no"))
        provider.shutdown()
        collector.archived_spans(at_least=3)
    assert table(proto) == table(collector.directory)
    calls = {row["tool_name"]: row["outcome"] for row in table(proto, name="tool_calls")}
    assert calls == {"t0": "ok", "t1": "ok", "t2": "error"}
