"""A provider whose finished spans tests read as plain data."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, Sampler

from support.spans import span_tree
from toolspan.instrumentation.content import settings


class Recorded:
    """What was recorded since the test began."""

    def __init__(self, *processors: SpanProcessor, sampler: Sampler = ALWAYS_ON) -> None:
        self._memory = InMemorySpanExporter()
        self.provider = TracerProvider(sampler=sampler, shutdown_on_exit=False)
        for processor in processors:
            self.provider.add_span_processor(processor)
        self.provider.add_span_processor(SimpleSpanProcessor(self._memory))

    @property
    def spans(self) -> list[ReadableSpan]:
        """The finished spans, in the order they ended."""
        return list(self._memory.get_finished_spans())

    @property
    def tree(self) -> list[dict[str, Any]]:
        """The finished spans as `support.spans.span_tree` renders them."""
        return span_tree(self.spans)

    @property
    def only(self) -> dict[str, Any]:
        """The one root span."""
        (root,) = self.tree
        return root

    def outline(self) -> list[Any]:
        """Names and outcomes only: `[["execute_tool a", "ok", [children]], ...]`."""

        def brief(node: dict[str, Any]) -> list[Any]:
            head = [node["name"], node["attributes"].get("toolspan.outcome")]
            below = [brief(child) for child in node.get("children", ())]
            return [*head, below] if below else head

        return [brief(node) for node in self.tree]

    def clear(self) -> None:
        self._memory.clear()


def needs_util_genai() -> None:
    """Skips the test under an OpenTelemetry that is too old for opentelemetry-util-genai."""
    if version("opentelemetry-api").startswith("1.39."):
        pytest.skip("opentelemetry-util-genai needs a newer OpenTelemetry than 1.39")


@contextmanager
def recording(
    *processors: SpanProcessor, sampler: Sampler = ALWAYS_ON, content_hash: bool = False
) -> Iterator[Recorded]:
    """The global provider for the time of the block; the arguments hash is off unless asked for."""
    with pytest.MonkeyPatch.context() as patch:
        # Of providers that are not the global one the environment is not read again.
        patch.setattr(settings, "hash_bytes", settings.hash_bytes if content_hash else None)
        if not content_hash:
            patch.setenv("TOOLSPAN_ARGUMENTS_HASH", "off")
        recorded = Recorded(*processors, sampler=sampler)
        patch.setattr(trace, "_TRACER_PROVIDER", recorded.provider)
        yield recorded


def tool_span(name: str, **attributes: Any) -> dict[str, Any]:
    """What a tool call's span looks like that ended well and knows nothing else."""
    return {
        "name": f"execute_tool {name}",
        "kind": "INTERNAL",
        "status": "UNSET",
        "attributes": {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": name,
            "gen_ai.tool.type": "function",
            "toolspan.tool_call.layer": "logical",
            "toolspan.outcome": "ok",
            **attributes,
        },
    }
