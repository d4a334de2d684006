"""The forms in which traces are kept, each turned into documents of OTLP/JSON.

To add one: write `_form.py` with a test of a document and a generator of OTLP documents, and put
both into `convert`.
"""

from collections.abc import Callable, Iterator
from typing import Any

from toolspan.analytics.read.containers._claude_code_events import EVENTS_SCOPE, ClaudeCodeEvents
from toolspan.analytics.read.containers._claude_code_transcript import (
    Transcript,
    is_transcript_line,
)
from toolspan.analytics.read.containers._dumps import dump, is_dump
from toolspan.analytics.read.containers._jaeger import is_jaeger, jaeger
from toolspan.analytics.read.containers._langfuse import is_langfuse, langfuse
from toolspan.analytics.read.containers._legacy import (
    LegacyError,
    feedback_history,
    is_feedback_history,
    is_tool_usage,
    tool_usage,
)
from toolspan.analytics.read.containers._mlflow import COLUMNS as MLFLOW_COLUMNS
from toolspan.analytics.read.containers._mlflow import is_mlflow, mlflow
from toolspan.analytics.read.containers._otlp import SIGNALS, is_otlp, otlp, otlp_span
from toolspan.analytics.read.containers._phoenix import FRAME_COLUMNS, is_phoenix, phoenix
from toolspan.analytics.read.containers._protobuf import (
    HOW_TO_GET_IT as HOW_TO_GET_PROTOBUF,
)
from toolspan.analytics.read.containers._protobuf import is_protobuf_here, protobuf

__all__ = [
    "EVENTS_SCOPE",
    "HOW_TO_GET_PROTOBUF",
    "SIGNALS",
    "TABLES",
    "ClaudeCodeEvents",
    "LegacyError",
    "Transcript",
    "convert",
    "is_protobuf_here",
    "is_tool_usage",
    "is_transcript_line",
    "otlp_span",
    "protobuf",
    "tool_usage",
]

# The columns by which tables of spans or traces are known, whose rows `convert` understands.
TABLES = (FRAME_COLUMNS, *MLFLOW_COLUMNS)


def convert(
    document: Any, report: Callable[[str], None], *, in_list: bool = False
) -> Iterator[dict[str, Any]] | None:
    """The document as documents of OTLP/JSON, or None if it is of no form we know.

    Args:
        document: any JSON value.
        report: told of each span that has to be dropped, and why.
        in_list: whether the document stood in a list of documents.
    """
    if isinstance(document, dict):
        for recognises, turn in (
            (is_langfuse, langfuse),
            (is_otlp, otlp),
            (is_jaeger, jaeger),
            (is_phoenix, phoenix),
            (is_mlflow, mlflow),
            (is_dump, dump),
        ):
            if recognises(document):
                return turn(document, report)
        return None
    if not isinstance(document, list) or in_list:
        return None
    if is_feedback_history(document):
        return feedback_history(document, report)
    for recognises, turn in ((is_phoenix, phoenix), (is_mlflow, mlflow), (is_dump, dump)):
        if recognises(document):
            return turn(document, report)
    parts = [convert(item, report, in_list=True) for item in document]
    known = [part for part in parts if part is not None]
    return (made for part in known for made in part) if known else None
