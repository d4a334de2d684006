"""The exporters `toolspan_jsonl`, for those who switch things on by `OTEL_TRACES_EXPORTER`.

They write the same files as the processors, but get each span when the SDK's batch processor
hands it over, up to 5 seconds after its end: what waits there is lost on SIGTERM, `os._exit` and
in some forked children. Where a processor of ours sees the same spans, they step aside.
"""

import logging
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, Unpack

from opentelemetry.sdk._logs.export import LogRecordExporter, LogRecordExportResult
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from toolspan.conventions.environment import data_directory
from toolspan.exporters._processors import (
    EVENTS_SIGNAL,
    SPANS_SIGNAL,
    is_event,
    log_record_processors,
    span_processors,
)
from toolspan.exporters._settings import FileOptions, FileSettings
from toolspan.exporters.otlp_json import (
    LOG_RECORDS,
    SPANS,
    Envelope,
    Envelopes,
    SignalKeys,
    log_record_text,
    span_text,
    to_utf8,
)
from toolspan.exporters.writing import Stats, Writer

if TYPE_CHECKING:
    from opentelemetry.sdk._logs import ReadableLogRecord

_logger = logging.getLogger("toolspan.exporters")
_Item = TypeVar("_Item")


class JsonlSpanExporter(SpanExporter):
    """Writes the spans it is given as OTLP/JSON lines of many.

    Args:
        directory: where `spans-*.jsonl` go; `$TOOLSPAN_DIR`, else `./toolspan-data`.
        **settings: see `FileSettings`; those about queues and slow disks mean nothing here, since
            an exporter stands behind a queue already.

    Raises:
        ValueError: a setting that was given is none, or out of its range.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str] | None = None,
        **settings: Unpack[FileOptions],
    ) -> None:
        self._lines = _Lines(directory, SPANS_SIGNAL, SPANS, span_processors, settings)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Write the spans; what cannot be written is counted and not tried again."""
        is_written = self._lines.write(spans, span_text)
        return SpanExportResult.SUCCESS if is_written else SpanExportResult.FAILURE

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002
        """Nothing waits here; always True."""
        return True

    def shutdown(self, timeout_millis: int = 30_000) -> None:
        """Close the file."""
        self._lines.writer.shutdown(timeout_millis)

    def stats(self) -> Stats:
        """What this process has written and dropped so far."""
        return self._lines.writer.stats()


class JsonlLogRecordExporter(LogRecordExporter):
    """Writes the events among the log records it is given, likewise; see `JsonlSpanExporter`."""

    def __init__(
        self,
        directory: str | os.PathLike[str] | None = None,
        **settings: Unpack[FileOptions],
    ) -> None:
        self._lines = _Lines(directory, EVENTS_SIGNAL, LOG_RECORDS, log_record_processors, settings)

    def export(self, batch: Sequence["ReadableLogRecord"]) -> LogRecordExportResult:
        """Write the events; what cannot be written is counted and not tried again."""
        is_written = self._lines.write(
            [record for record in batch if is_event(record.log_record)],
            lambda record: log_record_text(record.log_record, record.dropped_attributes),
        )
        return LogRecordExportResult.SUCCESS if is_written else LogRecordExportResult.FAILURE

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002
        """Nothing waits here; always True."""
        return True

    def shutdown(self, timeout_millis: int = 30_000) -> None:
        """Close the file."""
        self._lines.writer.shutdown(timeout_millis)

    def stats(self) -> Stats:
        """What this process has written and dropped so far."""
        return self._lines.writer.stats()


class _Processor(Protocol):
    def writes(self, resource: Any) -> bool: ...


class _Lines:
    """What both exporters share: the file, and stepping aside."""

    def __init__(
        self,
        directory: str | os.PathLike[str] | None,
        signal: str,
        keys: SignalKeys,
        processors: Iterable[_Processor],
        settings: FileOptions,
    ) -> None:
        chosen = replace(FileSettings.of(**settings), mode="write_through", slow_disk="stay")
        where = data_directory() if directory is None else directory
        self.writer = Writer(where, signal, keys, chosen)
        self._signal = signal
        self._envelopes = Envelopes(keys)
        self._processors = processors
        self._has_stepped_aside = False

    def write(self, items: Iterable[_Item], text_of: Callable[[_Item], str]) -> bool:
        """Write records in lines of many; whether all that are ours are in the file."""
        encoded: list[tuple[Envelope, bytes]] = []
        is_whole = True
        for item in items:
            try:
                envelope = self._envelope_of(item)
                if envelope is not None:
                    encoded.append((envelope, to_utf8(text_of(item))))
            except Exception as error:  # the others of the batch are not to go with it
                self.writer.drop(1, error)
                is_whole = False
        return self.writer.put_lines(encoded) and is_whole

    def _envelope_of(self, item: Any) -> Envelope | None:
        """The envelope of a span or log record, or None where a processor of ours writes it."""
        resource = item.resource
        if not any(one.writes(resource) for one in list(self._processors)):
            return self._envelopes.of(resource, item.instrumentation_scope)
        if not self._has_stepped_aside:
            self._has_stepped_aside = True
            _logger.warning(
                "The exporter toolspan_jsonl leaves %s to the processor that writes them already; "
                "one of the two is enough.",
                self._signal,
            )
        return None
