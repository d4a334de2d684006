"""Other libraries that instrument the same framework: their spans stay, but count as duplicates.

They describe what we record, each in a tree of its own, so containment cannot tell. Whoever reads
the spans leaves out those marked `toolspan.tool_call.layer=duplicate`, whatever they describe.
"""

from collections.abc import Iterable
from typing import Final

from opentelemetry.context import Context
from opentelemetry.sdk.trace import Span

from toolspan.conventions.attributes import TOOLSPAN_TOOL_CALL_LAYER
from toolspan.conventions.layers import Layer
from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.frameworks.native import forget_scope, mend_scope

_DUPLICATE: Final = {TOOLSPAN_TOOL_CALL_LAYER: Layer.DUPLICATE.value}


def step_in_front_of(peers: Iterable[str], hooks: Hooks) -> None:
    """While these hooks are set, every span of these scopes describes what we record ourselves."""
    for scope in peers:
        mend_scope(scope, _mark)
        hooks.on_stop(lambda scope=scope: forget_scope(scope))  # type: ignore[misc]


def _mark(span: Span, _context: Context) -> None:
    span.set_attributes(_DUPLICATE)
