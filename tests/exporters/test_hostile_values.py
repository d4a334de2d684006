"""Values that fight back: no attribute or body costs the record, or the line, or the program."""

import json
import threading
from collections import UserDict
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from opentelemetry._logs import LogRecord
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import Link, SpanContext

from support.otlp_protobuf import traces_message
from toolspan.exporters.otlp_json import _values, encode_spans, log_record_text
from toolspan.exporters.otlp_json._values import attributes_text, value_text


class Refusing:
    """Raises whatever is asked of it, its class included."""

    @property
    def __class__(self) -> type:
        raise RuntimeError("refused")

    def __str__(self) -> str:
        raise RuntimeError("refused")


class RefusingMap(UserDict[str, object]):
    def __iter__(self) -> Iterator[str]:
        raise RuntimeError("refused")


class RefusingInt(int):
    def __int__(self) -> int:
        raise RuntimeError("refused")


def any_value(value: object) -> Any:
    return json.loads(value_text(value))


def released() -> memoryview:
    view = memoryview(b"gone")
    view.release()
    return view


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (Refusing, "Refusing"),
        (lambda: RefusingMap(a=1), "RefusingMap"),
        (lambda: RefusingInt(7), "RefusingInt"),
        (released, "memoryview"),
    ],
    ids=["object", "map", "int", "memoryview"],
)
def test_a_value_that_cannot_be_read_is_named_and_those_beside_it_are_kept(
    make: Callable[[], object], name: str
) -> None:
    assert any_value(["before", make(), "after"]) == {
        "arrayValue": {
            "values": [
                {"stringValue": "before"},
                {"stringValue": f"<{name}>"},
                {"stringValue": "after"},
            ]
        }
    }


def test_bytes_that_do_not_lie_side_by_side_are_bytes() -> None:
    assert any_value(memoryview(b"a-b-c-")[::2]) == {"bytesValue": "YWJj"}


def test_a_value_that_contains_itself_ends() -> None:
    agent: dict[str, object] = {"name": "a"}
    agent["tools"] = [{"owner": agent}] * 10  # would be 10 to the power of 15 values
    assert any_value(agent)["kvlistValue"]["values"][1] == {
        "key": "tools",
        "value": {
            "arrayValue": {
                "values": [
                    {
                        "kvlistValue": {
                            "values": [
                                {"key": "owner", "value": {"stringValue": "(contains itself)"}}
                            ]
                        }
                    }
                ]
                * 10
            }
        },
    }


def test_a_value_that_occurs_twice_side_by_side_is_whole_both_times() -> None:
    shared = [1]
    whole = {"arrayValue": {"values": [{"intValue": "1"}]}}
    assert any_value([shared, shared]) == {"arrayValue": {"values": [whole, whole]}}


def test_a_body_that_another_thread_changes_is_encoded() -> None:
    body: dict[str, object] = {"nested": [list(range(100))] * 20}
    is_over = threading.Event()

    def change() -> None:
        number = 0
        while not is_over.is_set():
            number += 1
            body[str(number % 50)] = number
            body.pop(str((number + 25) % 50), None)

    thread = threading.Thread(target=change)
    thread.start()
    try:
        for _ in range(200):
            record = LogRecord(timestamp=1, event_name="e", body=body)  # type: ignore[arg-type]
            assert "kvlistValue" in json.loads(log_record_text(record))["body"]
    finally:
        is_over.set()
        thread.join()


@pytest.mark.parametrize("trace_id", [2**200 + 1, -1])
@pytest.mark.parametrize("span_id", [2**100 + 1, -1])
def test_ids_of_another_width_are_cut_so_that_the_line_can_be_read(
    trace_id: int, span_id: int
) -> None:
    context = SpanContext(trace_id, span_id, is_remote=False)
    span = ReadableSpan("a", context=context, parent=context, links=[Link(context)])
    [read] = traces_message(encode_spans([span])).resource_spans[0].scope_spans[0].spans
    expected = (trace_id % 2**128).to_bytes(16, "big"), (span_id % 2**64).to_bytes(8, "big")
    assert (read.trace_id, read.span_id) == expected
    assert (read.links[0].trace_id, read.links[0].span_id) == expected
    assert read.parent_span_id == expected[1]
    record = LogRecord(timestamp=1, trace_id=trace_id, span_id=span_id, event_name="e")
    encoded = json.loads(log_record_text(record))
    assert (encoded["traceId"], encoded["spanId"]) == tuple(part.hex() for part in expected)


def test_long_keys_are_not_kept() -> None:
    key = "k" * 10_000
    assert json.loads(f"[{attributes_text({key: 'v'})}]") == [
        {"key": key, "value": {"stringValue": "v"}}
    ]
    assert key not in _values._key_parts
