"""The duration histograms, made once per MeterProvider."""

import logging
from typing import TYPE_CHECKING, Any, Final

from toolspan.conventions import scopes

if TYPE_CHECKING:  # the first call that is recorded imports it, as the SDK has done by then
    from opentelemetry.metrics import Histogram, Meter, MeterProvider

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
    """The histograms of one MeterProvider: `of` holds them by operation.

    `keeps_every_exemplar`: it offers measurements to exemplars whether or not their context holds
    a span, so that one without would take the place of one with.
    """

    __slots__ = ("keeps_every_exemplar", "of")

    def __init__(self, provider: "MeterProvider") -> None:
        # Private to the SDK, and no public place tells it.
        chosen = getattr(getattr(provider, "_sdk_config", None), "exemplar_filter", None)
        self.keeps_every_exemplar: Final = type(chosen).__name__ == "AlwaysOnExemplarFilter"
        meter = own_meter(provider)
        self.of: Final[dict[str, Histogram]] = {
            operation: meter.create_histogram(
                name,
                unit="s",
                description=f"Duration of {operation} operations",
                explicit_bucket_boundaries_advisory=DURATION_BUCKETS[operation],
            )
            for operation, name in DURATION_METRICS.items()
        }


def own_meter(provider: "MeterProvider") -> "Meter":
    """The meter of everything we measure."""
    return provider.get_meter(scopes.TOOLSPAN, _own_version())


class _Known:
    """The last global provider seen, and its histograms (None: nobody collects)."""

    __slots__ = ("durations", "metrics", "provider")

    def __init__(self) -> None:
        self.provider: Any = None
        self.durations: Durations | None = None
        self.metrics: Any = None
        """The module of the API that keeps the global provider; None before the first call."""


_known: Final = _Known()


def current_durations() -> Durations | None:
    """The histograms of the global MeterProvider, None while there is none."""
    try:
        # As with the tracer: the public getter is dearer than a check on every call should be.
        provider = _known.metrics._METER_PROVIDER
    except AttributeError:
        provider = _provider()
    return _known.durations if provider is _known.provider else _meet(provider)


def _provider() -> Any:
    """The global provider on the first call, or where the API keeps it elsewhere."""
    from opentelemetry.metrics import _internal, get_meter_provider

    _known.metrics = _internal
    if hasattr(_internal, "_METER_PROVIDER"):
        return _internal._METER_PROVIDER
    return get_meter_provider()


def _meet(provider: Any) -> Durations | None:
    from opentelemetry.metrics import MeterProvider, NoOpMeterProvider, _internal

    _known.provider = provider
    _known.durations = None
    if isinstance(provider, MeterProvider) and not isinstance(
        provider, (NoOpMeterProvider, _internal._ProxyMeterProvider)
    ):
        try:
            _known.durations = Durations(provider)
        except Exception:  # a provider of the host's
            _log.warning("toolspan could not make its metrics", exc_info=True)
    return _known.durations


def _own_version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # takes long to import

    try:
        return version("toolspan")
    except PackageNotFoundError:  # a source tree that was never installed
        return ""
