"""Put our processors on the providers of this process, whenever those come."""

import logging
import os
import weakref
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any, Final

from opentelemetry import _logs, trace

from toolspan.conventions.environment import TOOLSPAN_DIR
from toolspan.instrumentation.attach._swap import swap, unswap

_log = logging.getLogger("toolspan")

# Providers that have our processors already. By id, since a provider need not be hashable;
# forgotten together with the provider.
_with_identity: "dict[int, weakref.ref[Any]]" = {}
_with_files: "dict[int, weakref.ref[Any]]" = {}


def attach_processors(
    tracer_provider: Any = None,
    logger_provider: Any = None,
    *,
    directory: str | None = None,
) -> bool:
    """Stamp identity on the spans of these providers and, when a directory is set, write files.

    Without arguments the global providers. Idempotent; returns False when the tracer provider is
    none of the SDK, since nothing can be attached then. `directory` defaults to `TOOLSPAN_DIR`;
    without either no files are written.
    """
    provider: Any = trace.get_tracer_provider() if tracer_provider is None else tracer_provider
    logs: Any = _logs.get_logger_provider() if logger_provider is None else logger_provider
    if not hasattr(provider, "add_span_processor"):
        return False
    if _is_new(provider, _with_identity):
        from toolspan.instrumentation.frameworks.native import NativeSpanProcessor
        from toolspan.instrumentation.identity import IdentitySpanProcessor

        # First, since identity looks at what the spans of others say about themselves.
        provider.add_span_processor(NativeSpanProcessor())
        provider.add_span_processor(IdentitySpanProcessor())
    where = directory or os.environ.get(TOOLSPAN_DIR)
    if where:
        # The exporters know their processors on a provider of the SDK; not on a vendor's own.
        spans_to = provider if _is_new(provider, _with_files) else _NO_PROVIDER
        logs_to = logs if _is_new(logs, _with_files) else _NO_PROVIDER
        if spans_to is not _NO_PROVIDER or logs_to is not _NO_PROVIDER:
            from toolspan.exporters import attach

            attach(where, tracer_provider=spans_to, logger_provider=logs_to)
    return True


_NO_PROVIDER: Final = object()


def _is_new(provider: Any, known: "dict[int, weakref.ref[Any]]") -> bool:
    """Whether `provider` is not among `known`; it is from now on."""
    key = id(provider)
    if key in known:
        return False
    known[key] = weakref.ref(provider, lambda _: known.pop(key, None))
    return True


class ProviderWatcher:
    """Follows `set_tracer_provider` and `set_logger_provider`.

    A provider that the program sets up later gets our processors too. And where the only provider
    so far is the one zero-code start-up made for us alone, the program's own takes its place: the
    program's exporters must not go silent because it was started with `toolspan run`.
    """

    def __init__(self, directory: str | None = None) -> None:
        self._directory = directory
        self._swapped: list[FunctionType] = []

    def start(self) -> None:
        """Watch from now on."""
        import opentelemetry._logs._internal as logs
        from opentelemetry.metrics import _internal as metrics

        self._watch(trace, "tracer")
        self._watch(logs, "logger")
        self._watch(metrics, "meter")

    def stop(self) -> None:
        """Watch no longer."""
        for function in self._swapped:
            unswap(function)
        self._swapped.clear()

    def _watch(self, module: ModuleType, what: str) -> None:
        function = getattr(module, f"set_{what}_provider", None)
        if not isinstance(function, FunctionType):
            return

        def decorate(original: FunctionType) -> Callable[[Any], None]:
            def set_provider(provider: Any) -> None:
                self._guarded(_make_way, module, what, provider)
                original(provider)
                if what == "tracer":
                    self._guarded(attach_processors, provider, None, directory=self._directory)
                elif what == "logger":
                    self._guarded(attach_processors, None, provider, directory=self._directory)

            return set_provider

        swap(function, decorate)
        self._swapped.append(function)

    def _guarded(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        try:
            function(*args, **kwargs)
        except Exception:  # the program sets up its telemetry; ours must not break it
            _log.warning("toolspan could not follow a new provider", exc_info=True)


def _make_way(module: ModuleType, what: str, newcomer: Any) -> None:
    """Take the global provider away if it is an SDK provider that nobody but us listens to.

    The API has no public way to replace a provider; where its inner names differ, the first
    provider stays and the API logs that, as it always does.
    """
    name = f"_{what.upper()}_PROVIDER"
    current = getattr(module, name, None)
    once = getattr(module, f"{name}_SET_ONCE", None)
    if current is None or once is None or current is newcomer:
        return
    if _records(newcomer) and _is_ours_alone(current, what):
        setattr(module, name, None)
        setattr(module, f"{name}_SET_ONCE", type(once)())
        if what == "tracer":
            _forward_spans(current, newcomer)


def _records(provider: Any) -> bool:
    """Whether it is more than the API's own stand-ins: the SDK's, or a vendor's around it."""
    module = type(provider).__module__
    return module.startswith("opentelemetry.sdk.") or not module.startswith("opentelemetry.")


def _forward_spans(first: Any, newcomer: Any) -> None:
    """Tracers taken from the first provider go on; what they record belongs to the newcomer."""
    from toolspan.instrumentation.attach._forward import ForwardingSpanProcessor

    if not hasattr(newcomer, "_active_span_processor"):
        return  # a vendor's own provider; ours goes on writing what the first tracers record
    processors = first._active_span_processor
    replaced = processors._span_processors
    processors._span_processors = (ForwardingSpanProcessor(newcomer),)
    for processor in replaced:
        processor.force_flush()


def _is_ours_alone(provider: Any, what: str) -> bool:
    match what:
        case "tracer":
            listeners = _members(provider, "_active_span_processor", "_span_processors")
        case "logger":
            listeners = _members(provider, "_multi_log_record_processor", "_log_record_processors")
        case _:
            listeners = metric_readers(provider)
    return listeners is not None and all(
        type(listener).__module__.startswith("toolspan.") for listener in listeners
    )


def metric_readers(provider: Any) -> list[Any] | None:
    """Who reads a meter provider's metrics; None when that cannot be told."""
    found = getattr(provider, "_metric_readers", None)
    return _members(provider, "_sdk_config", "metric_readers") if found is None else list(found)


def _members(provider: Any, holder: str, members: str) -> list[Any] | None:
    found = getattr(getattr(provider, holder, None), members, None)
    return None if found is None else list(found)
