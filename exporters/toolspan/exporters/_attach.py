"""Put the processors on the providers of a program, once."""

import os
import threading
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
from toolspan.exporters.files import register_at_fork


class _Turns:
    """Lets threads that attach at once, as imports in several threads do, do so in turn."""

    def __init__(self) -> None:
        self.after_fork_in_child()
        register_at_fork(self)

    def after_fork_in_child(self) -> None:
        self.lock = threading.RLock()


_turns = _Turns()


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
    if tracer_provider is None:
        tracer_provider = trace.get_tracer_provider()
    with _turns.lock:
        _attach_to_logs(logger_provider, where, settings)
        return _attach_to_traces(tracer_provider, where, settings)


def _attach_to_logs(
    provider: Any, directory: str | os.PathLike[str], settings: FileOptions
) -> None:
    if not hasattr(provider, "add_log_record_processor") or _has(
        provider,
        "_multi_log_record_processor",
        "_log_record_processors",
        JsonlLogRecordProcessor,
    ):
        return
    records = JsonlLogRecordProcessor(directory, **settings)
    records.expect(getattr(provider, "resource", None))
    provider.add_log_record_processor(records)


def _attach_to_traces(
    provider: Any, directory: str | os.PathLike[str], settings: FileOptions
) -> bool:
    if not hasattr(provider, "add_span_processor"):
        return False
    if not _has(provider, "_active_span_processor", "_span_processors", JsonlSpanProcessor):
        spans = JsonlSpanProcessor(directory, **settings)
        spans.expect(getattr(provider, "resource", None))
        provider.add_span_processor(spans)
        _move_to_front(provider, spans)
        chosen = FileSettings.of(**settings)
        if chosen.keep_unsampled:
            keep_unsampled(provider)
        if chosen.start_records:
            provider.add_span_processor(JsonlStartProcessor(directory, **settings))
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
