"""`feedback_history.json` of home-grown loggers: a list of assessments of sessions."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from toolspan.analytics.feedback import _values as v
from toolspan.analytics.feedback._feedback import Feedback

NAME = "feedback_history"

RATING = "user_rating"


def recognises(record: Mapping[str, Any]) -> bool:
    """Whether the record is such an assessment."""
    return "session_id" in record and "overall_score" in record


def feedbacks(record: Mapping[str, Any]) -> Iterator[Feedback]:
    """Each value of the record as feedback: null makes none, 0 is a value."""
    scores = record.get("quality_scores")
    values = [("overall_score", record.get("overall_score"))]
    values += list(scores.items()) if isinstance(scores, Mapping) else []
    values.append((RATING, record.get(RATING)))
    content = json.dumps(record, sort_keys=True, default=str).encode()
    digest = hashlib.blake2b(content, digest_size=8).hexdigest()
    comment = v.text(record.get("comments"))
    for name, given in values:
        value = v.number(given)
        if value is None:
            continue
        is_rating = name == RATING
        yield Feedback(
            name=name,
            value=value,
            value_kind="ordinal" if is_rating else "numeric",
            feedback_id=f"{digest}-{name}",
            session_id=v.text(record.get("session_id")),
            target_kind="session",
            source_kind="human" if is_rating else "unknown",
            comment=comment,
            scale_min=1.0 if is_rating else 0.0,
            scale_max=5.0 if is_rating else 10.0,
            direction="higher",
            time_ns=v.nanoseconds(record.get("timestamp")),
            ingested_from=NAME,
        )
        comment = None  # it goes with the record's first value
