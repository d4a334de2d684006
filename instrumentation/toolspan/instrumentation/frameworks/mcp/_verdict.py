"""How a request ended, by the MCP conventions, from its result or the exception it raised."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from toolspan.conventions.outcomes import TOOL_ERROR_TYPE, Outcome
from toolspan.instrumentation.record import outcome_of_exception, tell_outcome

_CONNECTION_CLOSED: Final = -32000
_URL_ELICITATION_REQUIRED: Final = -32042
_INVALID_PARAMS: Final = -32602

# Mistakes of the client; on the server's span they are no errors.
_CLIENT_FAULTS: Final = frozenset({-32700, -32600, -32601, -32602, -32002})


@dataclass(frozen=True, slots=True)
class Verdict:
    """The end of one request.

    `error_type` is set exactly when the span's status is ERROR; `status_code` is the code of a
    JSON-RPC error response, if there was one.
    """

    outcome: Outcome
    error_type: str | None = None
    status_code: str | None = None
    message: str | None = None


OK: Final = Verdict(Outcome.OK)
_TOOL_ERROR: Final = Verdict(Outcome.TOOL_ERROR, TOOL_ERROR_TYPE)
# The server asks for something first; whoever sent the request decides whether it goes on.
_INPUT_REQUIRED: Final = Verdict(Outcome.INTERRUPTED)


def of_result(result: Mapping[str, Any]) -> Verdict:
    """The end of a request that was answered."""
    if result.get("isError") is True:
        return _TOOL_ERROR
    return _INPUT_REQUIRED if is_input_required(result) else OK


def is_input_required(result: Mapping[str, Any] | None) -> bool:
    """Whether the answer asks for input before the request can be served."""
    return result is not None and result.get("resultType") == "input_required"


def of_error(code: int, message: str, *, is_server: bool) -> Verdict:
    """The end of a request that was answered by a JSON-RPC error."""
    text = str(code)
    if code == _URL_ELICITATION_REQUIRED:
        return Verdict(Outcome.INTERRUPTED, status_code=text)
    if is_server and code in _CLIENT_FAULTS:
        return Verdict(Outcome.ERROR, status_code=text)
    status_code = None if code == _CONNECTION_CLOSED else text
    return Verdict(Outcome.ERROR, text, status_code, message)


def of_exception(error: BaseException, *, is_server: bool) -> Verdict:
    """The end of a request that raised; marks a timeout so that calls around it end as one."""
    if isinstance(error, asyncio.CancelledError):
        return Verdict(Outcome.CANCELLED)
    data = getattr(error, "error", None)  # of an McpError or MCPError
    code = getattr(data, "code", None)
    if isinstance(code, int):
        if isinstance(error.__context__, TimeoutError) and not is_server:
            # Nobody answered in time; the SDK reports that by an error code of its own.
            tell_outcome(error, Outcome.TIMEOUT, "TimeoutError")
            return Verdict(Outcome.TIMEOUT, "TimeoutError", message=_message(data))
        return of_error(code, _message(data), is_server=is_server)
    if is_server and type(error).__module__.startswith("pydantic"):
        # Parameters that do not validate; the answer says no more, since the text may quote them.
        return of_error(_INVALID_PARAMS, "Invalid request parameters", is_server=True)
    outcome, error_type = outcome_of_exception(error)
    if not outcome.is_failure:
        return Verdict(outcome)
    return Verdict(outcome, error_type, message=str(error))


def _message(data: Any) -> str:
    message = getattr(data, "message", "")
    return message if isinstance(message, str) else ""
