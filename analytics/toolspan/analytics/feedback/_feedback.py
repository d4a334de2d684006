"""One feedback, whatever it came from."""

import hashlib
import json
from dataclasses import dataclass, fields
from typing import Self

SOURCE_KINDS = ("human", "llm", "code", "unknown")
VALUE_KINDS = ("numeric", "boolean", "categorical", "ordinal", "text")

# How platforms and people spell who judged, in lower case.
SOURCE_WORDS = {
    "human": "human",
    "user": "human",
    "annotation": "human",
    "annotator": "human",
    "reviewer": "human",
    "expert": "human",
    "manual": "human",
    "llm": "llm",
    "llm_judge": "llm",
    "llm-judge": "llm",
    "ai_judge": "llm",
    "judge": "llm",
    "model": "llm",
    "eval": "llm",
    "code": "code",
    "environment": "code",
    "check": "code",
    "rule": "code",
    "heuristic": "code",
    "test": "code",
    "unknown": "unknown",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """A named value or label, about one target, from one source.

    Attributes:
        name: what was judged.
        value: as a number; booleans are 1 and 0. None where only a label is known.
        label: as a word.
        value_kind: one of `VALUE_KINDS`, None where unknown.
        feedback_id: of the platform it came from, else made of its content.
        session_id: the session it is about.
        trace_id: the trace it is about, 32 hexadecimal digits.
        span_id: the span it is about, 16 hexadecimal digits.
        tool_call_id: the provider's id of the tool call it is about.
        conversation_id: the conversation it is about.
        response_id: the model response it is about.
        target_key: a span attribute that names what it is about, with its `target_value`.
        target_value: the value of that attribute.
        target_kind: `session`, `trace`, `span`, `tool_call` or `attribute`.
        source_kind: one of `SOURCE_KINDS`.
        source_id: which evaluator, panel, judge or check; never pooled.
        rater_id: who of several raters of one source.
        evaluator_version: version of the evaluator; never pooled.
        comment: why.
        error: what went wrong while judging; such a feedback has no value.
        scale_min: the lowest possible value.
        scale_max: the highest possible value.
        direction: `higher` is better, `lower`, or `none`.
        time_ns: when it was given, nanoseconds since 1970 UTC.
        ingested_from: the platform or kind of file it came from.
    """

    name: str
    value: float | None = None
    label: str | None = None
    value_kind: str | None = None
    feedback_id: str = ""
    session_id: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    tool_call_id: str | None = None
    conversation_id: str | None = None
    response_id: str | None = None
    target_key: str | None = None
    target_value: str | None = None
    target_kind: str | None = None
    source_kind: str = "unknown"
    source_id: str | None = None
    rater_id: str | None = None
    evaluator_version: str | None = None
    comment: str | None = None
    error: str | None = None
    scale_min: float | None = None
    scale_max: float | None = None
    direction: str | None = None
    time_ns: int | None = None
    ingested_from: str = ""

    def identified(self) -> Self:
        """With an id, if it has none: the same content always gets the same one."""
        if self.feedback_id:
            return self
        content = {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if field.name not in ("feedback_id", "ingested_from")
        }
        text = json.dumps(content, sort_keys=True, ensure_ascii=False)
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12)
        values = {**content, "ingested_from": self.ingested_from}
        return type(self)(feedback_id=digest.hexdigest(), **values)

    @property
    def has_target(self) -> bool:
        """Whether it says what it is about."""
        return any(
            (
                self.session_id,
                self.trace_id,
                self.span_id,
                self.tool_call_id,
                self.conversation_id,
                self.response_id,
                self.target_value,
            )
        )


def source_of(word: str | None) -> tuple[str, str | None]:
    """Kind and id of a source by the word that names it.

    `human` is a kind and no more; `llm_judge:gpt-4o` and `environment` are both.
    """
    if not word:
        return "unknown", None
    kind = SOURCE_WORDS.get(word.split(":", 1)[0].strip().lower(), "unknown")
    return kind, None if word.lower() in SOURCE_KINDS else word
