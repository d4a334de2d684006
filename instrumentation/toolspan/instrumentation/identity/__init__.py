"""Which session, user, workflow, agent and step a span belongs to, on every span.

- `session`: the context manager that sets session, user and conversation
- `session_from_baggage`: the same from what another process sent along
- `carry_context`: takes it all along to threads and executors
- `IdentitySpanProcessor`: stamps them on spans of other libraries
"""

from typing import TYPE_CHECKING, Any

from toolspan.instrumentation.identity._carry import carry_context
from toolspan.instrumentation.identity._session import session, session_from_baggage

if TYPE_CHECKING:
    from toolspan.instrumentation.identity._processor import IdentitySpanProcessor

__all__ = ["IdentitySpanProcessor", "carry_context", "session", "session_from_baggage"]


def __getattr__(name: str) -> Any:
    # The processor needs the SDK, which `session` does not and which takes long to import.
    if name == "IdentitySpanProcessor":
        from toolspan.instrumentation.identity._processor import IdentitySpanProcessor

        return IdentitySpanProcessor
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
