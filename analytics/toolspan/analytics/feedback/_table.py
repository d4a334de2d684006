"""Tables of anybody's making: a session and a score are enough."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from toolspan.analytics.errors import InputError, UsageError
from toolspan.analytics.feedback import _values as v
from toolspan.analytics.feedback._feedback import Feedback, source_of

# Our field, then the column names it is known by (lower case, letters and digits only).
KNOWN_COLUMNS: dict[str, tuple[str, ...]] = {
    "session_id": ("sessionid", "session", "chatid", "threadid"),
    "conversation_id": ("conversationid", "genaiconversationid", "conversation"),
    "trace_id": ("traceid", "trace"),
    "span_id": ("spanid", "span", "contextspanid"),
    "tool_call_id": ("toolcallid",),
    "name": ("name", "scorename", "metric", "metricname", "criterion", "key"),
    "value": ("value", "score", "rating", "stars", "grade", "reward", "scorevalue"),
    "label": ("label", "verdict", "category", "scorelabel"),
    "source": ("source", "sourcekind", "sourcetype", "annotatorkind"),
    "source_id": ("sourceid", "evaluator", "judge", "judgemodel"),
    "rater_id": ("raterid", "rater", "annotator", "annotatorid", "reviewer", "userid", "author"),
    "evaluator_version": ("evaluatorversion", "version"),
    "comment": ("comment", "comments", "explanation", "rationale", "reason", "notes"),
    "time": ("timestamp", "time", "createdat", "date", "ratedat"),
    "feedback_id": ("id", "feedbackid", "scoreid"),
    "direction": ("direction",),
    "scale_min": ("scalemin", "min"),
    "scale_max": ("scalemax", "max"),
}
TARGETS = ("session_id", "conversation_id", "trace_id", "span_id", "tool_call_id")
ATTRIBUTE = "attribute:"


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column holds what.

    Attributes:
        fields: our field to the file's column.
        scores: columns that are one score each, called as the column is; with these, `value` and
            `name` are not looked for.
        attributes: a span attribute to the column that holds its value.
    """

    fields: Mapping[str, str]
    scores: Sequence[str] = ()
    attributes: Mapping[str, str] | None = None


def parse_mapping(pairs: Sequence[str]) -> Columns:
    """`FIELD=COLUMN` texts: `session_id=chat`, `score=stars,accuracy`, `attribute:order.id=order`.

    Raises:
        UsageError: a pair is not of that form, or its field is not known.
    """
    fields: dict[str, str] = {}
    scores: list[str] = []
    attributes: dict[str, str] = {}
    for pair in pairs:
        field, sign, column = pair.partition("=")
        if not sign or not column:
            raise UsageError(f"expected FIELD=COLUMN, such as session_id=chat; found {pair!r}")
        if field == "score":
            scores += column.split(",")
        elif field.startswith(ATTRIBUTE):
            attributes[field.removeprefix(ATTRIBUTE)] = column
        elif field in KNOWN_COLUMNS:
            fields[field] = column
        else:
            known = ", ".join(("score", *KNOWN_COLUMNS, f"{ATTRIBUTE}NAME"))
            raise UsageError(f"no field {field!r} to map a column to; there are: {known}")
    return Columns(fields, scores, attributes)


def find_columns(names: Sequence[str], given: Columns | None = None) -> Columns:
    """Complete the mapping by the names of the columns.

    Raises:
        InputError: what it is about, or the score, is in no column that can be told.
    """
    given = given or Columns({})
    missing = [
        column
        for column in (*given.fields.values(), *given.scores, *(given.attributes or {}).values())
        if column not in names
    ]
    if missing:
        raise InputError(f"no column {missing[0]!r}; there are: {', '.join(names[:20])}")
    plain = {"".join(c for c in name.lower() if c.isalnum()): name for name in reversed(names)}
    fields = dict(given.fields)
    taken = {*fields.values(), *given.scores, *(given.attributes or {}).values()}
    for field, spellings in KNOWN_COLUMNS.items():
        column = next((plain[s] for s in spellings if plain.get(s) not in (None, *taken)), None)
        if field not in fields and column is not None:
            fields[field] = column
            taken.add(column)
    has_target = any(field in fields for field in TARGETS) or bool(given.attributes)
    has_score = bool(given.scores) or "value" in fields or "label" in fields
    if not has_target or not has_score:
        what = "a score" if has_target else "a session"
        how = "score=COLUMN" if has_target else "session_id=COLUMN"
        raise InputError(
            f"which column holds {what}? There are: {', '.join(names[:20])}; say it with "
            f"--map {how}"
        )
    return Columns(fields, given.scores, given.attributes)


def feedbacks(
    record: Mapping[str, Any], columns: Columns, ingested_from: str
) -> Iterator[Feedback]:
    """One feedback for each score of the row that has a value or a label."""
    fields = columns.fields

    def of(field: str) -> Any:
        return record.get(fields[field]) if field in fields else None

    kind, source_id = source_of(v.text(of("source")))
    attribute = next(iter((columns.attributes or {}).items()), None)
    target_value = v.text(record.get(attribute[1])) if attribute else None
    trace, span = v.trace_id(of("trace_id")), v.span_id(of("span_id"))
    session = v.text(of("session_id"))
    target_kind = (
        "span"
        if span
        else "tool_call"
        if v.text(of("tool_call_id"))
        else "attribute"
        if target_value
        else "trace"
        if trace and not session
        else "session"
    )
    common: dict[str, Any] = {
        "session_id": session,
        "conversation_id": v.text(of("conversation_id")),
        "trace_id": trace,
        "span_id": span,
        "tool_call_id": v.text(of("tool_call_id")),
        "target_key": attribute[0] if attribute and target_value else None,
        "target_value": target_value,
        "target_kind": target_kind,
        "source_kind": kind,
        "source_id": v.text(of("source_id")) or source_id,
        "rater_id": v.text(of("rater_id")),
        "evaluator_version": v.text(of("evaluator_version")),
        "comment": v.text(of("comment")),
        "time_ns": v.nanoseconds(of("time")),
        "direction": v.text(of("direction")),
        "scale_min": v.number(of("scale_min")),
        "scale_max": v.number(of("scale_max")),
        "ingested_from": ingested_from,
    }
    if columns.scores:
        for column in columns.scores:
            value, label, value_kind = v.judgement(record.get(column))
            if value is not None or label is not None:
                yield Feedback(
                    name=column, value=value, label=label, value_kind=value_kind, **common
                )
        return
    value, label, value_kind = v.judgement(of("value"))
    label = v.text(of("label")) or label
    if value is None and label is None:
        return
    yield Feedback(
        name=v.text(of("name")) or fields.get("value") or fields["label"],
        value=value,
        label=label,
        value_kind=value_kind or "categorical",
        feedback_id=v.text(of("feedback_id")) or "",
        **common,
    )
