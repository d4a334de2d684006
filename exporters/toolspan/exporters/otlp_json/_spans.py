"""One span as OTLP/JSON text."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from opentelemetry.attributes import BoundedAttributes
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanContext, Status

from toolspan.exporters.otlp_json._values import attributes_text, quoted, text_of

# Flags of a span or link (`opentelemetry.proto.trace.v1.SpanFlags`): whether the parent, or the
# link's target, is remote is known (bit 8) and true (bit 9). The official encoders of the Python
# SDK leave the W3C trace flags (bits 0 to 7) out, and so do we.
_FLAGS_LOCAL: Final = 0x100
_FLAGS_REMOTE: Final = 0x300

# Ids are cut to their width: one of another width would cost the reader the whole line.
# `%` takes two thirds of the time of a format string for such numbers.
_IDS: Final = '{"traceId":"%032x","spanId":"%016x"'
_PARENT: Final = ',"parentSpanId":"%016x","flags":%d'

_UINT64_MAX: Final = 2**64 - 1
TRACE_ID: Final = 2**128 - 1
SPAN_ID: Final = 2**64 - 1


def span_text(span: ReadableSpan) -> str:
    """The span as a `Span` object.

    Reads the fields below the public properties: those wrap and copy on every read, which would
    be a quarter of the whole cost. A span-like object without these fields, or with a name or
    description that is no text, is read through its properties.
    """
    try:
        return _span_text(span)
    except (AttributeError, TypeError):
        return _span_text(_PublicFields(span))


class _PublicFields:
    """The fields `_span_text` reads, filled from the public properties of a span."""

    def __init__(self, span: ReadableSpan) -> None:
        self._context = span.get_span_context()
        self._parent = span.parent
        self._name = text_of(span.name)
        self._kind = span.kind
        self._start_time = nanoseconds(span.start_time)
        self._end_time = nanoseconds(span.end_time)
        self._attributes = _PublicAttributes(span.attributes or {}, span.dropped_attributes)
        self._events = _PublicItems(span.events, span.dropped_events)
        self._links = _PublicItems(span.links, span.dropped_links)
        self._status = span.status


class _PublicAttributes(dict[str, Any]):
    def __init__(self, attributes: Mapping[str, Any], dropped: int) -> None:
        super().__init__(attributes)
        self.dropped = dropped


class _PublicItems(list[Any]):
    def __init__(self, items: Iterable[Any], dropped: int) -> None:
        super().__init__(items)
        self.dropped = dropped


def _span_text(span: Any) -> str:
    start, end = span._start_time, span._end_time
    if type(start) is not int or not 0 <= start <= _UINT64_MAX:
        start = nanoseconds(start)
    if type(end) is not int or not 0 <= end <= _UINT64_MAX:
        end = nanoseconds(end)
    text = (
        f'{_ids_text(span._context, span._parent)},"name":{quoted(span._name)},'
        f'"kind":{span._kind._value_ + 1},'
        f'"startTimeUnixNano":"{start}","endTimeUnixNano":"{end}"'
        f"{_attributes_field(span._attributes)}"
    )
    events, links = span._events, span._links
    # The SDK keeps both in a `BoundedList`, which copies itself for every loop; what is inside
    # changes no more once the span has ended.
    if inner := getattr(events, "_dq", events):
        text += f',"events":[{",".join([_event_text(event) for event in inner])}]'
    if dropped := getattr(events, "dropped", 0):
        text += f',"droppedEventsCount":{dropped}'
    if inner := getattr(links, "_dq", links):
        text += f',"links":[{",".join([_link_text(link) for link in inner])}]'
    if dropped := getattr(links, "dropped", 0):
        text += f',"droppedLinksCount":{dropped}'
    return text + _status_text(span._status)


def _ids_text(context: SpanContext | None, parent: SpanContext | None) -> str:
    """The start of the span: its ids, its trace state, its parent and the flags."""
    if context is None:
        ids = '{"traceId":"","spanId":""'
    else:
        ids = _IDS % (context.trace_id & TRACE_ID, context.span_id & SPAN_ID)
        if state := context.trace_state:
            members = ",".join([f"{key}={value}" for key, value in state.items()])
            ids += f',"traceState":{quoted(members)}'
    if parent is None:
        return ids + ',"flags":256'
    flags = _FLAGS_REMOTE if parent.is_remote else _FLAGS_LOCAL
    return ids + _PARENT % (parent.span_id & SPAN_ID, flags)


def _attributes_field(attributes: Any) -> str:
    """The attributes of a span, event or link, and how many of them were dropped.

    The SDK keeps them in a `BoundedAttributes`; the dict inside is much quicker to walk.
    """
    if type(attributes) is BoundedAttributes:
        dropped = attributes.dropped
        attributes = attributes._dict
    else:
        dropped = getattr(attributes, "dropped", 0)
    text = f',"attributes":[{attributes_text(attributes)}]' if attributes else ""
    return f'{text},"droppedAttributesCount":{dropped}' if dropped else text


def nanoseconds(value: Any) -> int:
    """A time as the unsigned 64-bit integer OTLP wants; 0, which is unknown, for what is none."""
    try:
        return min(max(int(value), 0), _UINT64_MAX)
    except (TypeError, ValueError, OverflowError):
        return 0


def _event_text(event: Any) -> str:
    time = event.timestamp
    if type(time) is not int or not 0 <= time <= _UINT64_MAX:
        time = nanoseconds(time)
    name = event.name
    return (
        f'{{"timeUnixNano":"{time}","name":{quoted(name if type(name) is str else text_of(name))}'
        f"{_attributes_field(event.attributes)}}}"
    )


def _link_text(link: Any) -> str:
    context = link.context
    ids = _IDS % (context.trace_id & TRACE_ID, context.span_id & SPAN_ID)
    flags = _FLAGS_REMOTE if context.is_remote else _FLAGS_LOCAL
    return f'{ids}{_attributes_field(link.attributes)},"flags":{flags}}}'


def _status_text(status: Status | None) -> str:
    """The status field and the end of the span."""
    if status is None:
        return "}"
    code, description = status._status_code._value_, status._description
    if description:
        message = quoted(description if type(description) is str else text_of(description))
        code_text = f',"code":{code}' if code else ""
        return f',"status":{{"message":{message}{code_text}}}}}'
    return f',"status":{{"code":{code}}}}}' if code else ',"status":{}}'
