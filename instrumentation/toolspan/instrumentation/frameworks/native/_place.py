"""Where in the work a native span stands: what is below it belongs to its agent and its session.

Its owner makes only the span current, so who it belongs to is handed on from span to span.
"""

from collections.abc import Mapping
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import Span

from toolspan.conventions.attributes import SESSION_ID
from toolspan.instrumentation.record import (
    Identity,
    conversation_of,
    identity_below,
    identity_in,
)

_PLACE: Final = "_toolspan_place"


class Place:
    """The identity of what is below one live span.

    `is_session`: its emitter's conversation is what others call a session. The outermost counts,
    since an agent that is called as a tool may be given one of its own.
    """

    __slots__ = ("_is_session", "identity")

    def __init__(
        self,
        span: Span,
        kind: str | None,
        context: Context,
        *,
        is_session: bool = False,
        name: str | None = None,
    ) -> None:
        above = place_of(trace.get_current_span(context))
        self.identity: Identity = identity_in(context) if above is None else above.identity
        self._is_session: Final = is_session
        _stamp(span, self.identity)
        attributes = span.attributes or {}
        said = {} if name else attributes  # a name that is given counts before what the span says
        self.identity = identity_below(
            self.identity, kind, said, name or span.name.partition(" ")[2]
        )
        self.learn(span, attributes)
        vars(span)[_PLACE] = self

    def learn(self, span: Span, attributes: Mapping[str, Any]) -> None:
        """Its owner says these of `span`."""
        session = attributes.get(SESSION_ID)
        if session is None and self._is_session:
            session = conversation_of(attributes)
        if not isinstance(session, str) or not session or self.identity.session_id is not None:
            return
        self.identity = self.identity.with_ids(session, None, None)
        if SESSION_ID not in (span.attributes or {}):
            type(span).set_attributes(span, {SESSION_ID: session})


def place_of(span: object) -> Place | None:
    """Where this live span stands, if it is a native one."""
    return getattr(span, "__dict__", {}).get(_PLACE)


def hand_on(above: object, span: Span) -> None:
    """What is below `span` stands where it would stand below `above`."""
    place = place_of(above)
    if place is not None:
        vars(span)[_PLACE] = place
        _stamp(span, place.identity)


def _stamp(span: Span, identity: Identity) -> None:
    known = span.attributes or {}
    new = {key: value for key, value in identity.stamp.items() if key not in known}
    if new:
        span.set_attributes(new)
