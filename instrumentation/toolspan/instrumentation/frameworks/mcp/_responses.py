"""What a handler of SDK 1.x answers: it reports errors by responding with them, not by raising."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from toolspan.conventions.outcomes import Outcome
from toolspan.instrumentation.frameworks.mcp._exchange import Exchange, Side
from toolspan.instrumentation.frameworks.mcp._messages import plain_result
from toolspan.instrumentation.frameworks.mcp._verdict import Verdict, of_error


class Answer:
    """The response to one request, once it is given."""

    def __init__(self) -> None:
        self.response: Any = None
        self.is_given = False

    def end(self, exchange: Exchange) -> None:
        """End the exchange as the response says; without one it was cancelled."""
        if not self.is_given:
            exchange.end(Verdict(Outcome.CANCELLED))
            return
        code = getattr(self.response, "code", None)
        if isinstance(code, int):
            message = str(getattr(self.response, "message", ""))
            exchange.end(of_error(code, message, is_server=exchange.side is Side.SERVER))
        else:
            exchange.end_with_result(plain_result(self.response))


@contextmanager
def noting_response(responder: Any) -> Iterator[Answer]:
    """Note what is given to this one responder's `respond`."""
    answer = Answer()
    respond = responder.respond

    async def noting(response: Any) -> None:
        answer.response = response
        answer.is_given = True
        await respond(response)

    responder.respond = noting
    try:
        yield answer
    finally:
        del responder.respond
