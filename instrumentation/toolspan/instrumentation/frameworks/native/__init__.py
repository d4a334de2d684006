"""Spans that a framework emits itself: told at their start to whoever knows how to mend them.

One file per instrumentation scope would say what is wrong with its spans; so far all of them are
MCP's, so the rules stand in `frameworks.mcp`.
"""

from toolspan.instrumentation.frameworks.native._held import HeldSpan
from toolspan.instrumentation.frameworks.native._processor import (
    NativeSpanProcessor,
    forget_scope,
    mend_scope,
)

__all__ = ["HeldSpan", "NativeSpanProcessor", "forget_scope", "mend_scope"]
