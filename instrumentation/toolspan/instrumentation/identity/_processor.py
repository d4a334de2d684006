"""Stamps the identity of the context on every recording span, whoever started it."""

import logging
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.context import Context, get_current
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from toolspan.conventions import scopes
from toolspan.instrumentation.record import (
    foreign_tool_call_attributes,
    gen_ai_identity,
    identity_in,
)

if TYPE_CHECKING:
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope

_log: Final = logging.getLogger("toolspan")


class IdentitySpanProcessor(SpanProcessor):
    """Add to a provider before its exporting processors; never overwrites what a span has.

    Sets `session.id`, `user.id`, `toolspan.workflow`, `toolspan.agent` and `toolspan.step` where
    the context knows them, the `gen_ai.*` identity on spans for which the conventions list it,
    and `toolspan.tool_call.layer` on tool call spans of other libraries.
    """

    _own_scope: "InstrumentationScope | None" = None

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Stamp `span` with the identity of the context it starts in."""
        try:
            scope = span.instrumentation_scope
            if scope is not None and scope is self._own_scope:
                return
            if scope is not None and scope.name == scopes.TOOLSPAN:
                self._own_scope = scope
                return  # stamped when it was made
            context = get_current() if parent_context is None else parent_context
            attributes = span.attributes or {}
            added: dict[str, Any] = {
                **identity_in(context).stamp,
                **gen_ai_identity(attributes, context, span.name),
                **foreign_tool_call_attributes(span.name, span.kind, attributes, scope, context),
            }
            new = {key: value for key, value in added.items() if key not in attributes}
            if new:
                span.set_attributes(new)
        except Exception:
            _log.debug("span not stamped", exc_info=True)

    def on_end(self, span: ReadableSpan) -> None:
        """Nothing is left to do."""

    def shutdown(self) -> None:
        """Nothing to release."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002
        """Nothing is held back."""
        return True
