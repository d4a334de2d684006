"""The counters of the processors as `otel.sdk.processor.*` metrics.

Names and attributes are those of the semantic conventions for SDKs, as the SDK's own processors
use them. The instruments are observable: they read the counters when the metrics are collected,
so that a span's end costs nothing more.
"""

import os
import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count
from typing import Any, Final, Protocol

from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, Meter, MeterProvider, Observation

from toolspan.conventions.attributes import ERROR_TYPE
from toolspan.exporters._settings import FileSettings
from toolspan.exporters.writing import Stats

SDK_METRICS_VARIABLE: Final = "OTEL_PYTHON_SDK_INTERNAL_METRICS_ENABLED"
_COMPONENT_TYPE: Final = "otel.component.type"
_COMPONENT_NAME: Final = "otel.component.name"


class Counted(Protocol):
    """A processor with counters."""

    def stats(self) -> Stats:
        """What this process has done so far."""
        ...


@dataclass(frozen=True, slots=True)
class _Member:
    processor: "weakref.ref[Counted]"
    attributes: dict[str, str]
    capacity: int


# One set of instruments a provider and signal, however many processors there are: a second
# instrument of the same name would be refused.
_members: "weakref.WeakKeyDictionary[MeterProvider, dict[str, list[_Member]]]" = (
    weakref.WeakKeyDictionary()
)
_numbers: dict[str, "count[int]"] = {}


def observe(processor: Counted, signal: str, settings: FileSettings) -> None:
    """Offer the counters of a processor to the global meter provider, if that is switched on.

    Args:
        processor: whose counters; kept weakly.
        signal: `span` or `log`, as in the names of the metrics.
        settings: whether to, and the capacity of the queue.
    """
    if not (settings.metrics or os.environ.get(SDK_METRICS_VARIABLE, "").lower() == "true"):
        return
    provider = metrics.get_meter_provider()
    signals = _members.setdefault(provider, {})
    if signal not in signals:
        signals[signal] = []
        _create_instruments(provider.get_meter("toolspan.exporters"), signal, signals[signal])
    kind = f"toolspan_jsonl_{signal}_processor"
    number = next(_numbers.setdefault(kind, count()))
    signals[signal].append(
        _Member(
            weakref.ref(processor),
            {_COMPONENT_TYPE: kind, _COMPONENT_NAME: f"{kind}/{number}"},
            settings.queue_records,
        )
    )


def _create_instruments(meter: Meter, signal: str, members: list[_Member]) -> None:
    prefix = f"otel.sdk.processor.{signal}"
    unit = "{span}" if signal == "span" else "{log_record}"
    meter.create_observable_counter(
        f"{prefix}.processed",
        [_observations(members, _processed)],
        unit=unit,
        description="Records in files, and by error.type those that could not be written",
    )
    meter.create_observable_up_down_counter(
        f"{prefix}.queue.size",
        [_observations(members, _queue_size)],
        unit=unit,
        description="Records that wait to be written",
    )
    meter.create_observable_up_down_counter(
        f"{prefix}.queue.capacity",
        [_observations(members, _queue_capacity)],
        unit=unit,
        description="Records that may wait to be written",
    )


def _observations(
    members: list[_Member], of: Callable[[Stats, _Member], Iterable[Observation]]
) -> Callable[[CallbackOptions], Iterable[Observation]]:
    def observations(_: CallbackOptions) -> Iterable[Observation]:
        for member in members:
            processor: Any = member.processor()
            if processor is not None:
                yield from of(processor.stats(), member)

    return observations


def _processed(stats: Stats, member: _Member) -> Iterable[Observation]:
    yield Observation(stats.written, member.attributes)
    for reason, dropped in stats.dropped.items():
        yield Observation(dropped, {**member.attributes, ERROR_TYPE: str(reason)})


def _queue_size(stats: Stats, member: _Member) -> Iterable[Observation]:
    if stats.mode == "batch":
        yield Observation(stats.queued, member.attributes)


def _queue_capacity(stats: Stats, member: _Member) -> Iterable[Observation]:
    if stats.mode == "batch":
        yield Observation(member.capacity, member.attributes)
