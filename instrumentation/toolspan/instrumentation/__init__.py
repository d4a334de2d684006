"""Record what LLM agents and their tools do, as OpenTelemetry spans.

Decorate what you wrote yourself; `toolspan run` and a targets file do the same without an edit.

- `track_tool_call`, `track_agent_run`, `track_workflow`, `track_step`: decorators and blocks
- `track_attempt`, `fallback`: retries and stand-ins
- `record_tool_call`: a call that is over, with its times
- `record_feedback`: what somebody thought of a session, trace, span or tool call
- `session`: which session, user and conversation everything below belongs to
- `carry_context`: the same in threads and executors
- `add_redactions`: what must never be recorded
- `Outcome`: how a call ended
"""

from typing import Any

from toolspan.conventions.outcomes import Outcome
from toolspan.instrumentation.content import add_redactions
from toolspan.instrumentation.identity import carry_context, session, session_from_baggage
from toolspan.instrumentation.record import on_provider
from toolspan.instrumentation.track import (
    Tracker,
    fallback,
    hook_retry_libraries,
    record_feedback,
    record_tool_call,
    track_agent_run,
    track_attempt,
    track_llm_call,
    track_step,
    track_tool_call,
    track_workflow,
)

__all__ = [
    "Outcome",
    "Tracker",
    "add_redactions",
    "carry_context",
    "fallback",
    "record_feedback",
    "record_tool_call",
    "session",
    "session_from_baggage",
    "track_agent_run",
    "track_attempt",
    "track_llm_call",
    "track_step",
    "track_tool_call",
    "track_workflow",
]


def _at_first_span(provider: Any) -> None:
    from toolspan.instrumentation.attach import attach_processors

    attach_processors(provider)
    hook_retry_libraries()


# A program that sets up OpenTelemetry itself and only uses the decorators gets identity on every
# span, files where TOOLSPAN_DIR asks for them, and its retries, without another line of code.
on_provider(_at_first_span)
