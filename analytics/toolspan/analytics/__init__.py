"""Offline analysis of agents' traces: which tools fail, are slow, cost, and go with bad outcomes.

    from toolspan.analytics import open_traces

    traces = open_traces("toolspan-data")
    traces.tools()

Since 0.1. Nothing here runs in the agent; install with `pip install 'toolspan[analytics]'`.
"""

from toolspan.analytics._comparison import compare, cost_per_success, failed_calls, self_check
from toolspan.analytics.dataset import compact
from toolspan.analytics.errors import AnalyticsError, InputError, UsageError
from toolspan.analytics.live import LiveTraces, follow
from toolspan.analytics.traces import Traces, open_traces

__all__ = [
    "AnalyticsError",
    "InputError",
    "LiveTraces",
    "Traces",
    "UsageError",
    "compact",
    "compare",
    "cost_per_success",
    "failed_calls",
    "follow",
    "open_traces",
    "self_check",
]
