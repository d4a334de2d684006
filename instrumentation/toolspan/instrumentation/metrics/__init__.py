"""How long tool calls, agent runs, workflows and model calls take, as the standard's histograms.

Names, units and bucket boundaries are those of `opentelemetry-util-genai`. Recorded by `record`
when a call ends, once per logical call, whether or not its span is sampled.
"""

from toolspan.instrumentation.metrics._bounded import OTHER_NAME, bounded_name
from toolspan.instrumentation.metrics._durations import (
    DURATION_BUCKETS,
    DURATION_METRICS,
    Durations,
    current_durations,
    own_meter,
)

__all__ = [
    "DURATION_BUCKETS",
    "DURATION_METRICS",
    "OTHER_NAME",
    "Durations",
    "bounded_name",
    "current_durations",
    "own_meter",
]
