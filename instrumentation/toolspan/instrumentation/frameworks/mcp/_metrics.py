"""Durations of MCP requests and sessions, as the conventions name and bucket them."""

from collections.abc import Mapping
from typing import Any, Final

from opentelemetry import metrics
from opentelemetry.context import Context
from opentelemetry.metrics import Histogram

from toolspan.instrumentation.metrics import own_meter
from toolspan.instrumentation.record import METRIC_ATTRIBUTES

_BOUNDARIES_S: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300)

_DESCRIPTIONS: Final = {
    "mcp.client.operation.duration": "From sending a request to its answer",
    "mcp.server.operation.duration": "From receiving a request to its answer",
    "mcp.client.session.duration": "Of a session, as the client sees it",
    "mcp.server.session.duration": "Of a session, as the server sees it",
}


def record_duration(
    name: str, duration_ns: int, attributes: Mapping[str, Any], context: Context | None = None
) -> None:
    """Add one duration; of `attributes`, those of few values are kept."""
    kept = {key: value for key, value in attributes.items() if key in METRIC_ATTRIBUTES}
    histogram = _instruments.histogram(name)
    if context is None:
        histogram.record(duration_ns / 1e9, kept)
    else:
        histogram.record(duration_ns / 1e9, kept, context)


class _Instruments:
    """The histograms of one meter provider: a program may set up another one later."""

    def __init__(self) -> None:
        self._provider: Any = None
        self._histograms: dict[str, Histogram] = {}

    def histogram(self, name: str) -> Histogram:
        """The histogram called `name`, made at its first use."""
        provider = metrics.get_meter_provider()
        if provider is not self._provider:
            self._provider, self._histograms = provider, {}
        found = self._histograms.get(name)
        if found is None:
            found = self._histograms[name] = own_meter(provider).create_histogram(
                name,
                unit="s",
                description=_DESCRIPTIONS[name],
                explicit_bucket_boundaries_advisory=_BOUNDARIES_S,
            )
        return found


_instruments: Final = _Instruments()
