"""The entry point: what `opentelemetry-instrument` and `toolspan run` call in the process."""

import logging
import os
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from opentelemetry.instrumentation import instrumentor

from toolspan.conventions.environment import TOOLSPAN_DOCTOR_REPORT, TOOLSPAN_TARGETS
from toolspan.instrumentation.attach._providers import ProviderWatcher, attach_processors

_log = logging.getLogger("toolspan")


@dataclass(slots=True)
class Configuration:
    """Options of the instrumentor, also under OpenTelemetry's declarative configuration.

    `instrumentation/development: {python: {toolspan: {targets: targets.yaml}}}`
    """

    targets: str | list[Any] | None = None
    """A targets file, or its entries written out; `TOOLSPAN_TARGETS` when not given."""
    directory: str | None = None
    """Where span and event files go; `TOOLSPAN_DIR` when not given, and none without either."""


class ToolspanInstrumentor(instrumentor.BaseInstrumentor):  # type: ignore[misc, name-defined]
    """Attaches the file processors, the identity processor and the targets.

    `instrument` takes `targets` and `directory` (see `Configuration`), `tracer_provider` and
    `logger_provider`. It never raises, and `uninstrument` takes back what it changed; processors
    stay on the provider, since OpenTelemetry has no way to remove one.
    """

    configuration = Configuration

    def __init__(self) -> None:
        super().__init__()
        # The base class makes this a singleton, but __init__ runs at every call of the class.
        if not hasattr(self, "_stops"):
            self._stops: list[Callable[[], None]] = []

    def instrumentation_dependencies(self) -> Collection[str]:
        """Nothing needs to be installed beside us."""
        return ()

    def _instrument(self, **options: Any) -> None:
        for step in (
            self._attach_processors,
            self._watch_providers,
            self._install_targets,
            self._report_at_exit,
        ):
            try:
                step(options)
            except Exception:  # an instrumentor that raises would take all others down with it
                _log.warning("toolspan could not be set up completely", exc_info=True)

    def _uninstrument(self, **_options: Any) -> None:
        for stop in reversed(self._stops):
            try:
                stop()
            except Exception:
                _log.warning("toolspan could not take back a change", exc_info=True)
        self._stops.clear()

    def _attach_processors(self, options: dict[str, Any]) -> None:
        attach_processors(
            options.get("tracer_provider"),
            options.get("logger_provider"),
            directory=options.get("directory"),
        )

    def _watch_providers(self, options: dict[str, Any]) -> None:
        if options.get("tracer_provider") is None:
            watcher = ProviderWatcher(options.get("directory"))
            watcher.start()
            self._stops.append(watcher.stop)

    def _install_targets(self, options: dict[str, Any]) -> None:
        declared = options.get("targets")
        if declared is None:
            declared = os.environ.get(TOOLSPAN_TARGETS) or None
        if declared is not None:
            from toolspan.instrumentation.attach._declared import install_targets

            provider = options.get("tracer_provider")
            self._stops += install_targets(declared, tracer_provider=provider)

    def _report_at_exit(self, _options: dict[str, Any]) -> None:
        if TOOLSPAN_DOCTOR_REPORT in os.environ:
            from toolspan.instrumentation.attach.facts import report_at_exit

            report_at_exit()
