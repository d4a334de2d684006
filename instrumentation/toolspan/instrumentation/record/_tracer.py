"""Which tracer records, if any: asked on every call, so it has to cost next to nothing."""

import logging
import os
import sys
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.trace import NoOpTracer, Tracer, TracerProvider

from toolspan.conventions import environment, scopes
from toolspan.instrumentation.content import settings
from toolspan.instrumentation.record._registry import run_before_providers_shut_down

_log = logging.getLogger("toolspan")

_NEVER_ASKED: Final = object()


class _Known:
    """The last global provider seen and the tracer made from it (None: nothing records)."""

    __slots__ = ("provider", "tracer")

    def __init__(self) -> None:
        self.provider: Any = _NEVER_ASKED
        self.tracer: Tracer | None = None


_known: Final = _Known()
_on_provider: Final[list[Callable[[TracerProvider], None]]] = []

# The provider a process has set, None before. Private to the API, but the public getter reads
# os.environ each time, which alone costs more than a whole call that is not recorded should.
_HAS_GLOBAL: Final = hasattr(trace, "_TRACER_PROVIDER")


def on_provider(callback: Callable[[TracerProvider], None]) -> None:
    """Call `callback(provider)` whenever a tracer is first made from another global provider.

    At once if that has happened already. This is how processors reach a provider that the
    user's code sets up after we were loaded.
    """
    if callback not in _on_provider:
        has_met_one = _known.tracer is not None and current_tracer() is not None
        _on_provider.append(callback)
        if has_met_one:
            _guarded(callback, trace.get_tracer_provider())


def current_tracer() -> Tracer | None:
    """The tracer of the global provider, or None when nothing would record its spans."""
    provider = trace._TRACER_PROVIDER if _HAS_GLOBAL else trace.get_tracer_provider()
    if provider is _known.provider:
        return _known.tracer
    return _meet_provider()


def tracer_of(provider: TracerProvider) -> Tracer | None:
    """Our tracer of `provider`, or None when it does not record."""
    tracer = provider.get_tracer(scopes.TOOLSPAN, _own_version())
    if isinstance(tracer, (NoOpTracer, trace.ProxyTracer)):
        return None
    return tracer


def records_all(tracer: Tracer) -> bool:
    """Whether every span below a recording one, or below none, is sure to be recorded."""
    sampling = sys.modules.get("opentelemetry.sdk.trace.sampling")
    sampler = getattr(tracer, "sampler", None)
    return sampling is not None and (
        sampler is sampling.ALWAYS_ON or sampler is sampling.DEFAULT_ON
    )


def _meet_provider() -> Tracer | None:
    provider = trace.get_tracer_provider()  # may load the one OTEL_PYTHON_TRACER_PROVIDER names
    tracer = None if isinstance(provider, trace.ProxyTracerProvider) else tracer_of(provider)
    _known.provider = trace._TRACER_PROVIDER if _HAS_GLOBAL else provider
    _known.tracer = tracer
    if tracer is None:
        _say_that_nothing_records()
    else:
        settings.read_environment()
        run_before_providers_shut_down()
        for callback in tuple(_on_provider):
            _guarded(callback, provider)
    return tracer


def _guarded(callback: Callable[[TracerProvider], None], provider: TracerProvider) -> None:
    try:
        callback(provider)
    except Exception:
        _log.warning("toolspan could not set up %r", provider, exc_info=True)


@cache
def _say_that_nothing_records() -> None:
    """Say once that files were asked for but no SDK is set up."""
    if os.environ.get(environment.TOOLSPAN_DIR) and (
        os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() != "true"
    ):
        _log.warning(
            "%s is set but no OpenTelemetry SDK is active, so nothing is recorded. "
            "Start the program with `toolspan run -- python ...`, or set a TracerProvider.",
            environment.TOOLSPAN_DIR,
        )


@cache
def _own_version() -> str | None:
    from importlib.metadata import PackageNotFoundError, version  # takes long to import

    try:
        return version("toolspan")
    except PackageNotFoundError:  # a source tree that was never installed
        return None
