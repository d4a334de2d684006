"""MCP instrumentation at work on the global provider, its spans as trees."""

from collections.abc import Iterator

import mcp.shared._otel
import pytest
from opentelemetry import trace

from support.recording import Recorded, recording
from support.trees import plain_spans, tree
from toolspan.instrumentation.frameworks.mcp import McpInstrumentor
from toolspan.instrumentation.frameworks.native import NativeSpanProcessor
from toolspan.instrumentation.identity import IdentitySpanProcessor


class RecordedMcp:
    """What was recorded since the test began."""

    def __init__(self, recorded: Recorded) -> None:
        self.recorded = recorded

    def tree(self, *leave_out: str) -> str:
        spans = plain_spans(self.recorded.spans)
        self.recorded.clear()
        return tree(spans, leave_out=leave_out)

    @property
    def brief(self) -> str:
        """Names, kinds, status and outcome alone."""
        spans = plain_spans(self.recorded.spans)
        self.recorded.clear()
        keep = {"toolspan.outcome", "toolspan.tool_call.layer", "error.type"}
        every = {key for span in spans for key in span["attributes"]}
        return tree(spans, leave_out=every - keep)


@pytest.fixture
def mcp_recorded(monkeypatch: pytest.MonkeyPatch) -> Iterator[RecordedMcp]:
    with recording(NativeSpanProcessor(), IdentitySpanProcessor()) as recorded:
        # The SDK keeps the tracer of the first provider it meets: here, of the first test.
        monkeypatch.setattr(mcp.shared._otel, "_tracer", trace.get_tracer("mcp-python-sdk"))
        McpInstrumentor().instrument()
        try:
            yield RecordedMcp(recorded)
        finally:
            McpInstrumentor().uninstrument()
