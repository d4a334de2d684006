"""One log record or event as OTLP/JSON text."""

from collections.abc import Mapping
from typing import Any

from toolspan.exporters.otlp_json._spans import SPAN_ID, TRACE_ID, nanoseconds
from toolspan.exporters.otlp_json._values import attributes_text, quoted, value_text


def log_record_text(record: Any, dropped_attributes: int = 0) -> str:
    """The API log record (`opentelemetry._logs.LogRecord`) as a `LogRecord` object."""
    severity = getattr(record.severity_number, "value", None)
    flags = int(record.trace_flags or 0)
    return _record_text(
        time=f'"timeUnixNano":"{nanoseconds(record.timestamp)}",'
        f'"observedTimeUnixNano":"{nanoseconds(record.observed_timestamp)}"',
        severity=(f',"severityNumber":{severity}' if severity else "")
        + (f',"severityText":{quoted(record.severity_text)}' if record.severity_text else ""),
        body=value_text(record.body),
        attributes=record.attributes or {},
        dropped=f',"droppedAttributesCount":{dropped_attributes}' if dropped_attributes else "",
        flags=f',"flags":{flags}' if flags else "",
        trace_id=record.trace_id,
        span_id=record.span_id,
        event_name=record.event_name,
    )


def event_text(
    *,
    event_name: str,
    attributes: Mapping[str, Any],
    time_unix_nano: int,
    trace_id: int | None,
    span_id: int | None,
) -> str:
    """An event that never passed an SDK as a `LogRecord` object."""
    now = nanoseconds(time_unix_nano)
    return _record_text(
        time=f'"timeUnixNano":"{now}","observedTimeUnixNano":"{now}"',
        severity="",
        body="{}",
        attributes=attributes,
        dropped="",
        flags="",
        trace_id=trace_id,
        span_id=span_id,
        event_name=event_name,
    )


def _record_text(
    *,
    time: str,
    severity: str,
    body: str,
    attributes: Mapping[str, Any],
    dropped: str,
    flags: str,
    trace_id: int | None,
    span_id: int | None,
    event_name: str | None,
) -> str:
    return (
        f'{{{time}{severity},"body":{body}'
        + (f',"attributes":[{attributes_text(attributes)}]' if attributes else "")
        + dropped
        + flags
        + (f',"traceId":"{trace_id & TRACE_ID:032x}"' if trace_id else "")
        + (f',"spanId":"{span_id & SPAN_ID:016x}"' if span_id else "")
        + (f',"eventName":{quoted(event_name)}' if event_name else "")
        + "}"
    )
