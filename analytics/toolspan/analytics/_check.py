"""Thresholds on measures: does the agent still do what was agreed?

    # rules.toml
    [[rule]]
    measure = "tools"            # or any other measure: agents, models, errors, loops, ...
    of = "search_web"            # one of them; "*" (default) each; "overall" all together
    column = "success_rate"      # any number of the measure
    min = 0.95                   # and/or max
    at_least = 20                # calls or runs below which there is too little data
    where = ["agent_name=writer"]

A rate or percentile with an interval fails when the whole interval lies beyond the threshold, and
passes when the observed value keeps it. In between, and with fewer than `at_least`, the data cannot
tell. Counts and sums (`errors`, `timeout`, `cost`, ...) are facts: they need no `at_least` unless
one is given, and what was not called at all counts 0.

Measures of what may go wrong (`errors`, `loops`, ...) have no row where nothing did: then their
counts are 0 as well.
"""

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolspan.analytics.errors import InputError, UsageError, close_to
from toolspan.analytics.measures import EVERYTHING, MEASURES
from toolspan.analytics.output import number

if TYPE_CHECKING:
    from toolspan.analytics.traces import Traces

# Measures with a row for each tool, agent, ...: how its calls or runs ended.
RATED = ("tools", "agents", "workflows", "steps", "models", "servers")
# Other measures: what a row is called by, and how many it counts.
FOUND = {
    "errors": (("tool_name", "error_type", "message"), "count"),
    "repeats": (("tool_name",), "repeated"),
    "retry_ladder": (("tool_name", "attempt_number"), "calls"),
    "carried_cost": (("tool_name",), "calls"),
    "recovery": (("tool_name", "attempt_number"), "made"),
    "fallbacks": (("fallback_from", "tool_name"), "used"),
    "loops": (("tool_name", "kind", "session_key"), "calls"),
    "dead_ends": (("tool_name",), "ended_sessions"),
    "transitions": (("from_tool", "to_tool"), "count"),
    "sessions": (("session_key",), "tool_calls"),
}
ABLE = (*RATED, *FOUND)
PASSED, FAILED, TOO_LITTLE = "passed", "failed", "too_little_data"
AT_LEAST = 20
OVERALL = "overall"

# Where the bounds of a column stand.
BOUNDS = {
    "success_rate": ("success_rate_low", "success_rate_high"),
    "p50_ms": ("p50_low_ms", "p50_high_ms"),
    "p90_ms": ("p90_low_ms", "p90_high_ms"),
    "p95_ms": ("p95_low_ms", "p95_high_ms"),
    "p99_ms": ("p99_low_ms", "p99_high_ms"),
}
# The engine's types of what can be compared with a threshold.
NUMBERS = ("BIGINT", "HUGEINT", "INTEGER", "DOUBLE")
_KEYS = {"measure", "of", "column", "min", "max", "at_least", "where", "name"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One threshold; the attributes are the keys of a `[[rule]]`.

    `at_least` is how many must have ended ok or failed; None is 20 for rates, percentiles and
    means, and none for counts and sums.
    """

    column: str
    measure: str = "tools"
    of: str = "*"
    min: float | None = None
    max: float | None = None
    at_least: int | None = None
    where: tuple[str, ...] = ()
    name: str = ""

    def __str__(self) -> str:
        bounds = [f">= {number(self.min)}"] if self.min is not None else []
        bounds += [f"<= {number(self.max)}"] if self.max is not None else []
        text = f"{self.measure} {self.of}: {self.column} {' and '.join(bounds)}"
        return f"{self.name} ({text})" if self.name else text


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a rule for one tool, agent, ... (`of`).

    Attributes:
        rule: the rule, in words.
        of: whom it was about.
        result: `passed`, `failed` or `too_little_data`.
        value: the observed value.
        low: the lower bound of its 95 % interval, where it has one.
        high: and the upper bound.
        n: how many calls or runs counted.
        sessions: in how many sessions.
        reason: in a sentence.
    """

    rule: str
    of: str
    result: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    sessions: int
    reason: str


def read_rules(path: Path) -> list[Rule]:
    """The rules of a TOML file.

    Raises:
        InputError: it cannot be read or is no TOML.
        UsageError: a rule is not understood.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: no TOML: {error}") from error
    unknown = sorted(set(data) - {"rule"})
    entries = data.get("rule")
    if unknown or not isinstance(entries, list) or not entries:
        beside = f", not {', '.join(unknown)}" if unknown else ""
        raise UsageError(f"{path}: expected at least one [[rule]]{beside}")
    return [_rule(f"{path}: rule {place}", entry) for place, entry in enumerate(entries, 1)]


def _rule(place: str, entry: Mapping[str, Any]) -> Rule:
    for key in entry:
        if key not in _KEYS:
            raise UsageError(
                f"{place} has {key!r}{close_to(key, _KEYS)}; it may have {', '.join(sorted(_KEYS))}"
            )
    measure = entry.get("measure", "tools")
    if measure not in ABLE:
        raise UsageError(f"{place}: measure is one of {', '.join(ABLE)}, not {measure!r}")
    if "column" not in entry or ("min" not in entry and "max" not in entry):
        raise UsageError(f"{place} needs a column, and min or max")
    where = entry.get("where", ())
    texts = [where] if isinstance(where, str) else where
    if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
        raise UsageError(f'{place}: where is a list of conditions such as ["agent_name=writer"]')
    least = _number(place, entry, "at_least")
    low, high = _number(place, entry, "min"), _number(place, entry, "max")
    if low is not None and high is not None and low > high:
        raise UsageError(f"{place}: min {number(low)} is above max {number(high)}")
    return Rule(
        column=str(entry["column"]),
        measure=measure,
        of=str(entry.get("of", "*")),
        min=low,
        max=high,
        at_least=None if least is None else int(least),
        where=tuple(texts),
        name=str(entry.get("name", "")),
    )


def _number(place: str, entry: Mapping[str, Any], key: str) -> float | None:
    value = entry.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise UsageError(f"{place}: {key} is a number, not {value!r}")
    return float(value)


def check(traces: "Traces", rules: Sequence[Rule]) -> list[Verdict]:
    """What comes of each rule, for each tool, agent, ... it is about.

    Raises:
        UsageError: a rule asks for a column that is no number of its measure.
    """
    return [verdict for rule in rules for verdict in _verdicts(traces, rule)]


def _verdicts(traces: "Traces", rule: Rule) -> list[Verdict]:
    by = EVERYTHING if rule.of == OVERALL else None
    measure = MEASURES[rule.measure]
    if by and not measure.by:
        raise UsageError(f"{rule.measure} are not told of all together; leave `of` out")
    keys, _ = FOUND.get(rule.measure, (measure.by, ""))
    if by:
        keys = (by, *(key for key in keys if key not in measure.by))
    records = traces.records(rule.measure, by, rule.where or None)
    described = traces.sql_records(f"DESCRIBE {traces.query(rule.measure, by, rule.where or None)}")
    numbers = [row["column_name"] for row in described if row["column_type"] in NUMBERS]
    numbers = [name for name in numbers if name not in keys]
    if rule.column not in numbers:
        raise UsageError(
            f"{rule.measure} have no number {rule.column!r}{close_to(rule.column, numbers)}; "
            f"they have: {', '.join(numbers)}"
        )
    named = [(_name(record, keys), record) for record in records]
    if rule.of not in ("*", OVERALL):
        named = [
            (name, record)
            for name, record in named
            if rule.of in (name, *(str(record[key]) for key in keys))
        ]
    if not named:
        return [_nothing(rule)]
    return [_verdict(rule, record, name) for name, record in named]


def _name(record: Mapping[str, Any], keys: Sequence[str]) -> str:
    return " / ".join(OVERALL if key == EVERYTHING else str(record[key]) for key in keys)


def _nothing(rule: Rule) -> Verdict:
    """What comes of a rule where nothing was called: a count of it is 0, a rate is not known."""
    if _is_count(rule) and (rule.of != "*" or rule.measure in FOUND):
        return _verdict(rule, {rule.column: 0}, rule.of)
    what = (
        "nothing to measure" if rule.of in ("*", OVERALL) else f"no {rule.measure[:-1]} {rule.of!r}"
    )
    return Verdict(str(rule), rule.of, TOO_LITTLE, None, None, None, 0, 0, what)


# Columns that are facts about what was seen, whatever its size.
COUNTS = frozenset(
    {
        "calls",
        "runs",
        "errors",
        "sessions",
        "ok",
        "error",
        "tool_error",
        "timeout",
        "cancelled",
        "interrupted",
        "denied",
        "abandoned",
        "attempts",
        "retried_calls",
        "recovered_calls",
        "wasted_retry_ms",
        "fallback_calls",
        "rescued_calls",
        "cost",
        "calls_with_cost",
        "tool_cost",
        "tool_calls",
        "tool_errors",
        "llm_calls",
        "input_tokens",
        "output_tokens",
        "cache_read_tokens",
        "cache_write_tokens",
        "reasoning_tokens",
        "calls_with_usage",
        "lost_roots",
        "duration_ms",
        "own_ms",
        "session_time_ms",
        "tools",
        "calls_seen_by_server",
    }
)


def _is_count(rule: Rule) -> bool:
    """Whether a column is a fact about what was seen, and no rate, share or percentile."""
    if rule.measure in RATED:
        return rule.column in COUNTS
    return not rule.column.endswith(("_rate", "share", "_so_far")) and rule.column[:3] != "p50"


def _counted(rule: Rule, record: Mapping[str, Any]) -> int:
    """Of how many a row tells."""
    if rule.measure in FOUND:
        return record.get(FOUND[rule.measure][1]) or 0
    return (record.get("ok") or 0) + (record.get("errors") or 0)


def _verdict(rule: Rule, record: Mapping[str, Any], of: str) -> Verdict:
    value = record[rule.column]
    low, high = _bounds(rule.column, record)
    n = _counted(rule, record)
    sessions = record.get("sessions") or 0

    def verdict(result: str, reason: str) -> Verdict:
        return Verdict(str(rule), of, result, value, low, high, n, sessions, reason)

    least = rule.at_least
    if least is None:
        least = 0 if _is_count(rule) else AT_LEAST
    if n < least:
        told = "ended ok or failed" if rule.measure in RATED else "counted"
        return verdict(TOO_LITTLE, f"{n} {told}, {least} needed")
    if value is None:
        return verdict(TOO_LITTLE, f"nothing says its {rule.column}")
    if rule.min is not None and value < rule.min:
        bound, word, best = rule.min, "below", high
        is_unsure = best is not None and best >= bound
    elif rule.max is not None and value > rule.max:
        bound, word, best = rule.max, "above", low
        is_unsure = best is not None and best <= bound
    else:
        return verdict(PASSED, f"{number(value)} keeps to it")
    reason = f"{number(value)} is {word} {number(bound)}"
    if best is None and _has_interval(rule.column, record):
        why = "one session gives no interval" if sessions < 2 else "too few for an interval"
        return verdict(TOO_LITTLE, f"{reason}, but {why}")
    if is_unsure:
        return verdict(TOO_LITTLE, f"{reason}, but its 95 % interval reaches {number(best)}")
    return verdict(FAILED, reason)


def _bounds(column: str, record: Mapping[str, Any]) -> tuple[float | None, float | None]:
    if column == "error_rate":
        low, high = record.get("success_rate_low"), record.get("success_rate_high")
        return (None if high is None else 1 - high), (None if low is None else 1 - low)
    low, high = BOUNDS.get(column, (f"{column}_low", f"{column}_high"))
    return record.get(low), record.get(high)


def _has_interval(column: str, record: Mapping[str, Any]) -> bool:
    return column in (*BOUNDS, "error_rate") or f"{column}_low" in record


def exit_code(verdicts: Sequence[Verdict], *, inconclusive: str = "report") -> int:
    """1 if a rule failed, else 3 if one had too little data, else 0.

    Args:
        verdicts: of all rules.
        inconclusive: `pass` or `fail` to count too little data as one of these.
    """
    results = {verdict.result for verdict in verdicts}
    if FAILED in results or (TOO_LITTLE in results and inconclusive == "fail"):
        return 1
    return 3 if TOO_LITTLE in results and inconclusive != "pass" else 0


def webhook_body(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """What to post to a chat or an alert manager: a line of text, and the verdicts."""
    failed = [verdict for verdict in verdicts if verdict.result == FAILED]
    little = [verdict for verdict in verdicts if verdict.result == TOO_LITTLE]
    passed = len(verdicts) - len(failed) - len(little)
    lines = [f"toolspan check: {len(failed)} failed, {len(little)} unsure, {passed} passed"]
    lines += [f"✗ {verdict.of}: {verdict.reason} ({verdict.rule})" for verdict in failed[:20]]
    if len(failed) > 20:
        lines.append(f"and {len(failed) - 20} more")
    state = "failed" if failed else "inconclusive" if little else "passed"
    return {"text": "\n".join(lines), "status": state, "verdicts": [asdict(v) for v in verdicts]}
