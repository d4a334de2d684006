"""Calls of a framework that reports start and end apart, each by a key of the framework's own."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterator, Sequence
from typing import Any, Final

from opentelemetry.context import Context, attach, get_current
from opentelemetry.trace import Link

from toolspan.conventions.outcomes import Outcome
from toolspan.instrumentation.frameworks._peers import past_peers
from toolspan.instrumentation.record import (
    SPAN_KEY,
    Identity,
    OpenCall,
    Prepared,
    current_tracer,
    identity_in,
    is_suppressed,
    open_call,
    open_call_in,
    outcome_of_exception,
)

_log: Final = logging.getLogger("toolspan")


class Run:
    """One open call, where it was attached, and what is below it."""

    __slots__ = ("above", "before", "below", "call", "is_waiting", "key", "token", "told", "try_of")

    def __init__(
        self, key: Hashable, call: OpenCall, token: Any, before: Context, above: "Run | None"
    ) -> None:
        self.key: Final = key
        self.call: Final = call
        self.token: Final = token
        self.before: Final = before
        self.above: Final = above
        self.below: Final[dict[Hashable, None]] = {}
        """The keys of the runs it has begun that have not ended, in order."""
        self.told: tuple[Outcome, str | None, str | None] | None = None
        """The end that is already known, whatever is reported later."""
        self.is_waiting = False
        """Whether it has stopped for somebody to answer."""
        self.try_of: tuple[Hashable, int] | None = None
        """What this is a try of, and which."""


class Runs:
    """The open calls of one framework; beyond `most`, the oldest is taken to be abandoned.

    A key may stand for a run that leaves no span of its own: then what is below it is below the
    one above. No method raises.
    """

    def __init__(self, most: int = 10_000) -> None:
        self._most: Final = most
        self._runs: Final[OrderedDict[Hashable, Run]] = OrderedDict()
        self._passed: Final[OrderedDict[Hashable, Hashable]] = OrderedDict()
        self._lock: Final = threading.Lock()

    def pass_through(self, key: Hashable, parent: Hashable) -> None:
        """The run of `key` leaves no span."""
        with self._lock:
            self._passed[key] = parent
            if len(self._passed) > self._most:
                self._passed.popitem(last=False)

    def own(self, key: Hashable) -> Run | None:
        """The open run of `key` itself."""
        return self._runs.get(key)

    def get(self, key: Hashable) -> Run | None:
        """The open run of `key`, or else the one it is passed through to."""
        for _ in range(100):
            run = self._runs.get(key)
            if run is not None or key not in self._passed:
                return run
            key = self._passed[key]
        return None

    def start(
        self,
        key: Hashable,
        prepared: Prepared,
        *,
        parent: Hashable = None,
        session_id: str | None = None,
        conversation_id: str | None = None,
        is_root: bool = False,
        is_attached: bool = True,
        links: Sequence[Link] | None = None,
    ) -> OpenCall | None:
        """Open a call below the run of `parent`, or else in the current context.

        Attached, it is current until its end, so that the host's spans are below it: only for runs
        whose end is told where their start was, or by `leave`. `is_root` says that the
        framework knows of no run around this one: if one of its runs is current all the same, it
        is a stream's that the host reads here. None: not recorded.
        """
        tracer = current_tracer()
        if tracer is None:
            return None
        context = get_current()
        if is_suppressed(context):
            return None
        above = self.get(parent) if parent is not None else None
        if above is not None and not self._is_below(context, above.call):
            context = above.call.context
        elif is_root:
            context = self._outside(context)
        context = past_peers(context)
        identity = _identity(context, session_id, conversation_id)
        call = open_call(prepared, tracer, context, identity=identity, links=links)
        if call is None:
            return None
        before = get_current()
        run = Run(key, call, attach(call.context) if is_attached else None, before, above)
        call.source = run
        if above is not None:
            above.below[key] = None
        with self._lock:
            self._runs[key] = run
            oldest = self._runs.popitem(last=False)[1] if len(self._runs) > self._most else None
        if oldest is not None:
            oldest.call.end(Outcome.ABANDONED)
        return call

    def _is_below(self, context: Context, call: OpenCall) -> bool:
        """Whether `call` encloses `context`, and nothing between has ended or is a run of its own.

        A task may outlive what it was begun in. A run that the framework does not name as the
        parent is one begun beside the next, in a batch.
        """
        current = open_call_in(context)
        while current is not None and current is not call:
            run = current.source
            is_beside = isinstance(run, Run) and self._runs.get(run.key) is run
            if is_beside or not current.is_open:
                return False
            current = current.parent
        return current is call

    def _outside(self, context: Context) -> Context:
        call = open_call_in(context)
        while call is not None and context.get(SPAN_KEY) is call.span:
            run = call.source
            if not isinstance(run, Run):
                break
            # One that has ended is current again where another library detached after us.
            if call.is_open and self._runs.get(run.key) is not run:
                break
            context = run.before
            call = open_call_in(context)
        return context

    def tell(self, key: Hashable, error: BaseException | None) -> None:
        """The framework has caught this exception: it is how the run ends."""
        run = self._runs.get(key)
        if run is not None and error is not None:
            run.told = (*outcome_of_exception(error), str(error))

    def tell_below(self, run: Run, error: BaseException) -> None:
        """What is open at `run` and below it ends so: its time is up, whatever it says later."""
        run.told = (*outcome_of_exception(error), str(error))
        for below in self.open_below(run):
            self.tell_below(below, error)

    def open_below(self, run: Run) -> Iterator[Run]:
        """The runs begun by `run` that have not ended."""
        for key in tuple(run.below):
            below = self._runs.get(key)
            if below is not None:
                yield below

    def end(self, key: Hashable, error: BaseException | None = None, result: object = None) -> None:
        """End the run of `key`, and what is still open below it."""
        with self._lock:
            self._passed.pop(key, None)
            run = self._runs.pop(key, None)
        if run is None:
            return
        if run.above is not None:
            run.above.below.pop(key, None)
        try:
            self._end_below(run, error)
            if run.told is not None:
                run.call.end(*run.told)
            elif error is not None:
                run.call.end_with_exception(error)
            else:
                run.call.end_with_result(result)
        except Exception:
            _log.debug("run not ended as it should", exc_info=True)
        finally:
            leave(run)

    def _end_below(self, run: Run, error: BaseException | None) -> None:
        """A framework that is cancelled may not say so of what was running below."""
        outcome = Outcome.ABANDONED
        if error is not None and outcome_of_exception(error)[0] is Outcome.CANCELLED:
            outcome = Outcome.CANCELLED
        for key in tuple(run.below):
            with self._lock:
                left = self._runs.pop(key, None)
            if left is not None:
                self._end_below(left, error)
                left.call.end(*(left.told or (outcome, None, None)))
                leave(left)


def _is_in(context: Context, call: OpenCall) -> bool:
    """Whether `call` encloses `context`."""
    current = open_call_in(context)
    while current is not None and current is not call:
        current = current.parent
    return current is call


def _identity(
    context: Context, session_id: str | None, conversation_id: str | None
) -> Identity | None:
    """A session that the host has named stays; the framework's is for where it has not."""
    if session_id is None and conversation_id is None:
        return None
    known = identity_in(context)
    return known.with_ids(
        known.session_id or session_id, None, known.conversation_id or conversation_id
    )


def leave(run: Run) -> None:
    """Restore the context before the run, where it is still the current one.

    The end may be reported in another task or thread than the start, where nothing was attached:
    there `detach` would put an error into the host's log.
    """
    if run.token is None or not _is_in(get_current(), run.call):
        return
    _restore(run)
    # Runs that were begun beside each other (a batch) need not end in the opposite order.
    leave_ended()


def leave_ended() -> None:
    """Restore the context before runs that have ended: who detached after us made them current."""
    call = open_call_in(get_current())
    while call is not None and not call.is_open and isinstance(call.source, Run):
        attach(call.source.before)
        call = open_call_in(call.source.before)


def _restore(run: Run) -> None:
    reset = getattr(getattr(run.token, "var", None), "reset", None)
    try:
        if reset is not None:
            reset(run.token)
            return
    except (ValueError, RuntimeError):
        _log.debug("a run ended in another context than it began in")
    attach(run.before)
