"""Reading what people put into the cells of exports: numbers, booleans, words, times, ids."""

import math
import re
from datetime import UTC, datetime
from typing import Any

_BOOLEANS = {"true": 1.0, "false": 0.0}
_TRACE = re.compile(r"[0-9a-f]{32}")
_SPAN = re.compile(r"[0-9a-f]{16}")

# Epoch times by magnitude: seconds, milli-, micro-, nanoseconds until the year 5138.
_EPOCH_UNITS = ((1e11, 1_000_000_000), (1e14, 1_000_000), (1e17, 1_000), (math.inf, 1))


def text(item: Any) -> str | None:
    """A cell as text; None for nothing and for NaN."""
    if item is None or (isinstance(item, float) and math.isnan(item)):
        return None
    found = str(item).strip()
    return found or None


def number(item: Any) -> float | None:
    """A cell as a finite number; None for anything else."""
    if isinstance(item, bool) or item is None:
        return None
    try:
        found = float(item)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None


def judgement(item: Any) -> tuple[float | None, str | None, str | None]:
    """A cell as value, label and kind of value: `4`, `"4.5"`, `True`, `"false"`, `"pass"`."""
    if isinstance(item, bool):
        return float(item), str(item).lower(), "boolean"
    found = number(item)
    if found is not None:
        return found, None, "numeric"
    word = text(item)
    if word is None or isinstance(item, float):
        return None, None, None
    if word.lower() in _BOOLEANS:
        return _BOOLEANS[word.lower()], word.lower(), "boolean"
    return None, word, "categorical"


def nanoseconds(item: Any) -> int | None:
    """A time as nanoseconds since 1970: ISO 8601 (without offset: UTC), or an epoch in any unit."""
    if isinstance(item, datetime):
        moment = item if item.tzinfo else item.replace(tzinfo=UTC)
        return round(moment.timestamp() * 1e6) * 1000
    epoch = number(item)
    if epoch is not None:
        return round(epoch * next(factor for limit, factor in _EPOCH_UNITS if abs(epoch) < limit))
    word = text(item)
    if word is None:
        return None
    # Python reads six digits of a second; exports have up to nine.
    match = re.fullmatch(r"(.*?:\d\d)\.(\d{1,9})\d*(.*)", word)
    whole, fraction = (match[1] + match[3], match[2].ljust(9, "0")) if match else (word, "0")
    try:
        moment = datetime.fromisoformat(whole.replace(" UTC", "+00:00"))
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(moment.timestamp()) * 1_000_000_000 + int(fraction)


def trace_id(item: Any) -> str | None:
    """An id of a trace of OpenTelemetry as 32 digits; MLflow's `tr-` before it is dropped."""
    word = (text(item) or "").lower().removeprefix("tr-").replace("-", "")
    return word if _TRACE.fullmatch(word) and int(word, 16) else None


def span_id(item: Any) -> str | None:
    """An id of a span of OpenTelemetry as 16 digits."""
    word = (text(item) or "").lower()
    return word if _SPAN.fullmatch(word) and int(word, 16) else None
