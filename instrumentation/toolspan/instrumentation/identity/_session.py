"""The session that everything below belongs to."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from opentelemetry.context import Context

from toolspan.conventions.attributes import SESSION_ID, USER_ID
from toolspan.instrumentation.record import (
    attach,
    current_context,
    identity_in,
    leave,
    with_identity,
)

_LONGEST: Final = 200


@contextmanager
def session(
    session_id: str,
    *,
    user_id: str | None = None,
    conversation_id: str | None = None,
    in_baggage: bool = False,
) -> Iterator[None]:
    """Everything started inside belongs to this session (`session.id`), also in tasks it starts.

    Args:
        session_id: What the user would call one visit or one job.
        user_id: Who it is for (`user.id`).
        conversation_id: The provider's or framework's own id of the conversation
            (`gen_ai.conversation.id`); it is never made up.
        in_baggage: Also tell processes that are called from here, in the headers of each request.
            They read it with `session_from_baggage`. Everyone who is called sees it.
    """
    context = current_context()
    if in_baggage:
        from opentelemetry import baggage

        context = baggage.set_baggage(SESSION_ID, session_id, context)
        if user_id is not None:
            context = baggage.set_baggage(USER_ID, user_id, context)
    with _attached(context, session_id, user_id, conversation_id):
        yield


@contextmanager
def session_from_baggage() -> Iterator[None]:
    """Everything started inside belongs to the session that the caller of this process named.

    For servers whose callers use `session(..., in_baggage=True)` and can be trusted to: baggage
    says whatever its sender wants. Without such baggage, or inside a session, it does nothing.
    """
    context = current_context()
    session_id = _sent(SESSION_ID, context)
    if session_id is None or identity_in(context).session_id is not None:
        yield
        return
    with _attached(context, session_id, _sent(USER_ID, context), None):
        yield


@contextmanager
def _attached(
    context: Context, session_id: str, user_id: str | None, conversation_id: str | None
) -> Iterator[None]:
    identity = identity_in(context).with_ids(session_id, user_id, conversation_id)
    values: dict[str, Any] = dict(context)
    with_identity(values, identity)
    below = Context(values)
    token = attach(below)
    try:
        yield
    finally:
        leave(token, below)


def _sent(key: str, context: Context) -> str | None:
    from opentelemetry import baggage  # takes long to import, and few need it

    value = baggage.get_baggage(key, context)
    return value[:_LONGEST] if isinstance(value, str) and value else None
