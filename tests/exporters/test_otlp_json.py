"""The encoder: equal to the official one where that encodes, by the OTLP/JSON rules where not."""

import json
import math
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.attributes import BoundedAttributes
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs as official_logs
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans as official_spans
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    TraceState,
    set_span_in_context,
)

from support.otlp_protobuf import logs_message, traces_message
from support.reference import shared
from support.spans import attributes_of
from toolspan.exporters.otlp_json import encode_log_records, encode_spans, to_utf8

# Characters that end a line for some reader, command a terminal or need escaping come up often.
texts = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"]),
        st.sampled_from('"\\/\n\r\t\0\x0b\x0c\x1b\x1e\x7f\x85\u2028\u2029é漢😀'),
    ),
    max_size=20,
)
keys = texts.filter(bool)
scalars = st.one_of(
    st.none(),
    texts,
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.just(math.nan),
    st.binary(max_size=8),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(tuple), st.dictionaries(keys, inner, max_size=3)
    ),
    max_leaves=6,
)
attribute_dicts = st.dictionaries(keys, values, max_size=5)
attributes = st.one_of(
    st.none(),
    attribute_dicts,
    # A bounded mapping of 3 drops some of up to 5, so dropped counts come up.
    attribute_dicts.map(lambda items: BoundedAttributes(3, items, immutable=True)),
)
times = st.integers(0, 2**64 - 1)
trace_states = st.dictionaries(
    st.sampled_from(["a", "vendor", "x@y"]), st.sampled_from(["1", "b:c", "long" * 9]), max_size=2
).map(lambda items: TraceState(list(items.items())))
contexts = st.builds(
    SpanContext,
    trace_id=st.integers(1, 2**128 - 1),
    span_id=st.integers(1, 2**64 - 1),
    is_remote=st.booleans(),
    trace_flags=st.sampled_from([TraceFlags(0), TraceFlags(1)]),
    trace_state=trace_states,
)
statuses = st.one_of(
    st.just(Status(StatusCode.UNSET)),
    st.just(Status(StatusCode.OK)),
    st.builds(Status, st.just(StatusCode.ERROR), st.one_of(st.none(), texts)),
)
resources = st.builds(
    Resource,
    st.dictionaries(keys, st.one_of(texts, st.integers(0, 9), st.booleans()), max_size=3),
    st.one_of(st.none(), st.just("https://example.org/schema")),
)
scopes = st.one_of(
    st.none(),
    st.builds(
        InstrumentationScope,
        texts,
        st.one_of(st.none(), st.just("1.0")),
        st.one_of(st.none(), st.just("https://example.org/scope")),
        st.dictionaries(keys, scalars, max_size=2),
    ),
)


@st.composite
def span_lists(draw: st.DrawFn) -> list[ReadableSpan]:
    """Spans of few resources and scopes, so that they form groups."""
    few_resources = draw(st.lists(resources, min_size=1, max_size=2))
    few_scopes = draw(st.lists(scopes, min_size=1, max_size=2))
    return draw(
        st.lists(
            st.builds(
                ReadableSpan,
                name=texts,
                context=contexts,
                parent=st.one_of(st.none(), contexts),
                resource=st.sampled_from(few_resources),
                attributes=attributes,
                events=st.lists(st.builds(Event, texts, attributes, times), max_size=2),
                links=st.lists(st.builds(Link, contexts, attributes), max_size=2),
                kind=st.sampled_from(SpanKind),
                status=statuses,
                start_time=st.one_of(st.none(), times),
                end_time=st.one_of(st.none(), times),
                instrumentation_scope=st.sampled_from(few_scopes),
            ),
            min_size=1,
            max_size=4,
        )
    )


@st.composite
def log_record_lists(draw: st.DrawFn) -> list[ReadableLogRecord]:
    resource, scope = draw(resources), draw(scopes)
    records = draw(
        st.lists(
            st.builds(
                LogRecord,
                timestamp=st.one_of(st.none(), times),
                observed_timestamp=times,
                context=st.one_of(
                    st.just(Context()),
                    contexts.map(lambda c: set_span_in_context(NonRecordingSpan(c), Context())),
                ),
                severity_text=st.one_of(st.none(), texts),
                severity_number=st.one_of(st.none(), st.sampled_from(SeverityNumber)),
                body=values,
                attributes=attributes,
                event_name=st.one_of(st.none(), texts),
            ),
            min_size=1,
            max_size=3,
        )
    )
    return [ReadableLogRecord(record, resource, scope) for record in records]


wide = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.requirement("design.4-otlp-json-lines")
@wide
@given(span_lists())
def test_every_span_the_official_encoder_accepts_is_the_same_protobuf(
    spans: list[ReadableSpan],
) -> None:
    assert traces_message(encode_spans(spans)) == official_spans(spans) or (
        traces_message(encode_spans(spans)).SerializeToString(deterministic=True)
        == official_spans(spans).SerializeToString(deterministic=True)  # NaN is not equal to NaN
    )


@wide
@given(log_record_lists())
def test_every_log_record_the_official_encoder_accepts_is_the_same_protobuf(
    records: list[ReadableLogRecord],
) -> None:
    assert logs_message(encode_log_records(records)).SerializeToString(
        deterministic=True
    ) == official_logs(records).SerializeToString(deterministic=True)


@pytest.mark.requirement("design.4-otlp-json-lines")
@wide
@given(span_lists())
def test_a_document_is_one_line_for_every_reader(spans: list[ReadableSpan]) -> None:
    line = encode_spans(spans)
    assert line.endswith(b"}\n")
    assert len(line.decode().splitlines()) == 1
    assert not any(
        character < " " or "\x80" <= character < "\xa0" for character in line.decode()[:-1]
    )


@wide
@given(st.text(st.characters(codec=None, categories=["Cs", "Ll", "So"]), max_size=20))
def test_text_with_surrogates_becomes_valid_utf8_and_keeps_the_rest(text: str) -> None:
    [value] = attribute_values({"key": text})
    assert value == text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def span_with(**fields: object) -> ReadableSpan:
    context = SpanContext(trace_id=0xABC, span_id=0xDEF, is_remote=False)
    return ReadableSpan(**{"name": "n", "context": context, "resource": Resource({}), **fields})  # type: ignore[arg-type]


def encoded_span(**fields: object) -> dict[str, object]:
    document = json.loads(encode_spans([span_with(**fields)]))
    return document["resourceSpans"][0]["scopeSpans"][0]["spans"][0]


def attribute_values(attributes: dict[str, object]) -> Sequence[object]:
    return list(attributes_of(encoded_span(attributes=attributes)).values())


def any_value(value: object) -> object:
    return encoded_span(attributes={"key": value})["attributes"][0]["value"]  # type: ignore[index]


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError


class OddInt(int):
    def __str__(self) -> str:
        return "odd"

    __repr__ = __str__


class OddText(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "odd"


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (2**63, {"stringValue": "9223372036854775808"}),
        (-(2**63) - 1, {"stringValue": "-9223372036854775809"}),
        (2**63 - 1, {"intValue": "9223372036854775807"}),
        (-(2**63), {"intValue": "-9223372036854775808"}),
        (10**5000, {"stringValue": hex(10**5000)}),
        (math.nan, {"doubleValue": "NaN"}),
        (math.inf, {"doubleValue": "Infinity"}),
        (-math.inf, {"doubleValue": "-Infinity"}),
        ("a\ud800b", {"stringValue": "a\ufffdb"}),
        ("\ud83d\ude00", {"stringValue": "😀"}),
        (
            {"\udcff": 1},
            {"kvlistValue": {"values": [{"key": "\ufffd", "value": {"intValue": "1"}}]}},
        ),
        ({1: True}, {"kvlistValue": {"values": [{"key": "1", "value": {"boolValue": True}}]}}),
        (b"\xff\x00", {"bytesValue": "/wA="}),
        (bytearray(b"a"), {"bytesValue": "YQ=="}),
        ((), {"arrayValue": {}}),
        ({}, {"kvlistValue": {}}),
        (None, {}),
        ({"b"}, {"arrayValue": {"values": [{"stringValue": "b"}]}}),
        (3 + 4j, {"stringValue": "(3+4j)"}),
        (Unprintable(), {"stringValue": "<Unprintable>"}),
        (OddInt(7), {"intValue": "7"}),
        (OddText("seven"), {"stringValue": "seven"}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_the_official_encoder_refuses_or_bends_has_a_valid_form(
    value: object, encoded: dict[str, object]
) -> None:
    assert any_value(value) == encoded


def test_values_nested_too_deeply_for_a_protobuf_parser_are_cut_off_there() -> None:
    value: object = "bottom"
    for _ in range(2000):
        value = [value]
    depth = 0
    item = any_value(value)
    while "arrayValue" in item:  # type: ignore[operator]
        item = item["arrayValue"]["values"][0]  # type: ignore[index]
        depth += 1
    assert (item, depth) == ({"stringValue": "(nested too deeply)"}, 46)
    traces_message(encode_spans([span_with(attributes={"key": value})]))


def test_times_that_are_none_are_unknown_and_floats_are_cut() -> None:
    span = encoded_span(start_time=1.7e18, end_time=-5)
    assert (span["startTimeUnixNano"], span["endTimeUnixNano"]) == ("1700000000000000000", "0")


def test_a_name_that_is_no_text_becomes_one() -> None:
    assert encoded_span(name=7)["name"] == "7"


def test_a_span_that_only_has_the_public_properties_is_encoded_the_same() -> None:
    class OnlyPublic(ReadableSpan):
        def __init__(self, span: ReadableSpan) -> None:
            self.span = span

        def __getattribute__(self, name: str) -> object:
            if name == "span" or name.startswith("__"):
                return object.__getattribute__(self, name)
            if name.startswith("_"):
                raise AttributeError(name)
            return getattr(object.__getattribute__(self, "span"), name)

    span = span_with(
        attributes=BoundedAttributes(1, {"a": 1, "b": 2}),
        events=[Event("e", {"k": "v"}, 5)],
        links=[Link(SpanContext(1, 2, is_remote=True), {"k": 1})],
        status=Status(StatusCode.ERROR, "boom"),
        start_time=3,
        end_time=4,
    )
    assert encode_spans([OnlyPublic(span)]) == encode_spans([span])


def test_ids_flags_and_enums_are_written_as_otlp_json_wants_them() -> None:
    span = encoded_span(
        parent=SpanContext(trace_id=0xABC, span_id=0x1, is_remote=True),
        kind=SpanKind.CLIENT,
        status=Status(StatusCode.ERROR, "boom"),
        start_time=1,
        end_time=2,
    )
    assert span == {
        "traceId": "00000000000000000000000000000abc",
        "spanId": "0000000000000def",
        "parentSpanId": "0000000000000001",
        "flags": 768,
        "name": "n",
        "kind": 3,
        "startTimeUnixNano": "1",
        "endTimeUnixNano": "2",
        "status": {"message": "boom", "code": 2},
    }


def test_equal_resources_share_one_group_whatever_the_order_of_their_attributes() -> None:
    first = span_with(resource=Resource({"a": "1", "b": "2"}))
    second = span_with(resource=Resource({"b": "2", "a": "1"}))
    assert traces_message(encode_spans([first, second])) == official_spans([first, second])
    assert len(traces_message(encode_spans([first, second])).resource_spans) == 1


def test_more_keys_than_are_kept_are_still_encoded() -> None:
    many = {f"made.up.{number}": number for number in range(6000)}
    assert attributes_of(encoded_span(attributes=many)) == many


def test_ascii_stays_as_it_is_and_other_text_is_utf8() -> None:
    assert to_utf8('{"a":"b"}') == b'{"a":"b"}'
    assert to_utf8('"é漢😀"') == '"é漢😀"'.encode()
    assert to_utf8('"a\u2028b\x85c"') == b'"a\\u2028b\\u0085c"'


@pytest.mark.requirement("design.4-otlp-json-lines")
@pytest.mark.shared
@pytest.mark.parametrize("name", ["traces.jsonl", "cmp.jsonl"])
def test_spans_of_a_real_collector_rebuilt_give_the_collectors_json(name: str) -> None:
    for line in shared("data", "collector", name).read_bytes().splitlines():
        document = json.loads(line)
        spans = [
            rebuilt_span(span, resource, scope)
            for resource_spans in document["resourceSpans"]
            for resource in [
                Resource(attributes_of(resource_spans["resource"]), resource_spans.get("schemaUrl"))
            ]
            for scope_spans in resource_spans["scopeSpans"]
            for scope in [rebuilt_scope(scope_spans)]
            for span in scope_spans["spans"]
        ]
        assert json.loads(encode_spans(spans)) == document


def rebuilt_scope(scope_spans: dict) -> InstrumentationScope:
    scope = scope_spans["scope"]
    return InstrumentationScope(
        scope["name"], scope.get("version"), scope_spans.get("schemaUrl"), attributes_of(scope)
    )


def rebuilt_span(span: dict, resource: Resource, scope: InstrumentationScope) -> ReadableSpan:
    def context(holder: dict, key: str, flags: int) -> SpanContext:
        return SpanContext(int(holder["traceId"], 16), int(holder[key], 16), bool(flags & 0x200))

    flags = span.get("flags", 0)
    status = span["status"]
    return ReadableSpan(
        name=span["name"],
        context=context(span, "spanId", 0),
        parent=context(span, "parentSpanId", flags) if "parentSpanId" in span else None,
        resource=resource,
        attributes=attributes_of(span),
        events=[
            Event(event["name"], attributes_of(event), int(event["timeUnixNano"]))
            for event in span.get("events", [])
        ],
        links=[
            Link(context(link, "spanId", link.get("flags", 0)), attributes_of(link))
            for link in span.get("links", [])
        ],
        kind=SpanKind(span["kind"] - 1),
        status=Status(StatusCode(status.get("code", 0)), status.get("message")),
        start_time=int(span["startTimeUnixNano"]),
        end_time=int(span["endTimeUnixNano"]),
        instrumentation_scope=scope,
    )
