"""One request of the model for a tool, from `ToolNode` taking it up to its answer.

However often the tool is run for it (middleware may retry), or never (there is no such tool), it
is one call. The tool's runs, told by callbacks, are its attempts.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from opentelemetry.context import attach, get_current

from toolspan.conventions.outcomes import TOOL_ERROR_TYPE, Outcome
from toolspan.instrumentation.content import safe_name
from toolspan.instrumentation.frameworks._arguments import (
    describe_json_arguments,
    prepare_content,
)
from toolspan.instrumentation.frameworks._runs import Run, Runs, leave
from toolspan.instrumentation.frameworks.langchain._configs import run_around
from toolspan.instrumentation.record import (
    Attempt,
    Kind,
    OpenCall,
    Prepared,
    begin_attempt,
    open_call_in,
)

_log: Final = logging.getLogger("toolspan")


class Answer:
    """What came of a request so far."""

    __slots__ = ("error", "result")

    def __init__(self) -> None:
        self.result: Any = None
        self.error: BaseException | None = None
        """What the last run of the tool raised."""


class ToolRequests:
    """The requests that are being answered."""

    def __init__(self) -> None:
        self.runs: Final = Runs()
        self._answers: Final[dict[OpenCall, Answer]] = {}
        self._attempts: Final[dict[Any, tuple[OpenCall, Attempt, Any]]] = {}

    @contextmanager
    def answering(self, node: Any, request: Any, given: Iterable[Any]) -> Iterator[Answer]:
        """While `ToolNode` answers `request`, `{name, args, id}`, with what else it is `given`."""
        answer = Answer()
        key = object()
        call = None
        try:
            call = self._open(key, node, request, given)
            if call is not None:
                self._answers[call] = answer
        except Exception:
            _log.debug("request of a tool not recorded", exc_info=True)
        try:
            yield answer
        except BaseException as error:
            self._close(key, call, error, None)
            raise
        self._close(key, call, None, answer)

    def _open(self, key: object, node: Any, request: Any, given: Iterable[Any]) -> OpenCall | None:
        if not isinstance(request, Mapping):
            return None
        name = safe_name(str(request.get("name")))
        is_known = request.get("name") in getattr(node, "tools_by_name", {})
        prepared = Prepared(Kind.TOOL, name, is_registered=is_known)
        call = self.runs.start(key, prepared, parent=run_around(given))
        if call is None:
            return None
        describe_request(call, request.get("id"), request.get("args"))
        return call

    def _close(
        self,
        key: object,
        call: OpenCall | None,
        error: BaseException | None,
        answer: Answer | None,
    ) -> None:
        if call is None:
            return
        self._answers.pop(call, None)
        try:
            if answer is not None and getattr(answer.result, "status", None) == "error":
                if answer.error is not None:
                    self.runs.tell(key, answer.error)
                else:  # no such tool, or arguments that do not fit it
                    call.set_outcome(Outcome.TOOL_ERROR, error_type=TOOL_ERROR_TYPE)
        except Exception:
            _log.debug("answer of a tool not recorded", exc_info=True)
        result = None if answer is None else content_of(answer.result)
        self.runs.end(key, error, result)

    def leaving(self, run_id: Any) -> Callable[[], None]:
        """To be called here once the run's end has been told, wherever that is done."""
        run = self.runs.own(run_id)
        attempt = self._attempts.get(run_id)

        def leave_here() -> None:
            if run is not None:
                leave(run)
            elif attempt is not None and attempt[2] is not None:
                attach(attempt[0].context)

        return leave_here

    # --- runs of the tool, told by callbacks --------------------------------------------------

    def begin_run(self, run_id: Any, name: str) -> bool:
        """Whether the run that starts is one for the request that is being answered here."""
        context = get_current()
        call = open_call_in(context)
        if call is None or call not in self._answers or call.name != safe_name(name):
            return False
        attempt = begin_attempt(context)
        if attempt is None:
            return False
        call.offered_attempt = attempt
        token = None if attempt.context is None else attach(attempt.context)
        self._attempts[run_id] = call, attempt, token
        run = call.source
        if isinstance(run, Run):
            self.runs.pass_through(run_id, run.key)
        return True

    def end_run(self, run_id: Any, error: BaseException | None, result: object) -> bool:
        """Whether the run that has ended was one for a request."""
        found = self._attempts.pop(run_id, None)
        if found is None:
            return False
        call, attempt, token = found
        call.offered_attempt = None
        if error is None:
            attempt.end_with_result(result)
        else:
            attempt.end_with_exception(error)
        answer = self._answers.get(call)
        if answer is not None:
            answer.error = error
        if token is not None:
            attach(call.context)
        return True


def describe_request(call: OpenCall, call_id: object, arguments: object) -> None:
    """What the model asked for."""
    call.absorbs_same_name = True
    prepare_content(call)
    if isinstance(call_id, str) and call_id:
        call.set_tool_call_id(call_id)
    describe_json_arguments(call, arguments)


def content_of(output: object) -> object:
    """What a tool's message says, without the message around it."""
    if type(output).__name__ == "ToolMessage":
        return getattr(output, "content", None)
    return output
