"""Records how long calls took, and decides under which attributes."""

import logging
from collections.abc import Mapping
from time import time_ns
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.context import Context

from toolspan.conventions.attributes import (
    ERROR_TYPE,
    ERROR_TYPE_OTHER,
    GEN_AI_AGENT_NAME,
    GEN_AI_OPERATION_NAME,
    GEN_AI_PROVIDER_NAME,
    GEN_AI_REQUEST_MODEL,
    GEN_AI_TOOL_NAME,
    GEN_AI_TOOL_TYPE,
    GEN_AI_WORKFLOW_NAME,
    TOOLSPAN_OUTCOME,
)
from toolspan.conventions.outcomes import Outcome
from toolspan.instrumentation.metrics import bounded_name
from toolspan.instrumentation.record._context import IDENTITY_KEY
from toolspan.instrumentation.record._identity import NOBODY, Identity
from toolspan.instrumentation.record._kinds import Kind, Prepared

if TYPE_CHECKING:
    from opentelemetry.metrics import Histogram

    from toolspan.instrumentation.metrics import Durations

_log = logging.getLogger("toolspan")

# Looking up a member of an enumeration costs as much as a call.
_OK: Final = Outcome.OK
_TOOL: Final = Kind.TOOL
# Agents that call one tool, for which the series is made once.
_MOST_AGENTS: Final = 200
_QUIET: Final = 1_000_000_000  # nanoseconds between two exemplars of calls that are not slower
_SPANLESS: Final = Context({IDENTITY_KEY: NOBODY})  # an empty one would mean the current context
_NAMED_BY: Final = {
    Kind.TOOL: GEN_AI_TOOL_NAME,
    Kind.AGENT: GEN_AI_AGENT_NAME,
    Kind.WORKFLOW: GEN_AI_WORKFLOW_NAME,
    Kind.LLM: GEN_AI_REQUEST_MODEL,
}


class Series:
    """Where the durations of the calls of one name below one agent go.

    A bucket of a histogram keeps one exemplar between two collections, and offering it a span
    costs a sixth of recording the duration. So of the calls that went well those spans are offered
    that may be worth it: the first of each second, and those that are slower than it.
    """

    __slots__ = (
        "_attributes",
        "_histogram",
        "_quiet",
        "_shown",
        "_slowest",
        "durations",
    )

    def __init__(
        self, durations: "Durations", histogram: "Histogram", attributes: Mapping[str, Any]
    ) -> None:
        self.durations = durations
        self._histogram = histogram
        self._attributes = attributes
        self._quiet = 0 if durations.keeps_every_exemplar else _QUIET
        self._shown = 0
        self._slowest = 0

    def record_success(self, start: int, context: Context) -> None:
        """Add a call that began at `start`, in nanoseconds, and has gone well.

        `context` is its own, and holds the span for the exemplar.
        """
        try:
            now = time_ns()
            duration = max(0, now - start)  # the clock may have been set back
            if not 0 <= now - self._shown < self._quiet:
                self._shown, self._slowest = now, duration
            elif duration > self._slowest:
                self._slowest = duration
            else:
                context = _SPANLESS
            self._histogram.record(duration / 1e9, self._attributes, context)
        except Exception:  # a metric reader of the host's
            _log.debug("a duration was not recorded", exc_info=True)

    def record(
        self,
        start: int,
        end: int | None,
        context: Context,
        outcome: Outcome,
        error_type: str | None,
    ) -> None:
        """Add a call that ended in any way, at `end` or now.

        One that neither succeeded nor failed says so, or it would be taken for a success.
        """
        if outcome is _OK and end is None:
            self.record_success(start, context)
            return
        try:
            attributes = self._attributes
            if outcome is not _OK:
                attributes = {**attributes, **_how_it_ended(outcome, error_type)}
            duration = max(0, (time_ns() if end is None else end) - start)
            self._histogram.record(duration / 1e9, attributes, context)
        except Exception:  # a metric reader of the host's
            _log.debug("a duration was not recorded", exc_info=True)


def series_of(
    prepared: Prepared, identity: Identity | None, durations: "Durations"
) -> Series | None:
    """Where the durations of such calls go; None for work without a histogram."""
    agent = None if identity is None else identity.agent
    series = prepared.measured.get(agent)
    if series is None or series.durations is not durations:
        series = _met(prepared, agent, durations)
    return series


def _how_it_ended(outcome: Outcome, error_type: str | None) -> dict[str, str]:
    if outcome.is_failure:
        return {ERROR_TYPE: error_type or ERROR_TYPE_OTHER}
    return {TOOLSPAN_OUTCOME: outcome.value}


def _met(prepared: Prepared, agent: str | None, durations: "Durations") -> Series | None:
    kind = prepared.kind
    key = _NAMED_BY.get(kind)
    if key is None:
        return None
    name = bounded_name(prepared.name, is_registered=prepared.is_registered)
    attributes: dict[str, Any] = {key: name}
    if kind is _TOOL:
        attributes[GEN_AI_TOOL_TYPE] = prepared.attributes[GEN_AI_TOOL_TYPE]
        if agent is not None:
            attributes[GEN_AI_AGENT_NAME] = bounded_name(agent, is_registered=False)
    elif kind is Kind.LLM:
        attributes[GEN_AI_OPERATION_NAME] = kind.value
        if GEN_AI_PROVIDER_NAME in prepared.attributes:
            attributes[GEN_AI_PROVIDER_NAME] = prepared.attributes[GEN_AI_PROVIDER_NAME]
    series = Series(durations, durations.of[prepared.operation], attributes)
    if agent in prepared.measured or len(prepared.measured) < _MOST_AGENTS:
        prepared.measured[agent] = series
    return series
