"""Other libraries that instrument the same framework: their spans stay, but count as duplicates.

They describe what we record, each in a tree of its own, so containment cannot tell. Whoever reads
the spans leaves out those marked `toolspan.tool_call.layer=duplicate`, whatever they describe.
"""

from collections.abc import Iterable
from typing import Any, Final

from opentelemetry.context import Context
from opentelemetry.sdk.trace import Span
from opentelemetry.trace import NonRecordingSpan

from toolspan.conventions.attributes import TOOLSPAN_TOOL_CALL_LAYER
from toolspan.conventions.layers import Layer
from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.frameworks.native import forget_scope, mend_scope
from toolspan.instrumentation.record import SPAN_KEY, open_call_in

_DUPLICATE: Final = {TOOLSPAN_TOOL_CALL_LAYER: Layer.DUPLICATE.value}
_scopes: Final[set[str]] = set()


def step_in_front_of(peers: Iterable[str], hooks: Hooks) -> None:
    """While these hooks are set, every span of these scopes describes what we record ourselves."""
    for scope in peers:
        mend_scope(scope, _mark)
        _scopes.add(scope)
        hooks.on_stop(lambda scope=scope: forget_scope(scope))  # type: ignore[misc]
        hooks.on_stop(lambda scope=scope: _scopes.discard(scope))  # type: ignore[misc]


def past_peers(context: Context) -> Context:
    """`context`, but below the innermost call of ours where a peer's span is current in it.

    A peer's span has its place in a tree of its own, if it is ever ended; ours below it would be
    lost to ours. Outside of all of ours it is passed by, unless it begins the trace.
    """
    span: Any = context.get(SPAN_KEY)
    scope = getattr(span, "instrumentation_scope", None)
    if scope is None or scope.name not in _scopes:
        return context
    call = open_call_in(context)
    if call is not None:
        return Context({**context, SPAN_KEY: call.span})
    above = getattr(span, "parent", None)
    return context if above is None else Context({**context, SPAN_KEY: NonRecordingSpan(above)})


def _mark(span: Span, _context: Context) -> None:
    span.set_attributes(_DUPLICATE)
