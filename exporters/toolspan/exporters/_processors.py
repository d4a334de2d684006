"""The span processor and the log record processor that write OTLP/JSON lines."""

import os
import weakref
from typing import TYPE_CHECKING, Any, Unpack

from opentelemetry.context import Context
from opentelemetry.sdk._logs import LogRecordProcessor
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.trace import TraceFlags

from toolspan.exporters._metrics import observe
from toolspan.exporters._settings import FileOptions, FileSettings
from toolspan.exporters.otlp_json import (
    LOG_RECORDS,
    SPANS,
    Envelopes,
    log_record_text,
    span_text,
    to_utf8,
)
from toolspan.exporters.writing import Stats, Writer

if TYPE_CHECKING:
    from opentelemetry.sdk._logs import ReadWriteLogRecord

SPANS_SIGNAL = "spans"
EVENTS_SIGNAL = "events"
STARTS_SIGNAL = "starts"

# Those alive in this process, for the exporters to step aside.
span_processors: "weakref.WeakSet[JsonlSpanProcessor]" = weakref.WeakSet()
log_record_processors: "weakref.WeakSet[JsonlLogRecordProcessor]" = weakref.WeakSet()


def is_event(record: Any) -> bool:
    """Whether a log record is an event: those of applications' own logs are not ours to keep."""
    return bool(record.event_name)


class JsonlSpanProcessor(SpanProcessor):
    """Writes every sampled span, when it ends, as one OTLP/JSON line.

    With `keep_unsampled` those that are only recorded as well; see `KeepUnsampled`.

    When `span.end()` returns, the line is in the kernel: it survives an exception, `os._exit`,
    SIGTERM, SIGKILL and a fork, though not a power cut. Nothing is opened before the first span.
    Never raises; what cannot be written is counted by reason (`stats()`) and told to the log once.

    Args:
        directory: where `spans-*.jsonl` go; made, with mode 0700, when the first span ends.
        **settings: see `FileSettings`; those not given come from `TOOLSPAN_FILES_*`.

    Raises:
        ValueError: a setting that was given is none, or out of its range.
    """

    def __init__(self, directory: str | os.PathLike[str], **settings: Unpack[FileOptions]) -> None:
        chosen = FileSettings.of(**settings)
        self.keeps_unsampled = chosen.keep_unsampled
        self._writer = Writer(directory, SPANS_SIGNAL, SPANS, chosen)
        self._envelopes = Envelopes(SPANS)
        span_processors.add(self)
        observe(self, "span", chosen)

    def expect(self, resource: Any) -> None:
        """Count on spans of this resource, before the first comes."""
        self._envelopes.expect(resource)

    def writes(self, resource: Any) -> bool:
        """Whether spans of this very resource pass here."""
        return self._envelopes.knows(resource)

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Do nothing: a span is written when it ends."""

    def on_end(self, span: ReadableSpan) -> None:
        """Write the span, if it is sampled or the unsampled are kept."""
        _write(span, self._writer, self._envelopes, keeps_unsampled=self.keeps_unsampled)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Wait until what has ended is in the file; False when that took too long."""
        return self._writer.force_flush(timeout_millis)

    def shutdown(self, timeout_millis: int = 30_000) -> None:
        """Write what waits and close the file. Spans that end later are written all the same."""
        self._writer.shutdown(timeout_millis)

    def stats(self) -> Stats:
        """What this process has written and dropped so far."""
        return self._writer.stats()


class JsonlStartProcessor(SpanProcessor):
    """Writes every sampled span, when it starts, as one OTLP/JSON line without an end.

    For what is running, or was when its process was killed: a reader that finds the span nowhere
    else knows that it has not ended. Add it last, so that it sees what other processors put on the
    span when it starts. Costs as much as `JsonlSpanProcessor`, once more.

    Args:
        directory: where `starts-*.jsonl` go.
        **settings: see `FileSettings`; those not given come from `TOOLSPAN_FILES_*`.

    Raises:
        ValueError: a setting that was given is none, or out of its range.
    """

    def __init__(self, directory: str | os.PathLike[str], **settings: Unpack[FileOptions]) -> None:
        chosen = FileSettings.of(**settings)
        self.keeps_unsampled = chosen.keep_unsampled
        self._writer = Writer(directory, STARTS_SIGNAL, SPANS, chosen)
        self._envelopes = Envelopes(SPANS)

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002
        """Write the span as it is now."""
        _write(span, self._writer, self._envelopes, keeps_unsampled=self.keeps_unsampled)

    def on_end(self, span: ReadableSpan) -> None:
        """Do nothing: `JsonlSpanProcessor` writes what has ended."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Wait until what has started is in the file; False when that took too long."""
        return self._writer.force_flush(timeout_millis)

    def shutdown(self, timeout_millis: int = 30_000) -> None:
        """Write what waits and close the file."""
        self._writer.shutdown(timeout_millis)

    def stats(self) -> Stats:
        """What this process has written and dropped so far."""
        return self._writer.stats()


def _write(
    span: ReadableSpan, writer: Writer, envelopes: Envelopes, *, keeps_unsampled: bool
) -> None:
    try:
        context = span.context
        if context is None:
            return
        if not (context.trace_flags & TraceFlags.SAMPLED or keeps_unsampled):
            return
        envelope = envelopes.of(span.resource, span.instrumentation_scope)
        writer.put(envelope, to_utf8(span_text(span)))
    except Exception as error:  # an exception here would come out of the agent's own code
        writer.drop(1, error)


class JsonlLogRecordProcessor(LogRecordProcessor):
    """Writes every event (a log record with an event name) as one OTLP/JSON line.

    The twin of `JsonlSpanProcessor` for `gen_ai.evaluation.result` and other events, with the
    same promises. Log records without an event name are the application's log, not telemetry of
    its agents, and are left out.

    Args:
        directory: where `events-*.jsonl` go.
        **settings: see `FileSettings`; those not given come from `TOOLSPAN_FILES_*`.

    Raises:
        ValueError: a setting that was given is none, or out of its range.
    """

    def __init__(self, directory: str | os.PathLike[str], **settings: Unpack[FileOptions]) -> None:
        chosen = FileSettings.of(**settings)
        self._writer = Writer(directory, EVENTS_SIGNAL, LOG_RECORDS, chosen)
        self._envelopes = Envelopes(LOG_RECORDS)
        log_record_processors.add(self)
        observe(self, "log", chosen)

    def expect(self, resource: Any) -> None:
        """Count on events of this resource, before the first comes."""
        self._envelopes.expect(resource)

    def writes(self, resource: Any) -> bool:
        """Whether events of this very resource pass here."""
        return self._envelopes.knows(resource)

    def on_emit(self, log_record: "ReadWriteLogRecord") -> None:
        """Write the record, if it is an event."""
        try:
            record = log_record.log_record
            if not is_event(record):
                return
            envelope = self._envelopes.of(log_record.resource, log_record.instrumentation_scope)
            text = log_record_text(record, log_record.dropped_attributes)
            self._writer.put(envelope, to_utf8(text))
        except Exception as error:  # an exception here would come out of the agent's own code
            self._writer.drop(1, error)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Wait until what was emitted is in the file; False when that took too long."""
        return self._writer.force_flush(timeout_millis)

    def shutdown(self, timeout_millis: int = 30_000) -> None:
        """Write what waits and close the file. Events that come later are written all the same."""
        self._writer.shutdown(timeout_millis)

    def stats(self) -> Stats:
        """What this process has written and dropped so far."""
        return self._writer.stats()
