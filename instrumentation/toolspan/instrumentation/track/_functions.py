"""Wrappers for each kind of callable: closures, because a proxy costs four times as much."""

import functools
import inspect
import logging
import types
from collections.abc import Callable, Coroutine
from typing import Any, Final, Protocol

from toolspan.conventions.outcomes import Outcome
from toolspan.instrumentation.record import (
    OpenCall,
    attach,
    detach,
    leave_dropped,
)
from toolspan.instrumentation.track._generators import (
    async_generator_function,
    driven,
    driven_async,
    ended_when_dropped,
    generator_function,
)
from toolspan.instrumentation.track._run import Begin, Finish, Run
from toolspan.instrumentation.track._tracking import MARK, Tracking

_log = logging.getLogger("toolspan")


class Recorder(Protocol):
    """What the calls of one function are recorded with."""

    @property
    def begin(self) -> Begin:
        """Opens what is to be recorded of a call, None for nothing."""
        raise NotImplementedError

    @property
    def finish(self) -> Finish:
        """Ends it with what the function returned."""
        raise NotImplementedError

    @property
    def judges(self) -> bool:
        """Whether `finish` has more to do than to end it."""
        raise NotImplementedError


def wrap_callable(function: Callable[..., Any], tracking: Tracking) -> Callable[..., Any]:
    """`function` with its calls recorded; of the same kind, with the same signature."""
    wrapper = recorded_by(function, tracking)
    setattr(wrapper, MARK, tracking)
    tracking.wrapper = wrapper
    return wrapper


def recorded_by(function: Callable[..., Any], recorder: Recorder) -> Callable[..., Any]:
    """`function`, whose calls `recorder` records."""
    subject: Any = function
    while isinstance(subject, functools.partial):
        subject = subject.func
    if not inspect.isroutine(subject) and not isinstance(subject, type):
        subject = getattr(type(subject), "__call__", subject)  # noqa: B004  an instance's class
    wrapper: Callable[..., Any]
    if inspect.isasyncgenfunction(subject):
        wrapper = async_generator_function(function, recorder.begin, recorder.finish)
    elif inspect.isgeneratorfunction(subject):
        wrapper = generator_function(function, recorder.begin, recorder.finish)
    elif inspect.iscoroutinefunction(subject):
        wrapper = coroutine_function(function, recorder.begin, recorder.finish)
    else:
        wrapper = plain_function(function, recorder)
    functools.update_wrapper(wrapper, function)
    if not hasattr(function, "__name__"):  # partials and callable objects have none to copy
        wrapper.__name__ = wrapper.__qualname__ = _name_of(function)
    return wrapper


def _name_of(function: Any) -> str:
    while isinstance(function, functools.partial):
        function = function.func
    return getattr(function, "__name__", type(function).__name__)


def plain_function(function: Callable[..., Any], recorder: Recorder) -> Callable[..., Any]:
    """A function whose calls are recorded, also those that return something to be awaited."""
    begin, finish, judges = recorder.begin, recorder.finish, recorder.judges
    deferral_of = _deferral.get

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        run = begin(args, kwargs)
        if run is None:
            return function(*args, **kwargs)
        token = None
        try:
            context = run.context
            if context is not None:
                token = attach(context)
            result = function(*args, **kwargs)
            if token is not None:
                detach(token)
            try:
                later = deferral_of(type(result), _meet)
            except Exception:  # a class that cannot be hashed
                later = None
            if later is not None:
                return later(run, result, finish)
            if judges:
                finish(run, result)
            else:
                run.end_with_result(result)
        except BaseException as error:
            if token is not None:
                detach(token)
            run.end_with_exception(error)
            raise
        return result

    return wrapper


def coroutine_function(
    function: Callable[..., Coroutine[Any, Any, Any]], begin: Begin, finish: Finish
) -> Callable[..., Coroutine[Any, Any, Any]]:
    """The same for a coroutine function."""

    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        run = begin(args, kwargs)
        if run is None:
            return await function(*args, **kwargs)
        token = None
        try:
            context = run.context
            if context is not None:
                token = attach(context)
            result = await function(*args, **kwargs)
            if token is not None:
                detach(token)
            finish(run, result)
        except GeneratorExit as error:
            # The coroutine was dropped unfinished, perhaps from another context.
            leave_dropped(token, run)
            if isinstance(run, OpenCall):
                run.end(Outcome.ABANDONED)
            else:
                run.end_with_exception(error)
            raise
        except BaseException as error:
            if token is not None:
                detach(token)
            run.end_with_exception(error)
            raise
        return result

    return wrapper


# --- what a plain function returned to be awaited or iterated: the call lasts until then ----------

Deferral = Callable[[Run, Any, Finish], Any]


def _awaited(run: Run, coroutine: Coroutine[Any, Any, Any], finish: Finish) -> Any:
    tracked: Any = coroutine_function(lambda: coroutine, lambda *_: run, finish)()
    for name in ("__name__", "__qualname__"):  # in asyncio's words about it
        setattr(tracked, name, getattr(coroutine, name, name))
    return ended_when_dropped(tracked, run)


def _when_done(run: Run, future: Any, finish: Finish) -> Any:
    def done(future: Any) -> None:
        if future.cancelled():
            from asyncio import CancelledError

            run.end_with_exception(CancelledError())
            return
        # `exception()` would count as somebody having looked at it, and asyncio would no longer
        # say that nobody did.
        error = future._exception if hasattr(future, "_exception") else future.exception()
        if error is None:
            finish(run, future.result())
        else:
            run.end_with_exception(error)

    try:
        future.add_done_callback(done)
    except Exception:  # a foreign kind of future
        _log.debug("cannot tell when %r is done", type(future), exc_info=True)
        run.end_with_result(None)
    return future


_MOST_CLASSES: Final = 4096
_deferral: Final[dict[type, Deferral | None]] = dict.fromkeys(
    (str, int, float, bool, bytes, type(None), list, tuple, dict, set), None
)


def _meet(run: Run, result: Any, finish: Finish) -> Any:
    """The first result of its class."""
    kind = type(result)
    try:
        deferral = _deferral_of(kind)
    except Exception:  # a class may answer with anything
        deferral = None
    if len(_deferral) < _MOST_CLASSES:  # classes made at run time must not fill the memory
        _deferral[kind] = deferral
    if deferral is not None:
        return deferral(run, result, finish)
    finish(run, result)
    return result


def _deferral_of(kind: type) -> Deferral | None:
    if issubclass(kind, types.GeneratorType):
        return driven
    if issubclass(kind, types.AsyncGeneratorType):
        return driven_async
    if issubclass(kind, Coroutine):  # compiled ones are no CoroutineType
        return _awaited
    if hasattr(kind, "_asyncio_future_blocking"):  # by which asyncio knows futures
        return _when_done
    return None
