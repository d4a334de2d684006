"""The attributes of one feedback, as the standard's evaluation event has them."""

import math
from dataclasses import dataclass
from typing import Any, Final

from toolspan.conventions.attributes import (
    GEN_AI_EVALUATION_EXPLANATION,
    GEN_AI_EVALUATION_NAME,
    GEN_AI_EVALUATION_SCORE_LABEL,
    GEN_AI_EVALUATION_SCORE_VALUE,
    GEN_AI_TOOL_CALL_ID,
    SESSION_ID,
    TOOLSPAN_FEEDBACK_DIRECTION,
    TOOLSPAN_FEEDBACK_EVALUATOR_VERSION,
    TOOLSPAN_FEEDBACK_ID,
    TOOLSPAN_FEEDBACK_SCALE_MAX,
    TOOLSPAN_FEEDBACK_SCALE_MIN,
    TOOLSPAN_FEEDBACK_SOURCE_ID,
    TOOLSPAN_FEEDBACK_SOURCE_KIND,
    TOOLSPAN_FEEDBACK_TARGET_KIND,
    TOOLSPAN_FEEDBACK_VALUE_KIND,
)
from toolspan.instrumentation.content import clean, mask_secrets

SOURCES: Final = ("human", "llm", "code", "unknown")
DIRECTIONS: Final = ("higher", "lower", "none")
TARGETS: Final = ("session", "trace", "span", "tool_call")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """One feedback: a named value or label, about one target, from one source.

    Raises:
        ValueError: what was given is no feedback; the message says what was expected.
    """

    id: str
    name: str
    target_kind: str
    value: float | bool | None = None
    label: str | None = None
    session_id: str | None = None
    tool_call_id: str | None = None
    source: str = "human"
    evaluator: str | None = None
    evaluator_version: str | None = None
    comment: str | None = None
    scale: tuple[float, float] | None = None
    direction: str | None = None

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("a feedback needs a name, such as 'quality'")
        if self.value is None and self.label is None:
            raise ValueError(f"feedback {self.name!r} needs a value or a label")
        if self.value is not None:
            if not isinstance(self.value, (bool, int, float)):
                raise ValueError(
                    f"the value of feedback {self.name!r} must be a number or a boolean, "
                    f"found {type(self.value).__name__}; use label= for words"
                )
            if not math.isfinite(self.value):
                raise ValueError(
                    f"the value of feedback {self.name!r} must be finite, found {self.value}"
                )
        _one_of("source", self.source, SOURCES)
        if self.direction is not None:
            _one_of("direction", self.direction, DIRECTIONS)
        if self.scale is not None:
            low, high = self.scale
            if not (math.isfinite(low) and math.isfinite(high) and low < high):
                raise ValueError(f"scale must be (lowest, highest), found {self.scale}")

    @property
    def attributes(self) -> dict[str, Any]:
        """As attributes of a `gen_ai.evaluation.result` event."""
        label = self.label
        if isinstance(self.value, bool):
            kind, label = "boolean", self.label or str(self.value).lower()
        else:
            kind = "categorical" if self.value is None else "numeric"
        found = {
            GEN_AI_EVALUATION_NAME: self.name,
            GEN_AI_EVALUATION_SCORE_VALUE: None if self.value is None else float(self.value),
            GEN_AI_EVALUATION_SCORE_LABEL: label,
            GEN_AI_EVALUATION_EXPLANATION: self.comment and mask_secrets(clean(self.comment)),
            GEN_AI_TOOL_CALL_ID: self.tool_call_id,
            SESSION_ID: self.session_id,
            TOOLSPAN_FEEDBACK_ID: self.id,
            TOOLSPAN_FEEDBACK_TARGET_KIND: self.target_kind,
            TOOLSPAN_FEEDBACK_VALUE_KIND: kind,
            TOOLSPAN_FEEDBACK_SOURCE_KIND: self.source,
            TOOLSPAN_FEEDBACK_SOURCE_ID: self.evaluator,
            TOOLSPAN_FEEDBACK_EVALUATOR_VERSION: self.evaluator_version,
            TOOLSPAN_FEEDBACK_SCALE_MIN: None if self.scale is None else float(self.scale[0]),
            TOOLSPAN_FEEDBACK_SCALE_MAX: None if self.scale is None else float(self.scale[1]),
            TOOLSPAN_FEEDBACK_DIRECTION: self.direction,
        }
        return {key: value for key, value in found.items() if value is not None}


def _one_of(what: str, found: str, known: tuple[str, ...]) -> None:
    if found not in known:
        raise ValueError(f"{what} must be one of {', '.join(known)}; found {found!r}")
