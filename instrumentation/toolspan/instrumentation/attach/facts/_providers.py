"""The global providers, and who listens to each."""

from collections.abc import Iterable
from typing import Any

from opentelemetry import _logs, metrics, trace

from toolspan.instrumentation.attach._providers import metric_readers


def providers() -> dict[str, Any]:
    """The three global providers and who listens to each."""
    tracer = trace.get_tracer_provider()
    logger = _logs.get_logger_provider()
    meter = metrics.get_meter_provider()
    return {
        "tracer": _provider(
            tracer, _listeners(tracer, "_active_span_processor", "_span_processors")
        ),
        "logger": _provider(
            logger, _listeners(logger, "_multi_log_record_processor", "_log_record_processors")
        ),
        "meter": _provider(meter, metric_readers(meter) or ()),
    }


def _listeners(provider: Any, holder: str, members: str) -> Iterable[Any]:
    found: Iterable[Any] = getattr(getattr(provider, holder, None), members, ())
    return found


def _provider(provider: Any, listeners: Iterable[Any]) -> dict[str, Any]:
    return {
        "type": _type_name(provider),
        "records": type(provider).__module__.startswith("opentelemetry.sdk."),
        "listeners": [_listener(listener) for listener in listeners],
    }


def _listener(listener: Any) -> str:
    exporter = getattr(listener, "span_exporter", None) or getattr(listener, "_exporter", None)
    batch = getattr(listener, "_batch_processor", None)
    exporter = exporter or getattr(batch, "_exporter", None)
    name = _type_name(listener)
    return f"{name} → {_type_name(exporter)}" if exporter is not None else name


def _type_name(value: Any) -> str:
    kind = type(value)
    return f"{kind.__module__}.{kind.__qualname__}"
