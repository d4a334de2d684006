"""Traces as tables and measures: `open_traces`, and the `Traces` it gives."""

from toolspan.analytics.traces._open import open_traces
from toolspan.analytics.traces._queries import TABLES
from toolspan.analytics.traces._traces import Traces

__all__ = ["TABLES", "Traces", "open_traces"]
