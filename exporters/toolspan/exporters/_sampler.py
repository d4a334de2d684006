"""Keep in files what the sampler drops: all spans here, a sample of them to OTLP."""

from collections.abc import Sequence
from typing import Any

from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind, TraceState
from opentelemetry.util.types import Attributes


class KeepUnsampled(Sampler):
    """Records what `sampler` would drop, without sampling it.

    Such spans reach the processors of this process, where `JsonlSpanProcessor` writes them if
    `keep_unsampled` is set; the SDK's exporting processors pass over them, and other processes
    are told that the trace is not sampled, as before.

    Args:
        sampler: whose decisions hold for everybody else.
    """

    def __init__(self, sampler: Sampler) -> None:
        self.sampler = sampler

    def should_sample(  # noqa: PLR0917 - the SDK's signature
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        """The wrapped sampler's result, with RECORD_ONLY in the place of DROP."""
        result = self.sampler.should_sample(
            parent_context, trace_id, name, kind, attributes, links, trace_state
        )
        if result.decision is not Decision.DROP:
            return result
        # A sampler that drops a span gives no attributes back, so those it came with are kept.
        return SamplingResult(
            Decision.RECORD_ONLY, dict(result.attributes or {}) or attributes, result.trace_state
        )

    def get_description(self) -> str:
        """The description of the wrapped sampler, wrapped."""
        return f"KeepUnsampled{{{self.sampler.get_description()}}}"


def keep_unsampled(provider: Any) -> None:
    """Wrap the sampler of an SDK provider, once; tracers that it gave out before keep theirs."""
    sampler = getattr(provider, "sampler", None)
    if isinstance(sampler, Sampler) and not isinstance(sampler, KeepUnsampled):
        provider.sampler = KeepUnsampled(sampler)
