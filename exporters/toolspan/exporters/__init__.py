"""Span and event files that no crash can lose: OTLP/JSON lines, written as each span ends.

- `attach`: put both processors on the providers of a program, once
- `JsonlSpanProcessor`, `JsonlLogRecordProcessor`: to put on a provider by hand
- `JsonlStartProcessor`: spans that have started, to see what is running or was killed
- `JsonlSpanExporter`, `JsonlLogRecordExporter`: what `OTEL_TRACES_EXPORTER=toolspan_jsonl` names
- `KeepUnsampled`: a sampler around yours, so that files keep what it drops
- `append_event`: one event into a file, without a provider
- `FileSettings`: every setting, its environment variable and its default
- `Stats`, `Reason`: what was written, and why something was not

Needs the OpenTelemetry SDK; `docs/explanation/durability.md` says what is promised.
"""

from toolspan.exporters._attach import attach
from toolspan.exporters._events import append_event
from toolspan.exporters._exporters import JsonlLogRecordExporter, JsonlSpanExporter
from toolspan.exporters._processors import (
    JsonlLogRecordProcessor,
    JsonlSpanProcessor,
    JsonlStartProcessor,
)
from toolspan.exporters._sampler import KeepUnsampled
from toolspan.exporters._settings import FileSettings
from toolspan.exporters.writing import Reason, Stats

__all__ = [
    "FileSettings",
    "JsonlLogRecordExporter",
    "JsonlLogRecordProcessor",
    "JsonlSpanExporter",
    "JsonlSpanProcessor",
    "JsonlStartProcessor",
    "KeepUnsampled",
    "Reason",
    "Stats",
    "append_event",
    "attach",
]
