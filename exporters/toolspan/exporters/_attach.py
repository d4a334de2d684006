"""Put the processors on the providers of a program, once."""

import logging
import os
from typing import Any, Unpack

from opentelemetry import trace
from opentelemetry._logs import get_logger_provider

from toolspan.conventions.environment import data_directory
from toolspan.exporters._processors import (
    JsonlLogRecordProcessor,
    JsonlSpanProcessor,
    JsonlStartProcessor,
)
from toolspan.exporters._sampler import keep_unsampled
from toolspan.exporters._settings import FileOptions, FileSettings

_logger = logging.getLogger("toolspan.exporters")


def attach(
    directory: str | os.PathLike[str] | None = None,
    *,
    tracer_provider: Any = None,
    logger_provider: Any = None,
    **settings: Unpack[FileOptions],
) -> bool:
    """Write the spans and events of these providers to files from now on.

    Calling it again, or for a provider that already has one of the processors, changes nothing,
    so no line is written twice.

    The span processor goes before those already there: an exception in one of them, or a long
    wait for its end point at exit, then costs no span. The log record processor goes last, since
    the ones before it may change the record, for instance to mask it.

    Args:
        directory: where the files go; `$TOOLSPAN_DIR`, else `./toolspan-data`, when not given.
        tracer_provider: an SDK `TracerProvider`; the global one when not given.
        logger_provider: an SDK `LoggerProvider`; the global one when not given.
        **settings: see `FileSettings`.

    Returns:
        Whether the spans of the tracer provider go to files now. False when it is not one of the
        SDK, such as the API's own when no SDK was set up; nothing is attached then and a later
        call may succeed.

    Raises:
        ValueError: a setting that was given is none, or out of its range.
    """
    where = data_directory() if directory is None else directory
    if logger_provider is None:
        logger_provider = get_logger_provider()
    if hasattr(logger_provider, "add_log_record_processor") and not _has(
        logger_provider,
        "_multi_log_record_processor",
        "_log_record_processors",
        JsonlLogRecordProcessor,
    ):
        records = JsonlLogRecordProcessor(where, **settings)
        records.expect(getattr(logger_provider, "resource", None))
        logger_provider.add_log_record_processor(records)
    if tracer_provider is None:
        tracer_provider = trace.get_tracer_provider()
    if not hasattr(tracer_provider, "add_span_processor"):
        return False
    if not _has(tracer_provider, "_active_span_processor", "_span_processors", JsonlSpanProcessor):
        spans = JsonlSpanProcessor(where, **settings)
        spans.expect(getattr(tracer_provider, "resource", None))
        tracer_provider.add_span_processor(spans)
        _move_to_front(tracer_provider, spans)
        chosen = FileSettings.of(**settings)
        if chosen.keep_unsampled:
            keep_unsampled(tracer_provider)
        if chosen.start_records:
            tracer_provider.add_span_processor(JsonlStartProcessor(where, **settings))
    return True


def _has(provider: Any, holder: str, members: str, kind: type) -> bool:
    """Whether the provider has a processor of this kind, however it got there.

    The SDK has no public way to ask; where its inner names differ, nothing is found.
    """
    processors = getattr(getattr(provider, holder, None), members, ())
    return any(isinstance(processor, kind) for processor in processors)


def _move_to_front(provider: Any, processor: JsonlSpanProcessor) -> None:
    """Let `processor` be called before the others, where the SDK is built as known."""
    holder: Any = getattr(provider, "_active_span_processor", None)
    processors = getattr(holder, "_span_processors", None)
    lock = getattr(holder, "_lock", None)
    if isinstance(processors, tuple) and processor in processors and lock is not None:
        with lock:
            others = tuple(other for other in holder._span_processors if other is not processor)
            holder._span_processors = (processor, *others)
