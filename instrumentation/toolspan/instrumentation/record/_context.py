"""What we keep in the OpenTelemetry context: the innermost open call and the identity.

In that context rather than in context variables of our own, so that whatever carries a span
across threads, tasks and generators carries these with it.
"""

import sys
from typing import TYPE_CHECKING, Final

from opentelemetry import context as context_api
from opentelemetry import trace
from opentelemetry.context import Context

from toolspan.instrumentation.record._identity import NOBODY, Identity

if TYPE_CHECKING:
    from toolspan.instrumentation.record._call import OpenCall

CALL_KEY: Final = context_api.create_key("toolspan-call")
IDENTITY_KEY: Final = context_api.create_key("toolspan-identity")
FALLBACK_KEY: Final = context_api.create_key("toolspan-fallback")

# The key under which the API keeps the current span is private; ask the API to use it instead.
SPAN_KEY: Final = next(iter(trace.set_span_in_context(trace.INVALID_SPAN, Context())))

# `suppress_instrumentation()` sets a private key of the API and, for older readers, a plain one.
SUPPRESS_KEY: Final[str] = getattr(
    context_api, "_SUPPRESS_INSTRUMENTATION_KEY", "suppress_instrumentation"
)
SUPPRESS_KEY_PLAIN: Final = "suppress_instrumentation"


def is_suppressed(context: Context) -> bool:
    """Whether the host asked instrumentation to be quiet here."""
    return bool(context.get(SUPPRESS_KEY) or context.get(SUPPRESS_KEY_PLAIN))


def open_call_in(context: Context) -> "OpenCall | None":
    """The innermost open call of ours."""
    return context.get(CALL_KEY)  # type: ignore[return-value]


def identity_in(context: Context) -> Identity:
    """The identity that spans started here belong to."""
    return context.get(IDENTITY_KEY, NOBODY)  # type: ignore[return-value]


def with_identity(values: dict[str, object], identity: Identity) -> None:
    """Make `identity` that of a context made of `values`.

    Where opentelemetry-util-genai is loaded, it is told which conversation its spans belong to.
    """
    values[IDENTITY_KEY] = identity
    if identity.conversation_id is not None:
        module = sys.modules.get("opentelemetry.util.genai._conversation_context")
        key = getattr(module, "CONVERSATION_ID_KEY", None)
        if isinstance(key, str):
            values[key] = identity.conversation_id


def leave_dropped(token: object, call: object) -> None:
    """Leave `call`'s context from a frame that is being destroyed while it was suspended.

    Destruction may happen in another thread or task: there nothing was attached, and using the
    token would put an error into the host's log. Where `call` is still current, the context
    before it is restored without the token.
    """
    before = getattr(token, "old_value", None)
    current = open_call_in(context_api.get_current())
    while current is not None:
        if current is call:
            context_api.attach(before if isinstance(before, Context) else Context())
            return
        current = current.parent
