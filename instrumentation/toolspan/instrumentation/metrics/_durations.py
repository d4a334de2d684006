"""The duration histograms, made once per MeterProvider."""

import logging
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from opentelemetry import metrics
from opentelemetry.context import Context
from opentelemetry.metrics import Histogram, Meter, MeterProvider
from opentelemetry.metrics import _internal as metrics_internal

from toolspan.conventions import scopes

_log = logging.getLogger("toolspan")


def _doubling(first: float, count: int) -> tuple[float, ...]:
    return tuple(round(first * 2**number, 2) for number in range(count))


DURATION_METRICS: Final = {
    "execute_tool": "gen_ai.execute_tool.duration",
    "invoke_agent": "gen_ai.invoke_agent.duration",
    "invoke_workflow": "gen_ai.invoke_workflow.duration",
    "chat": "gen_ai.client.operation.duration",
}
"""The histogram of each operation; a step has none in the standard."""

DURATION_BUCKETS: Final = {
    "execute_tool": _doubling(0.01, 14),
    "invoke_agent": _doubling(0.1, 13),
    "invoke_workflow": (1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200),
    "chat": _doubling(0.01, 14),
}
"""Bucket boundaries in seconds."""


class Durations:
    """The histograms of one MeterProvider, by operation."""

    __slots__ = ("_histograms",)

    def __init__(self, provider: MeterProvider) -> None:
        meter = own_meter(provider)
        self._histograms: Final[dict[str, Histogram]] = {
            operation: meter.create_histogram(
                name,
                unit="s",
                description=f"Duration of {operation} operations",
                explicit_bucket_boundaries_advisory=DURATION_BUCKETS[operation],
            )
            for operation, name in DURATION_METRICS.items()
        }

    def record(
        self, operation: str, seconds: float, attributes: Mapping[str, Any], context: Context
    ) -> None:
        """Add one duration; `context` holds the span for the exemplar."""
        histogram = self._histograms.get(operation)
        if histogram is not None:
            histogram.record(seconds, attributes, context)


def own_meter(provider: MeterProvider) -> Meter:
    """The meter of everything we measure."""
    return provider.get_meter(scopes.TOOLSPAN, _own_version())


class _Known:
    """The last global provider seen, and its histograms (None: nobody collects)."""

    __slots__ = ("durations", "provider")

    def __init__(self) -> None:
        self.provider: Any = None
        self.durations: Durations | None = None


_known: Final = _Known()
# As with the tracer: the public getter is dearer than a check on every call should be.
_HAS_GLOBAL: Final = hasattr(metrics_internal, "_METER_PROVIDER")


def current_durations() -> Durations | None:
    """The histograms of the global MeterProvider, None while there is none."""
    provider = metrics_internal._METER_PROVIDER if _HAS_GLOBAL else metrics.get_meter_provider()
    return _known.durations if provider is _known.provider else _meet(provider)


def _meet(provider: Any) -> Durations | None:
    _known.provider = provider
    _known.durations = None
    if isinstance(provider, MeterProvider) and not isinstance(
        provider, (metrics.NoOpMeterProvider, metrics_internal._ProxyMeterProvider)
    ):
        try:
            _known.durations = Durations(provider)
        except Exception:  # a provider of the host's
            _log.warning("toolspan could not make its metrics", exc_info=True)
    return _known.durations


def _own_version() -> str:
    try:
        return version("toolspan")
    except PackageNotFoundError:  # a source tree that was never installed
        return ""
