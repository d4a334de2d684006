"""MLflow's traces: `Trace.to_json()`, its API's answers, and the rows of `search_traces`.

Spans of version 3 are OTLP with base64 ids and the attributes as an object; those of version 2 are
what Python's SDK dumps. In both each attribute is JSON text. https://mlflow.org/docs/latest/genai/tracing
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

from toolspan.analytics.read.containers._cells import value_of
from toolspan.analytics.read.containers._dumps import dump
from toolspan.analytics.read.containers._normal import dicts, first, plain_attributes

# Of a frame of traces, in versions 3 and 2.
COLUMNS = (
    frozenset({"trace_id", "trace_metadata", "spans"}),
    frozenset({"request_id", "request_metadata", "spans"}),
)
_MARK = "mlflow.traceRequestId"
_OF_A_TRACE = ("mlflow.trace.session", "mlflow.trace.user")


def is_mlflow(document: Any) -> bool:
    """Whether the document is a trace of MLflow's, or several."""
    return next(_traces(document), None) is not None


def _traces(document: Any) -> Iterator[dict[str, Any]]:
    """The traces: each an object with `info` and `spans`."""
    if isinstance(document, list):
        if _are_its_spans(document):
            yield {"info": {}, "spans": document}
            return
        for item in dicts(document):
            yield from _traces(item)
        return
    if not isinstance(document, dict):
        return
    info, data, spans = (document.get(name) for name in ("info", "data", "spans"))
    whole = _json(document.get("trace"))
    if isinstance(info, dict) and isinstance(data, dict):
        yield {"info": info, "spans": data.get("spans")}
    elif any(columns <= document.keys() for columns in COLUMNS):
        # The trace as a whole stands in a row as well, and in CSV only there as JSON.
        yield from _traces(whole) if isinstance(whole, dict) else (_row(document),)
    elif isinstance(first(document, "trace_info"), dict) and isinstance(spans, list):
        yield {"info": document["trace_info"], "spans": spans}
    elif isinstance(whole, dict) and {"trace_info", "info"} & whole.keys():
        yield from _traces(whole)
    elif _are_its_spans(spans):
        yield {"info": {}, "spans": spans}


def _are_its_spans(spans: Any) -> bool:
    """Whether it is a list of spans, as it lies in an artifact, that MLflow has put its mark on."""
    attributes = next(dicts(spans), {}).get("attributes")
    return isinstance(attributes, dict) and _MARK in attributes


def _row(document: dict[str, Any]) -> dict[str, Any]:
    return {"info": document, "spans": value_of(document["spans"])}


def mlflow(document: Any, report: Callable[[str], None]) -> Iterator[dict[str, Any]]:
    """The spans as OTLP, with what MLflow says of their trace."""
    for trace in _traces(document):
        info = trace["info"]
        metadata = value_of(first(info, "trace_metadata", "request_metadata"))
        metadata = metadata if isinstance(metadata, dict) else {}
        of_trace = {key: metadata[key] for key in _OF_A_TRACE if metadata.get(key)}
        yield from dump([_span(span, of_trace) for span in dicts(trace["spans"])], report)


def _span(span: dict[str, Any], of_trace: dict[str, Any]) -> dict[str, Any]:
    attributes = _json(span.get("attributes"))
    if isinstance(attributes, list):
        # Its API answers in the terms of OTLP, where nothing is JSON text.
        says = {str(pair["key"]): _of_any(pair["value"]) for pair in plain_attributes(attributes)}
    else:
        values = attributes if isinstance(attributes, dict) else {}
        says = {key: _plain(value) for key, value in values.items()}
    # Without a name or a time it is for the reader of spans to say so.
    return {"name": "", **span, "attributes": of_trace | says}


def _of_any(value: dict[str, Any]) -> Any:
    """What an `AnyValue` is in JSON; objects and lists as text."""
    found = _bare(value)
    return json.dumps(found, ensure_ascii=False) if isinstance(found, dict | list) else found


def _bare(value: Any) -> Any:
    for kind, held in value.items() if isinstance(value, dict) else ():
        listed = list(dicts(held.get("values"))) if isinstance(held, dict) else []
        if kind == "arrayValue":
            return [_bare(item) for item in listed]
        if kind == "kvlistValue":
            return {str(pair.get("key")): _bare(pair.get("value")) for pair in listed}
        return held
    return None


def _plain(value: Any) -> Any:
    """The value of an attribute, out of its JSON text; objects and lists stay text."""
    if not isinstance(value, str):
        return value
    found = _json(value)
    return value if isinstance(found, dict | list) or found is None else found


def _json(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value
