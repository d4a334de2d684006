"""Thresholds on measures: does the agent still do what was agreed?

    # rules.toml
    [[rule]]
    measure = "tools"            # or agents, workflows, steps, models, servers
    of = "search_web"            # one of them; "*" (default) each; "overall" all together
    column = "success_rate"      # any number of the measure
    min = 0.95                   # and/or max
    at_least = 20                # calls or runs below which there is too little data
    where = ["agent_name=writer"]

A rate or percentile with an interval fails when the whole interval lies beyond the threshold, and
passes when the observed value keeps it. In between, and with too few calls, the data cannot tell.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolspan.analytics.errors import InputError, UsageError
from toolspan.analytics.measures import EVERYTHING, MEASURES
from toolspan.analytics.output import number

if TYPE_CHECKING:
    from toolspan.analytics._traces import Traces

PASSED, FAILED, TOO_LITTLE = "passed", "failed", "too_little_data"
AT_LEAST = 20
OVERALL = "overall"

# Where the bounds of a column stand.
BOUNDS = {
    "success_rate": ("success_rate_low", "success_rate_high"),
    "p50_ms": ("p50_low_ms", "p50_high_ms"),
    "p95_ms": ("p95_low_ms", "p95_high_ms"),
}
_KEYS = {"measure", "of", "column", "min", "max", "at_least", "where", "by", "name"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One threshold; the attributes are the keys of a `[[rule]]`."""

    column: str
    measure: str = "tools"
    of: str = "*"
    min: float | None = None
    max: float | None = None
    at_least: int = AT_LEAST
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
    entries = data.get("rule")
    if not isinstance(entries, list) or not entries:
        raise UsageError(f"{path}: expected at least one [[rule]]")
    return [_rule(path, place, entry) for place, entry in enumerate(entries, 1)]


def _rule(path: Path, place: int, entry: Mapping[str, Any]) -> Rule:
    unknown = sorted(set(entry) - _KEYS)
    if unknown:
        raise UsageError(
            f"{path}: rule {place} has {', '.join(unknown)}; it may have {', '.join(sorted(_KEYS))}"
        )
    measure = entry.get("measure", "tools")
    if measure not in MEASURES or not MEASURES[measure].by:
        able = ", ".join(name for name, m in MEASURES.items() if m.by)
        raise UsageError(f"{path}: rule {place}: measure is one of {able}, not {measure!r}")
    if "column" not in entry or ("min" not in entry and "max" not in entry):
        raise UsageError(f"{path}: rule {place} needs a column, and min or max")
    where = entry.get("where", ())
    return Rule(
        column=str(entry["column"]),
        measure=measure,
        of=str(entry.get("of", "*")),
        min=_number(path, place, entry, "min"),
        max=_number(path, place, entry, "max"),
        at_least=int(entry.get("at_least", AT_LEAST)),
        where=(where,) if isinstance(where, str) else tuple(where),
        name=str(entry.get("name", "")),
    )


def _number(path: Path, place: int, entry: Mapping[str, Any], key: str) -> float | None:
    value = entry.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UsageError(f"{path}: rule {place}: {key} is a number, not {value!r}")
    return float(value)


def check(traces: "Traces", rules: Sequence[Rule]) -> list[Verdict]:
    """What comes of each rule, for each tool, agent, ... it is about.

    Raises:
        UsageError: a rule asks for a column that is no number of its measure.
    """
    return [verdict for rule in rules for verdict in _verdicts(traces, rule)]


def _verdicts(traces: "Traces", rule: Rule) -> list[Verdict]:
    by = EVERYTHING if rule.of == OVERALL else None
    records = traces.records(rule.measure, by, rule.where or None)
    key = by or MEASURES[rule.measure].by[-1]
    if rule.of not in ("*", OVERALL):
        records = [record for record in records if record[key] == rule.of]
    if not records:
        reason = f"no {rule.measure[:-1]} of that name" if rule.of != "*" else "nothing to measure"
        return [Verdict(str(rule), rule.of, TOO_LITTLE, None, None, None, 0, 0, reason)]
    return [_verdict(rule, record, OVERALL if by else str(record[key])) for record in records]


def _verdict(rule: Rule, record: Mapping[str, Any], of: str) -> Verdict:
    if rule.column not in record or isinstance(record[rule.column], str):
        numbers = [key for key, value in record.items() if not isinstance(value, str)]
        raise UsageError(
            f"{rule.measure} has no number {rule.column!r}; it has: {', '.join(numbers)}"
        )
    value = record[rule.column]
    low, high = _bounds(rule.column, record)
    n = record["ok"] + record["errors"]
    sessions = record["sessions"]

    def verdict(result: str, reason: str) -> Verdict:
        return Verdict(str(rule), of, result, value, low, high, n, sessions, reason)

    if n < rule.at_least or value is None:
        return verdict(TOO_LITTLE, f"{n} counted, {rule.at_least} needed")
    beyond = [
        (bound, word)
        for bound, word, broken in (
            (rule.min, "below", rule.min is not None and value < rule.min),
            (rule.max, "above", rule.max is not None and value > rule.max),
        )
        if broken
    ]
    if not beyond:
        return verdict(PASSED, f"{number(value)} keeps to it")
    bound, word = beyond[0]
    assert bound is not None
    reason = f"{number(value)} is {word} {number(bound)}"
    best = high if word == "below" else low
    if rule.column in (*BOUNDS, "error_rate"):
        if best is None:
            return verdict(TOO_LITTLE, f"{reason}, but one session gives no interval")
        if (best >= bound) if word == "below" else (best <= bound):
            return verdict(TOO_LITTLE, f"{reason}, but its 95 % interval reaches {number(best)}")
    return verdict(FAILED, reason)


def _bounds(column: str, record: Mapping[str, Any]) -> tuple[float | None, float | None]:
    if column == "error_rate":
        low, high = record.get("success_rate_low"), record.get("success_rate_high")
        return (None if high is None else 1 - high), (None if low is None else 1 - low)
    names = BOUNDS.get(column)
    return (record.get(names[0]), record.get(names[1])) if names else (None, None)


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
    state = "failed" if failed else "inconclusive" if little else "passed"
    return {"text": "\n".join(lines), "status": state, "verdicts": [asdict(v) for v in verdicts]}
