"""What the entry points of all frameworks share: hook when imported, take back, never raise."""

import logging
from collections.abc import Collection
from importlib import import_module
from types import ModuleType
from typing import Any, ClassVar

from opentelemetry.instrumentation import instrumentor

from toolspan.instrumentation.attach import attach_processors
from toolspan.instrumentation.frameworks._hooks import Hooks

_log = logging.getLogger("toolspan")


class FrameworkInstrumentor(instrumentor.BaseInstrumentor):  # type: ignore[misc, name-defined]
    """Sets `hooks` once `trigger` is imported, with the `set_all(hooks)` of the module `where`.

    `OTEL_PYTHON_DISABLED_INSTRUMENTATIONS={entry point}` switches it off.
    """

    hooks: ClassVar[Hooks]
    trigger: ClassVar[str]
    where: ClassVar[str]

    def instrumentation_dependencies(self) -> Collection[str]:
        """Any version: what a version does not have is not hooked."""
        return ()

    def _instrument(self, **_options: Any) -> None:
        try:
            attach_processors()
            self.hooks.when_imported(self.trigger, self._set_all)
        except Exception:  # an instrumentor that raises would take all others down with it
            _log.warning("toolspan could not instrument %s", self.hooks.name, exc_info=True)

    def _uninstrument(self, **_options: Any) -> None:
        self.hooks.stop()

    def _set_all(self, _module: ModuleType) -> None:
        import_module(self.where).set_all(self.hooks)  # never imported without the framework
