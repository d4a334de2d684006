"""The hand-written protobuf is what the official library makes of the same JSON."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from support.otlp_protobuf import logs_message, records, traces_message
from support.reference import shared
from support.traces import attributes, otlp, span
from toolspan.exporters.send import _protobuf
from toolspan.exporters.send._records import (
    JsonEncoding,
    ProtobufEncoding,
    Record,
    Signal,
    records_of,
)

ENCODINGS = [ProtobufEncoding(), JsonEncoding()]


def sound(line: bytes | str, encoding: Any) -> list[Record]:
    """The records of a line that is sound."""
    text = line.encode() if isinstance(line, str) else line
    found = list(records_of(text, encoding))
    assert all(isinstance(record, Record) for record in found), found
    return found


def there_and_back(lines: list[bytes], encoding: Any) -> list[dict[str, Any]]:
    """The lines as one request for each signal, read by the official library."""
    found = [record for line in lines for record in sound(line, encoding)]
    messages = []
    for signal in Signal:
        body = [record for record in found if record.signal is signal]
        if body and isinstance(encoding, JsonEncoding):
            parse = traces_message if signal is Signal.TRACES else logs_message
            messages.append(parse(encoding.request(body)))
        elif body:
            kind = (
                ExportTraceServiceRequest if signal is Signal.TRACES else ExportLogsServiceRequest
            )
            messages.append(kind.FromString(encoding.request(body)))
    return records(messages)


REFERENCE = [
    ("data", "collector", "traces.jsonl"),
    ("data", "collector", "cmp.jsonl"),
    ("data", "golden", "spans.jsonl"),
    ("data", "golden", "events.jsonl"),
]


@pytest.mark.shared
@pytest.mark.parametrize("path", REFERENCE, ids=lambda path: path[-1])
@pytest.mark.parametrize("encoding", ENCODINGS, ids=["protobuf", "json"])
def test_real_files_arrive_as_they_are(path: tuple[str, ...], encoding: Any) -> None:
    lines = shared(*path).read_bytes().splitlines()
    parse = logs_message if b'"resourceLogs"' in lines[0] else traces_message

    assert there_and_back(lines, encoding) == records([parse(line) for line in lines])


TEXT = st.text(max_size=20)
VALUE = st.recursive(
    st.one_of(
        TEXT.map(lambda text: {"stringValue": text}),
        st.booleans().map(lambda flag: {"boolValue": flag}),
        st.integers(-(2**63), 2**63 - 1).map(lambda number: {"intValue": str(number)}),
        st.integers(-(2**31), 2**31).map(lambda number: {"intValue": number}),
        st.floats(allow_nan=False, allow_infinity=False).map(lambda n: {"doubleValue": n}),
        st.sampled_from(["NaN", "Infinity", "-Infinity"]).map(lambda n: {"doubleValue": n}),
        st.sampled_from(["", "AAEC/w==", "+/8="]).map(lambda text: {"bytesValue": text}),
        st.just({}),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda values: {"arrayValue": {"values": values}}),
        st.lists(st.tuples(TEXT, inner), max_size=3).map(
            lambda pairs: {
                "kvlistValue": {"values": [{"key": key, "value": value} for key, value in pairs]}
            }
        ),
    ),
    max_leaves=6,
)
ATTRIBUTES = st.lists(
    st.builds(lambda key, value: {"key": key, "value": value}, TEXT, VALUE), max_size=4
)
TIME = st.integers(0, 2**64 - 1).map(str)
COUNT = st.integers(0, 2**32 - 1)


def hexadecimal(size: int) -> st.SearchStrategy[str]:
    return st.binary(min_size=size, max_size=size).map(bytes.hex)


EVENT = st.fixed_dictionaries(
    {"timeUnixNano": TIME, "name": TEXT},
    optional={"attributes": ATTRIBUTES, "droppedAttributesCount": COUNT},
)
LINK = st.fixed_dictionaries(
    {"traceId": hexadecimal(16), "spanId": hexadecimal(8)},
    optional={"traceState": TEXT, "attributes": ATTRIBUTES, "flags": COUNT},
)
SPAN = st.fixed_dictionaries(
    {"traceId": hexadecimal(16), "spanId": hexadecimal(8), "name": TEXT},
    optional={
        "traceState": TEXT,
        "parentSpanId": st.one_of(st.just(""), hexadecimal(8)),
        "kind": st.one_of(st.integers(0, 5), st.just("SPAN_KIND_CLIENT")),
        "startTimeUnixNano": TIME,
        "endTimeUnixNano": TIME,
        "attributes": ATTRIBUTES,
        "droppedAttributesCount": COUNT,
        "events": st.lists(EVENT, max_size=2),
        "droppedEventsCount": COUNT,
        "links": st.lists(LINK, max_size=2),
        "droppedLinksCount": COUNT,
        "status": st.fixed_dictionaries(
            {},
            optional={
                "message": TEXT,
                "code": st.one_of(st.integers(0, 2), st.just("STATUS_CODE_ERROR")),
            },
        ),
        "flags": COUNT,
    },
)
LOG_RECORD = st.fixed_dictionaries(
    {},
    optional={
        "timeUnixNano": TIME,
        "observedTimeUnixNano": TIME,
        "severityNumber": st.one_of(st.integers(0, 24), st.just("SEVERITY_NUMBER_WARN2")),
        "severityText": TEXT,
        "body": VALUE,
        "attributes": ATTRIBUTES,
        "droppedAttributesCount": COUNT,
        "flags": COUNT,
        "traceId": hexadecimal(16),
        "spanId": hexadecimal(8),
        "eventName": TEXT,
    },
)
RESOURCE = st.fixed_dictionaries(
    {}, optional={"attributes": ATTRIBUTES, "droppedAttributesCount": COUNT}
)
SCOPE = st.fixed_dictionaries(
    {}, optional={"name": TEXT, "version": TEXT, "attributes": ATTRIBUTES}
)


def documents(resources: str, scopes: str, items: str, item: Any) -> st.SearchStrategy[Any]:
    of_scope = st.fixed_dictionaries(
        {items: st.lists(item, max_size=3)}, optional={"scope": SCOPE, "schemaUrl": TEXT}
    )
    of_resource = st.fixed_dictionaries(
        {scopes: st.lists(of_scope, max_size=2)}, optional={"resource": RESOURCE, "schemaUrl": TEXT}
    )
    return st.fixed_dictionaries({resources: st.lists(of_resource, max_size=2)})


@pytest.mark.parametrize("encoding", ENCODINGS, ids=["protobuf", "json"])
@settings(max_examples=40, deadline=None)
@given(lines=st.lists(documents("resourceSpans", "scopeSpans", "spans", SPAN), max_size=3))
def test_every_span_is_encoded_as_the_official_library_encodes_it(
    encoding: Any, lines: list[Any]
) -> None:
    texts = [json.dumps(line).encode() for line in lines]
    assert there_and_back(texts, encoding) == records([traces_message(line) for line in texts])


@pytest.mark.parametrize("encoding", ENCODINGS, ids=["protobuf", "json"])
@settings(max_examples=40, deadline=None)
@given(lines=st.lists(documents("resourceLogs", "scopeLogs", "logRecords", LOG_RECORD), max_size=3))
def test_every_log_record_is_encoded_as_the_official_library_encodes_it(
    encoding: Any, lines: list[Any]
) -> None:
    texts = [json.dumps(line).encode() for line in lines]
    assert there_and_back(texts, encoding) == records([logs_message(line) for line in texts])


def test_records_of_one_resource_and_scope_share_them_in_a_request() -> None:
    lines = [json.dumps(otlp([span("a", number)])) for number in range(100)]
    encoding = ProtobufEncoding()
    alone = encoding.request(sound(lines[0], encoding))
    together = encoding.request([record for line in lines for record in sound(line, encoding)])

    message = ExportTraceServiceRequest.FromString(together)
    assert len(message.resource_spans) == len(message.resource_spans[0].scope_spans) == 1
    assert len(together) < 80 * len(alone)


def test_ids_in_base64_and_field_names_of_protobuf_are_understood() -> None:
    line = {
        "resourceSpans": [
            {
                "scopeSpans": [
                    {
                        "spans": [
                            {
                                "trace_id": "AAAAAAAAAAAAAAAAAAAAAQ==",
                                "span_id": "AAAAAAAAAAI=",
                                "start_time_unix_nano": "5",
                                "name": "x",
                            }
                        ]
                    }
                ]
            }
        ]
    }
    (found,) = there_and_back([json.dumps(line).encode()], ProtobufEncoding())
    assert found["traceId"] == "AAAAAAAAAAAAAAAAAAAAAQ=="
    assert found["spanId"] == "AAAAAAAAAAI="
    assert found["startTimeUnixNano"] == "5"


def test_a_field_that_protobuf_does_not_know_is_counted_and_json_sends_it() -> None:
    made = {**span("a", 1), "wayAhead": {"of": "us"}}
    line = json.dumps(otlp([made])).encode()
    _protobuf.unknown_fields.clear()

    (found,) = there_and_back([line], ProtobufEncoding())
    encoding = JsonEncoding()
    sent = json.loads(encoding.request(sound(line, encoding)))

    assert "wayAhead" not in found
    assert _protobuf.unknown_fields == {"Span.wayAhead": 1}
    assert sent["resourceSpans"][0]["scopeSpans"][0]["spans"] == [made]


def test_half_a_character_becomes_a_replacement_in_protobuf_and_stays_in_json() -> None:
    line = json.dumps(otlp([span("a\ud83dz", 1)])).encode()
    (found,) = there_and_back([line], ProtobufEncoding())
    encoding = JsonEncoding()

    assert found["name"] == "a\ufffdz"
    assert b"a\\ud83dz" in encoding.request(sound(line, encoding))


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("traceId", "abc", "expected an id of 32 hexadecimal digits, found 'abc'"),
        ("spanId", 7, "expected an id of 16 hexadecimal digits, found 7"),
        ("name", None, ""),
        ("name", 7, "expected text, found 7"),
        ("startTimeUnixNano", -1, "-1 is out of range"),
        ("startTimeUnixNano", str(2**64), f"{2**64} is out of range"),
        ("startTimeUnixNano", 1.5, "expected a whole number, found 1.5"),
        ("startTimeUnixNano", True, "expected a whole number, found True"),
        ("kind", "SPAN_KIND_ODD", "invalid literal for int() with base 10: 'SPAN_KIND_ODD'"),
        ("attributes", [7], "expected KeyValue, found 7"),
        ("attributes", attributes({"n": 2**63}), f"{2**63} does not fit into 64 bits"),
        ("flags", 2**32, f"{2**32} is out of range"),
        ("status", [], "expected Status, found []"),
    ],
)
def test_a_value_that_its_field_cannot_have_is_told_and_costs_one_record(
    field: str, value: Any, why: str
) -> None:
    line = json.dumps(otlp([{**span("bad", 1), field: value}, span("good", 2)])).encode()

    bad, good = records_of(line, ProtobufEncoding())
    assert isinstance(good, Record)
    assert str(bad) == why if why else isinstance(bad, Record)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"{", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        (b"[1]", "no resourceSpans or resourceLogs in it"),
        (b'{"resourceMetrics": []}', "no resourceSpans or resourceLogs in it"),
        (b'{"resourceSpans": 7}', "resourceSpans is no list of objects"),
        (b"[" * 100_000, "nested too deeply"),
        (b"\xff", "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
    ],
)
def test_a_line_that_is_no_otlp_is_told_why(line: bytes, why: str) -> None:
    with pytest.raises(ValueError) as caught:
        list(records_of(line, ProtobufEncoding()))
    assert str(caught.value) == why


def test_a_deeply_nested_attribute_costs_at_most_its_record() -> None:
    depth = 5000
    value = '{"arrayValue":{"values":[' * depth + "{}" + "]}}" * depth
    deep = json.dumps({**span("deep", 1), "attributes": [{"key": "k", "value": "VALUE"}]})
    line = json.dumps(otlp([span("good", 2)])).replace(
        '"spans": [', f'"spans": [{deep.replace(json.dumps("VALUE"), value)}, '
    )

    try:
        found = list(records_of(line.encode(), ProtobufEncoding()))
    except ValueError as error:  # JSON's own limit comes first
        found = [error]
    assert isinstance(found[0], ValueError)
