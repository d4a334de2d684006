"""What comes of a quantity, and of all together."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from toolspan.analytics.statistics import holm

if TYPE_CHECKING:
    from toolspan.analytics.comparison._assess import Assessment

PASS, FAIL, INCONCLUSIVE, NOT_JUDGED = "PASS", "FAIL", "INCONCLUSIVE", "not judged"
VERDICTS: Final = (PASS, FAIL, INCONCLUSIVE, NOT_JUDGED)
CONFIDENCE: Final = 0.95
# Of each one-sided decision: half of what a 95 % interval may miss.
LEVEL: Final = (1 - CONFIDENCE) / 2
# A NEW that is as good as BASE should pass four times in five.
_QUANTILE, _POWER = 1.959964, 0.841621
# Beyond so many times as many sessions, a number would promise what nobody can hold.
MOST_TIMES: Final = 1_000
# A bound of 22,000 times as much is none.
UNBOUNDED: Final = 10.0


@dataclass(frozen=True, slots=True)
class Judgement:
    """What comes of one quantity.

    Attributes:
        assessment: what is known of it.
        verdict: one of `VERDICTS`.
        p_fail: that NEW is within the margin, one-sided.
        p_fail_holm: the same, adjusted for all quantities that are judged.
        p_pass: that NEW is worse than the margin allows, one-sided.
        sessions_needed: how many more tasks, or sessions of each run, would tell; None where
            nothing is needed or no number can be given.
        assumes: under what: `no_difference`, `this_difference`, or `any_interval` where there is
            none yet.
    """

    assessment: "Assessment"
    verdict: str
    p_fail: float | None = None
    p_fail_holm: float | None = None
    p_pass: float | None = None
    sessions_needed: int | None = None
    assumes: str | None = None


def judge(assessments: "Sequence[Assessment]") -> list[Judgement]:
    """The verdict of each.

    FAIL when the interval lies wholly beyond the margin on the bad side, relabelling agrees, and
    both hold after Holm's adjustment for all quantities that are judged: any FAIL fails the whole.
    PASS when the interval lies wholly within the margin: the whole passes only if all do, so this
    needs no adjustment (intersection-union test). INCONCLUSIVE otherwise.

    Source: Berger (1982), Technometrics 24, 295; Holm (1979).
    """
    p_fail = np.full(len(assessments), math.nan)
    for place, each in enumerate(assessments):
        if each.subject.margin is not None and each.shift is not None and each.trouble is None:
            p_fail[place] = each.p_fail
    adjusted = holm(p_fail)
    return [
        _judged(each, float(p), float(p_holm))
        for each, p, p_holm in zip(assessments, p_fail, adjusted, strict=True)
    ]


def _judged(found: "Assessment", p_fail: float, p_fail_holm: float) -> Judgement:
    if found.subject.margin is None:
        return Judgement(found, NOT_JUDGED)
    if found.trouble is not None or math.isnan(p_fail):
        more = math.ceil(found.independent * (found.times - 1)) if found.times > 1 else None
        return Judgement(
            found, INCONCLUSIVE, sessions_needed=more, assumes="any_interval" if more else None
        )
    p_pass = found.p_pass
    if p_fail_holm <= LEVEL:
        return Judgement(found, FAIL, p_fail, p_fail_holm, p_pass)
    if p_pass <= LEVEL:
        return Judgement(found, PASS, p_fail, p_fail_holm, p_pass)
    more, assumes = _needed(found, p_fail <= LEVEL)
    return Judgement(found, INCONCLUSIVE, p_fail, p_fail_holm, p_pass, more, assumes)


def _needed(found: "Assessment", is_beyond: bool) -> tuple[int | None, str | None]:
    """How many more sessions would tell, were they to scatter as these do."""
    limit, harm = found.subject.limit, found.harm
    if is_beyond:
        # Wholly beyond, and not after Holm: half as many again make up for ten comparisons.
        return math.ceil(0.5 * found.independent), "this_difference"

    def is_enough_for_none(times: float) -> bool:
        high = found.harm_interval(CONFIDENCE, times)[1]
        return (1 + _POWER / _QUANTILE) * (high - harm) <= limit

    def is_enough_for_this(times: float) -> bool:
        low, high = found.harm_interval(CONFIDENCE, times)
        return high < limit or low > limit

    assumes = "no_difference"
    times = _least(is_enough_for_none)
    if times is not None and times <= 1:
        # Enough for a NEW as good as BASE; it seems not to be quite that.
        assumes, times = "this_difference", _least(is_enough_for_this)
    if times is None:
        return None, None
    return max(1, math.ceil(found.independent * (times - 1))), assumes


def _least(is_enough: Callable[[float], bool]) -> float | None:
    """The least number of times from 1 on that is enough; None where none up to `MOST_TIMES` is."""
    low, high = 0.0, math.log(MOST_TIMES)
    if is_enough(1.0):
        return 1.0
    if not is_enough(MOST_TIMES):
        return None
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (low, middle) if is_enough(math.exp(middle)) else (middle, high)
    return math.exp(high)


def overall(judgements: Sequence[Judgement]) -> str:
    """FAIL if anything fails, else INCONCLUSIVE if anything is or nothing is judged, else PASS."""
    verdicts = {each.verdict for each in judgements} - {NOT_JUDGED}
    if FAIL in verdicts:
        return FAIL
    return PASS if verdicts == {PASS} else INCONCLUSIVE


def exit_code(verdict: str, *, inconclusive: str = "report") -> int:
    """1 if it failed, 3 if inconclusive, else 0.

    Args:
        verdict: of all together.
        inconclusive: `pass` or `fail` to count INCONCLUSIVE as one of these.
    """
    if verdict == INCONCLUSIVE:
        return {"pass": 0, "fail": 1}.get(inconclusive, 3)
    return 1 if verdict == FAIL else 0


def record_of(judged: Judgement) -> dict[str, Any]:
    """The row of a comparison's table, without words."""
    found = judged.assessment
    subject, margin, test = found.subject, found.subject.margin, found.test
    low, high = (None, None) if found.shift is None else found.shift.interval(CONFIDENCE)
    difference = None if found.shift is None else found.shift.difference
    is_relative = subject.is_relative

    def shown(value: float | None) -> float | None:
        if value is None or not math.isfinite(value) or (is_relative and value > UNBOUNDED):
            return None
        return math.expm1(value) if is_relative else value

    better, worse = found.pairs or (None, None)
    return {
        "quantity": subject.quantity,
        "of": subject.of,
        "source": subject.source,
        "verdict": judged.verdict,
        "base": found.base,
        "new": found.new,
        "difference": shown(difference),
        "low": shown(low),
        "high": shown(high),
        "is_relative": is_relative,
        "margin": None if margin is None else margin.amount,
        "better": "higher" if subject.is_higher_better else "lower",
        "unit": subject.unit,
        "n_base": found.n_base,
        "n_new": found.n_new,
        "independent": found.independent,
        "p_value": None if test is None or math.isnan(test.p_value) else test.p_value,
        "p_fail": judged.p_fail,
        "p_fail_holm": judged.p_fail_holm,
        "p_pass": judged.p_pass,
        "sessions_needed": judged.sessions_needed,
        "assumes": judged.assumes,
        "pairs_better": better,
        "pairs_worse": worse,
        "base_raw": found.base_raw,
        "new_raw": found.new_raw,
        "raw_p": None if found.raw_p is None or math.isnan(found.raw_p) else found.raw_p,
    }
