"""Which messages are recorded, and how to send the others without leaving spans."""

import logging
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context, attach, detach
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from toolspan.conventions.environment import TOOLSPAN_MCP_REQUESTS

_log: Final = logging.getLogger("toolspan")

# What each setting leaves out. Notifications are left out by all: nobody waits for them.
_LEFT_OUT: Final = {
    "all": frozenset[str](),
    "default": frozenset({"ping", "tools/list"}),
    "calls": frozenset(
        {
            *("ping", "initialize", "server/discover", "logging/setLevel"),
            *("tools/list", "prompts/list", "resources/list", "resources/templates/list"),
            *("resources/subscribe", "resources/unsubscribe", "subscriptions/listen"),
            *("roots/list",),
        }
    ),
}


class Selection:
    """Which requests are recorded: the environment says so, read when instrumenting."""

    def __init__(self) -> None:
        self.left_out = _LEFT_OUT["default"]

    def read_environment(self) -> None:
        """Take the setting as it is now."""
        setting = os.environ.get(TOOLSPAN_MCP_REQUESTS, "").strip().lower() or "default"
        if setting not in _LEFT_OUT:
            _log.warning(
                "%s=%r is not one of %s; using default",
                TOOLSPAN_MCP_REQUESTS,
                setting,
                ", ".join(_LEFT_OUT),
            )
            setting = "default"
        self.left_out = _LEFT_OUT[setting]

    def leaves_out(self, method: str) -> bool:
        """Whether a message of this method leaves no span."""
        return method in self.left_out or method.startswith("notifications/")


selection: Final = Selection()


@contextmanager
def unrecorded() -> Iterator[None]:
    """Whatever starts a span in here finds a parent that is not sampled, and so does the peer.

    Samplers that respect their parent, as the default one does, then record nothing, neither here
    nor at the other end.
    """
    token = attach(_unsampled())
    try:
        yield
    finally:
        detach(token)


def _unsampled() -> Context:
    here = trace.get_current_span().get_span_context()
    ids = (here.trace_id, here.span_id) if here.is_valid else _random_ids()
    span = NonRecordingSpan(
        SpanContext(*ids, is_remote=False, trace_flags=TraceFlags(TraceFlags.DEFAULT))
    )
    return trace.set_span_in_context(span)


def _random_ids() -> tuple[int, int]:
    return random.getrandbits(128) or 1, random.getrandbits(64) or 1
