"""Hooks into a framework's functions: set when its module is imported, taken back exactly."""

import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from types import FunctionType, ModuleType
from typing import Any

import wrapt

from toolspan.instrumentation.attach._swap import swap, unswap

_log = logging.getLogger("toolspan")

SetUp = Callable[[ModuleType], None]
Decorate = Callable[[Callable[..., Any]], Callable[..., Any]]


@dataclass(slots=True)
class Hooks:
    """The hooks of one instrumentor.

    A function is changed in place (`swap`), so others that wrapped it or hold it, before or
    after us, are not disturbed, neither now nor when the hooks are taken back.
    """

    name: str = ""
    """The framework's top-level module."""
    instrumentor: str = ""
    """The entry point that sets these hooks, and by whose name they can be disabled."""
    distributions: tuple[str, ...] = ()
    set_hooks: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    """Hooks whose place is not there in the installed version: for `toolspan doctor`."""
    _functions: list[FunctionType] = field(default_factory=list)
    _undo: list[Callable[[], None]] = field(default_factory=list)
    _set_ups: dict[str, list[SetUp]] = field(default_factory=dict)
    _registered: set[str] = field(default_factory=set)

    def stop(self) -> None:
        """Take every hook back; a module imported later is not touched either."""
        self._set_ups.clear()
        for function in reversed(self._functions):
            unswap(function)
        for undo in reversed(self._undo):
            try:
                undo()
            except Exception:
                _log.warning("toolspan could not take back a hook", exc_info=True)
        self._functions.clear()
        self._undo.clear()
        self.set_hooks.clear()
        self.missing.clear()

    def when_imported(self, module_name: str, set_up: SetUp) -> None:
        """Call `set_up(module)` once the module is imported, at once if it is already."""
        self._set_ups.setdefault(module_name, []).append(set_up)
        if module_name not in self._registered:
            # wrapt cannot forget a hook; ours looks up what is to be done when its time comes.
            self._registered.add(module_name)
            wrapt.register_post_import_hook(partial(self._imported, module_name), module_name)
        elif module_name in sys.modules:
            _guarded(set_up, sys.modules[module_name])

    def _imported(self, module_name: str, module: ModuleType) -> None:
        for set_up in tuple(self._set_ups.get(module_name, ())):
            _guarded(set_up, module)

    def wrap(self, owner: Any, name: str, decorate: Decorate) -> bool:
        """Let `decorate` wrap the function called `name` of a module or class, if it is there."""
        place = f"{getattr(owner, '__module__', None) or owner.__name__}.{name}"
        if isinstance(owner, type):
            place = f"{owner.__module__}.{owner.__qualname__}.{name}"
        function: Any = vars(owner).get(name)
        function = getattr(function, "__func__", function)
        while not isinstance(function, FunctionType) and hasattr(function, "__wrapped__"):
            function = function.__wrapped__  # somebody else's proxy around it
        if not isinstance(function, FunctionType):
            self.missing.append(place)
            return False
        swap(function, decorate)
        self._functions.append(function)
        self.set_hooks.append(place)
        return True

    def on_stop(self, undo: Callable[[], None]) -> None:
        """Call `undo` when the hooks are taken back."""
        self._undo.append(undo)


def _guarded(set_up: SetUp, module: ModuleType) -> None:
    try:
        set_up(module)
    except Exception:  # a version that is not as we know it must not break the import
        _log.warning("toolspan could not instrument %s", module.__name__, exc_info=True)
