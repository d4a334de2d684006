"""Apply targets to modules as they come, remember where, and take everything back."""

import logging
import sys
import threading
import weakref
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import partial
from types import FunctionType, ModuleType
from typing import Any

from toolspan.instrumentation.attach._references import Holders
from toolspan.instrumentation.attach._swap import is_swapped, swap, unswap
from toolspan.instrumentation.attach.targets._callables import (
    MethodStandIn,
    StandIn,
    bound_call,
    function_behind,
    instead,
)
from toolspan.instrumentation.attach.targets._find import Place, places
from toolspan.instrumentation.attach.targets._model import Mistake, Pattern, Target
from toolspan.instrumentation.attach.targets._names import names_of_module
from toolspan.instrumentation.attach.targets._subclasses import subclasses, watch_subclassing
from toolspan.instrumentation.attach.targets._values import UnfitError
from toolspan.instrumentation.attach.targets._wrappers import decorated

_log = logging.getLogger("toolspan")

_MOST_PLACES = 200


@dataclass(slots=True)
class Applied:
    """What became of one target: where it sits, and what stood in its way."""

    target: Target
    places: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    already_imported: list[str] = field(default_factory=list)
    """Those of the places whose module was there before the targets were."""
    found: set[str] = field(default_factory=set)
    """The patterns that led to something."""


class Attachment:
    """The targets of this process: patched into modules, with the way back."""

    def __init__(
        self,
        targets: Sequence[Target],
        mistakes: Iterable[Mistake] = (),
        *,
        tracer_provider: Any = None,
    ) -> None:
        self.mistakes = list(mistakes)
        self.applied = [Applied(target) for target in targets]
        self._tracer_provider = tracer_provider
        self._lock = threading.RLock()
        self._undo: list[Callable[[], None]] = []
        # Weakly: classes that a program makes and drops must not stay because of us.
        self._functions: weakref.WeakSet[FunctionType] = weakref.WeakSet()
        self._stand_ins: list[tuple[Any, Any]] = []
        self._watched: dict[type, list[tuple[Pattern, Applied]]] = {}
        # A name written out beats a wildcard, whatever the order in the file.
        pairs = [(pattern, one) for one in self.applied for pattern in one.target.patterns]
        self._patterns = sorted(pairs, key=lambda pair: not pair[0].is_exact)
        # Asked at every import of the process.
        modules = {pattern.module for pattern, _ in self._patterns}
        self._wild_modules = [name for name in modules if any(sign in name for sign in "*?[")]
        self._exact_modules = modules.difference(self._wild_modules)

    def wants(self, module_names: Iterable[str]) -> bool:
        """Whether a module that goes by any of these names may hold a target."""
        return any(
            name in self._exact_modules
            or any(fnmatchcase(name, pattern) for pattern in self._wild_modules)
            for name in module_names
        )

    def patterns_for(self, module_names: Sequence[str]) -> list[Pattern]:
        """The patterns that look into a module that goes by any of these names."""
        return [
            pattern
            for pattern, _ in self._patterns
            if any(pattern.matches_module(name) for name in module_names)
        ]

    def apply_to_loaded(self) -> None:
        """Apply to every module imported so far."""
        for module in list(sys.modules.values()):
            if isinstance(module, ModuleType):
                self.apply(module)
        for one in self.applied:
            one.already_imported.extend(one.places)

    def apply(self, module: ModuleType) -> None:
        """Apply every target that `module` holds and that is not applied yet; never raises."""
        try:
            names = names_of_module(module)
            if not self.wants(names):
                return
            with self._lock:
                for pattern, one in self._patterns:
                    if any(pattern.matches_module(name) for name in names):
                        self._apply_pattern(module, pattern, one)
        except Exception:  # telemetry must not break an import
            _log.warning("toolspan could not apply targets to %r", module, exc_info=True)

    def detach(self) -> None:
        """Take back every change, last one first."""
        with self._lock:
            for undo in reversed(self._undo):
                try:
                    undo()
                except Exception:  # what the host changed meanwhile stays the host's
                    _log.warning("toolspan could not restore a target", exc_info=True)
            for function in list(self._functions):
                unswap(function)
            self._functions.clear()
            self._stand_ins.clear()
            self._undo.clear()
            self._watched.clear()
            for one in self.applied:
                one.places.clear()
                one.already_imported.clear()

    def _apply_pattern(self, module: ModuleType, pattern: Pattern, one: Applied) -> None:
        for place in list(places(module, pattern)):
            one.found.add(str(pattern))
            self._apply_place(place, one)
            if isinstance(place.owner, type):
                self._watch_subclasses(place.owner, pattern, one)

    def _apply_place(self, place: Place, one: Applied) -> None:
        if self._is_recorded(place):
            return
        try:
            self._record(place, one)
        except UnfitError as error:
            self._problem(one, f"{one.target.where}: {place} {error}")
        except Exception as error:  # an odd descriptor, a class that refuses attributes
            self._problem(one, f"{one.target.where}: {place} could not be recorded: {error!r}")
        else:
            if str(place) not in one.places and len(one.places) < _MOST_PLACES:
                one.places.append(str(place))

    def _is_recorded(self, place: Place) -> bool:
        if place.is_inherited:
            return False
        function = place.function() or function_behind(place.value)
        if function is not None:
            return function in self._functions
        return any(place.value is one for pair in self._stand_ins for one in pair)

    def _record(self, place: Place, one: Applied) -> None:
        if isinstance(place.value, type):
            raise UnfitError("is a class; name the method that is called, as `module:Class.run`")
        if isinstance(place.value, property):
            raise UnfitError("is a property; name a method")
        if place.is_inherited:
            self._override(place, one)
        elif (function := place.function()) is not None:
            self._swap(place, function, one)
        elif (behind := function_behind(place.value)) is not None:
            self._swap(place, behind, one)
        elif callable(place.value) or hasattr(place.value, "__get__"):
            self._replace(place, one)
        else:
            raise UnfitError(f"is {type(place.value).__name__} data, not a function")

    def _problem(self, one: Applied, message: str) -> None:
        if message not in one.problems:
            one.problems.append(message)
            _log.warning("%s", message)

    def _swap(self, place: Place, function: FunctionType, one: Applied) -> None:
        if _is_decorated(function):
            return  # by its author, who knows better
        swap(function, lambda clone: self._decorated(one, place, clone))
        self._functions.add(function)

    def _override(self, place: Place, one: Applied) -> None:
        """Give the class a recorded method of its own in front of the one it inherits."""
        function = place.function()
        if function is None:
            raise UnfitError(
                "is inherited and no Python function; target the class that defines it"
            )
        inherited = getattr(function, "__wrapped__", function) if is_swapped(function) else function
        own = FunctionType(
            inherited.__code__,
            inherited.__globals__,
            inherited.__name__,
            inherited.__defaults__,
            inherited.__closure__,
        )
        own.__kwdefaults__ = inherited.__kwdefaults__
        own.__doc__ = inherited.__doc__
        own.__qualname__ = inherited.__qualname__
        own.__module__ = inherited.__module__
        own.__dict__.update(inherited.__dict__)
        swap(own, lambda clone: self._decorated(one, place, clone))
        owner = place.owner
        value = type(place.value)(own) if place.value is not function else own
        setattr(owner, place.name, value)
        self._functions.add(own)

        def undo() -> None:
            if vars(owner).get(place.name) is value:
                delattr(owner, place.name)

        self._undo.append(undo)

    def _replace(self, place: Place, one: Applied) -> None:
        """Put a recorded stand-in where something callable but no plain function stands."""
        old = place.value
        holders = Holders(old, ignore=(place,))
        new: StandIn
        if isinstance(place.owner, type) and hasattr(type(old), "__get__"):
            new = MethodStandIn(old, self._decorated(one, place, bound_call(old, place.name)))
        else:
            new = StandIn(old, self._decorated(one, place, old))
        for holder in holders.replace(new):
            self._problem(
                one,
                f"{one.target.where}: {place} is also held by {holder}, which cannot be changed; "
                f"calls made through it are not recorded{instead(old)}",
            )
        self._stand_ins.append((old, new))
        self._undo.append(lambda: holders.restore(new))

    def _decorated(
        self, one: Applied, place: Place, function: Callable[..., Any]
    ) -> Callable[..., Any]:
        return decorated(
            one.target,
            function,
            has_receiver=place.has_receiver,
            bound_name=place.name,
            tracer_provider=self._tracer_provider,
            note=lambda message: self._problem(one, f"{one.target.where}: {place}: {message}"),
        )

    def _watch_subclasses(self, owner: type, pattern: Pattern, one: Applied) -> None:
        """Record overrides of the method too, in subclasses that exist and in those to come."""
        watched = self._watched.get(owner)
        if watched is None:
            watched = self._watched[owner] = []
            self._undo.append(watch_subclassing(owner, partial(self._subclass_made, owner)))
        if (pattern, one) in watched:
            return
        watched.append((pattern, one))
        for subclass in subclasses(owner):
            self._apply_to_subclass(subclass, pattern, one)

    def _apply_to_subclass(self, subclass: type, pattern: Pattern, one: Applied) -> None:
        last = len(pattern.names) - 1
        for name, value in list(vars(subclass).items()):
            if not pattern.matches_name(last, name):
                continue
            place = Place(subclass, name, value)
            function = place.function()
            if function is None or function in self._functions:
                continue
            self._apply_place(place, self._closest(subclass, name) or one)

    def _closest(self, subclass: type, name: str) -> Applied | None:
        """The target that names the subclass itself, if there is one."""
        module = sys.modules.get(subclass.__module__)
        module_names = names_of_module(module) if module else [subclass.__module__]
        names = (*subclass.__qualname__.split("."), name)
        for candidate, applied in self._patterns:
            if (
                len(candidate.names) == len(names)
                and any(candidate.matches_module(module_name) for module_name in module_names)
                and all(candidate.matches_name(i, part) for i, part in enumerate(names))
            ):
                return applied
        return None

    def _subclass_made(self, owner: type, subclass: type) -> None:
        try:
            with self._lock:
                for pattern, one in self._watched.get(owner, ()):
                    self._apply_to_subclass(subclass, pattern, one)
        except Exception:  # a class definition must not fail because of us
            _log.warning("toolspan could not apply targets to %r", subclass, exc_info=True)


def _is_decorated(function: FunctionType) -> bool:
    """Whether a `track_*` decorator made the function."""
    mark = getattr(function, "__toolspan__", None)
    return getattr(mark, "wrapper", None) is function
