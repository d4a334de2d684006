"""Read requests and answers of either SDK as plain data; put trace context into requests."""

from collections.abc import Mapping
from typing import Any, Final, get_args

from opentelemetry import propagate, trace
from opentelemetry.context import Context, get_current

from toolspan.instrumentation.record import McpRequest

_PROTOCOL_VERSION_KEY: Final = "io.modelcontextprotocol/protocolVersion"
_PROTOCOL_VERSION_HEADER: Final = "mcp-protocol-version"
_NOTHING: Final[dict[str, Any]] = {}


def raw_request(
    method: str,
    params: Mapping[str, Any] | None,
    *,
    request_id: Any = None,
    headers: Mapping[str, str] | None = None,
) -> McpRequest:
    """A request of SDK 2.x, which knows it as a method and plain parameters."""
    params = params if isinstance(params, Mapping) else _NOTHING
    meta = meta_of(params)
    version = meta.get(_PROTOCOL_VERSION_KEY) or (headers or _NOTHING).get(_PROTOCOL_VERSION_HEADER)
    return McpRequest(method, params, _text(request_id), _text(version))


def typed_request(root: Any, *, request_id: Any, protocol_version: Any) -> McpRequest:
    """A request of SDK 1.x, which knows it as a model."""
    params = getattr(root, "params", None)
    plain = _NOTHING if params is None else _plain_fields(params)
    return McpRequest(str(root.method), plain, _text(request_id), _text(protocol_version))


def plain_result(result: Any) -> Mapping[str, Any]:
    """The parts of an answer that decide or show how the request ended."""
    root = getattr(result, "root", result)
    if isinstance(root, Mapping):
        return root
    found: dict[str, Any] = {}
    for key, names in _RESULT_FIELDS.items():
        value = next((vars(root)[name] for name in names if name in _fields(root)), None)
        if value is not None:
            found[key] = value
    content = found.get("content")
    if isinstance(content, list):
        found["content"] = [_plain_fields(block) for block in content]
    return found


_RESULT_FIELDS: Final = {
    "isError": ("isError", "is_error"),
    "structuredContent": ("structuredContent", "structured_content"),
    "content": ("content",),
    "resultType": ("resultType", "result_type"),
    "protocolVersion": ("protocolVersion", "protocol_version"),
}


def meta_of(params: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The `_meta` of a request's parameters."""
    meta = (params or _NOTHING).get("_meta")
    return meta if isinstance(meta, Mapping) else _NOTHING


def remote_context(meta: Any) -> Context:
    """The context that a request's `_meta` carries, or the current one where it carries none."""
    here = get_current()
    if meta is None:
        return here
    if isinstance(meta, Mapping):
        carrier = dict(meta)
    else:
        carrier = {**vars(meta), **(getattr(meta, "model_extra", None) or {})}
    texts = {key: value for key, value in carrier.items() if isinstance(value, str)}
    context = propagate.extract(texts, here)
    return context if trace.get_current_span(context).get_span_context().is_valid else here


def with_trace_context(request: Any, context: Context) -> Any:
    """A copy of a request of SDK 1.x whose `_meta` carries `context`; the host's is not touched.

    The request itself where that is not possible.
    """
    carrier: dict[str, str] = {}
    propagate.inject(carrier, context)
    if not carrier:
        return request
    root = getattr(request, "root", request)
    params = getattr(root, "params", None)
    if params is None:
        model = _params_model(root)
        if model is None:
            return request
        params = model.model_validate({"_meta": carrier})
    else:
        known = {} if params.meta is None else params.meta.model_dump(by_alias=True)
        meta = type(params).Meta.model_validate({**known, **carrier})
        params = params.model_copy(update={"meta": meta})
    root = root.model_copy(update={"params": params})
    return root if request is root else request.model_copy(update={"root": root})


def _params_model(root: Any) -> Any:
    annotation = type(root).model_fields["params"].annotation
    models = (one for one in get_args(annotation) or (annotation,) if hasattr(one, "model_fields"))
    return next(models, None)


def _fields(model: Any) -> Mapping[str, Any]:
    return vars(model) if hasattr(model, "__dict__") else _NOTHING


def _plain_fields(model: Any) -> dict[str, Any]:
    if isinstance(model, dict):
        return model
    return {key: value for key, value in _fields(model).items() if value is not None}


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
