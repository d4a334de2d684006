"""Which context is current, and how to enter and leave one.

The same context as `opentelemetry.context` gives, from the variable that it keeps it in: several
times cheaper, and a context that is left where it was never entered puts no error into the
host's log.
"""

from collections.abc import Callable
from contextvars import ContextVar, Token
from typing import Any, Final

from opentelemetry import context as context_api
from opentelemetry.context import Context


def _variable() -> ContextVar[Context] | None:
    """The variable of the API, as one of its own tokens names it; None if it keeps none."""
    token: Any = context_api.attach(context_api.get_current())
    context_api.detach(token)
    found = getattr(token, "var", None)
    return found if isinstance(found, ContextVar) else None


_kept_in: Final = _variable()

current_context: Final[Callable[[], Context]] = (
    context_api.get_current if _kept_in is None else _kept_in.get
)
attach: Final[Callable[[Context], Token[Context]]] = (
    context_api.attach if _kept_in is None else _kept_in.set
)
_reset: Final[Callable[[Token[Context]], object]] = (
    context_api.detach if _kept_in is None else _kept_in.reset
)


def detach(token: Token[Context]) -> None:
    """Go back to the context before `attach`; elsewhere than there, it does nothing."""
    try:
        _reset(token)
    except (ValueError, RuntimeError):  # another task's or thread's, or left already
        return


def leave(token: Token[Context], attached: Context) -> None:
    """The same for blocks that may be left in another task than they were entered in.

    A task started inside has `attached` current too, and goes back as well.
    """
    try:
        _reset(token)
    except (ValueError, RuntimeError):
        if current_context() is attached:
            before = token.old_value
            attach(before if isinstance(before, Context) else Context())
