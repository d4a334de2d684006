"""Spans that a framework emits itself: told at their start to whoever knows how to mend them.

One file per instrumentation scope says what is wrong with its spans; the rules for MCP's stand in
`frameworks.mcp`.
"""

from toolspan.instrumentation.frameworks.native._held import HeldSpan
from toolspan.instrumentation.frameworks.native._processor import (
    NativeSpanProcessor,
    forget_scope,
    mend_scope,
)

__all__ = ["HeldSpan", "NativeSpanProcessor", "forget_scope", "mend_scope"]
