"""What words mean as values. One place, so that every path into the tables agrees."""

from collections.abc import Mapping, Sequence

from toolspan.analytics.errors import UsageError

# Spellings seen in exports and in judges' answers; in lower case, blanks and dashes as `_`.
# fmt: off
GOOD = (
    "pass", "passed", "pass_with_notes", "satisfied", "satisfactory", "compliant", "correct",
    "right", "yes", "true", "good", "great", "ok", "success", "successful", "succeeded",
    "positive", "accept", "accepted", "approved", "thumbs_up", "up", "helpful", "resolved", "👍",
    "✅",
)
BAD = (
    "fail", "failed", "not_satisfied", "unsatisfied", "unsatisfactory", "non_compliant",
    "noncompliant", "not_compliant", "incorrect", "wrong", "no", "false", "bad", "poor", "failure",
    "unsuccessful", "negative", "reject", "rejected", "disapproved", "thumbs_down", "down",
    "unhelpful", "not_helpful", "unresolved", "👎", "❌",
)
# No judgement at all: missing, and never 0 or a midpoint.
MISSING = (
    "n/a", "na", "not_applicable", "unknown", "none", "null", "nan", "skipped", "skip", "unsure",
    "cannot_say", "can't_say", "undetermined", "inconclusive", "error", "no_answer", "not_rated",
    "unrated", "-",
)
# fmt: on

DEFAULT_LABELS: dict[str, float | None] = {
    **dict.fromkeys(GOOD, 1.0),
    **dict.fromkeys(BAD, 0.0),
    **dict.fromkeys(MISSING, None),
}


def normalised(label: str) -> str:
    """The spelling under which a label is looked up."""
    return label.strip().lower().replace(" ", "_").replace("-", "_") or "-"


def label_values(
    pairs: Sequence[str] | Mapping[str, float | None] | None,
) -> dict[str, float | None]:
    """The default meanings with those of the user on top.

    Args:
        pairs: `label=value` texts or a mapping; an empty value or None makes the label missing.

    Raises:
        UsageError: a pair is not of that form.
    """
    found = {normalised(label): value for label, value in DEFAULT_LABELS.items()}
    given: dict[str, float | None] = {}
    if isinstance(pairs, Mapping):
        given = dict(pairs)
    else:
        for pair in pairs or ():
            label, sign, value = pair.rpartition("=")
            try:
                given[label] = float(value) if value.strip() else None
            except ValueError:
                sign = ""
            if not sign or not label:
                raise UsageError(f"expected LABEL=NUMBER, such as pass=1; found {pair!r}")
    return found | {normalised(label): value for label, value in given.items()}
