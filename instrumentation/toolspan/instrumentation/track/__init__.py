"""The recording API for users' own code: decorators, blocks, attempts, fallbacks, feedback."""

from toolspan.instrumentation.track._attempts import track_attempt
from toolspan.instrumentation.track._decorators import (
    track_agent_run,
    track_llm_call,
    track_step,
    track_tool_call,
    track_workflow,
)
from toolspan.instrumentation.track._fallback import fallback
from toolspan.instrumentation.track._feedback import record_feedback
from toolspan.instrumentation.track._finished import record_tool_call
from toolspan.instrumentation.track._tracker import Tracker


def hook_retry_libraries() -> None:
    """Record the retries of tenacity and stamina as attempts, now or when they are imported."""
    from toolspan.instrumentation.track._retry_libraries import hook_retry_libraries

    hook_retry_libraries()


__all__ = [
    "Tracker",
    "fallback",
    "hook_retry_libraries",
    "record_feedback",
    "record_tool_call",
    "track_agent_run",
    "track_attempt",
    "track_llm_call",
    "track_step",
    "track_tool_call",
    "track_workflow",
]
