"""Verdicts, and the sentences that give them."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from toolspan.analytics.findings._assess import LEAST_SESSIONS, NEXT_TO_NOTHING, Assessment
from toolspan.analytics.findings._refusals import Context, refusal
from toolspan.analytics.findings._words import capital, interval, plain, sessions_that, signed
from toolspan.analytics.statistics import detectable_effect, e_value

if TYPE_CHECKING:
    from collections.abc import Mapping

SUPPORTED = "supported"
SUGGESTIVE = "suggestive"
NO_EVIDENCE = "no evidence"
NOT_ENOUGH = "not enough data"
VERDICTS = (SUPPORTED, SUGGESTIVE, NO_EVIDENCE, NOT_ENOUGH)

FAMILY_WISE_LEVEL = 0.05
FALSE_DISCOVERY_LEVEL = 0.10
# A study that could only have seen more than so many standard deviations of the score has not
# shown that there is nothing: 0.8 is a large effect (Cohen 1988).
LARGEST_DETECTABLE = 0.8
# What shrinks to less than this share when only use before the first error counts may be a
# reaction to errors.
EARLY_SHARE = 0.5
DISAGREEMENT_LEVEL = 0.01


def judge(found: Assessment, context: Context) -> tuple[str, str]:
    """The verdict, and what it says."""
    if not found.is_enough:
        return NOT_ENOUGH, refusal(found, context)
    weaker, spread = found.weaker, _spread(found, context)
    sessions = sessions_that(context.kind, found.exposure.name)
    flags = _flags(found, context)
    if found.p_max_t < FAMILY_WISE_LEVEL:
        return SUPPORTED, " ".join((_effect(found, context), *flags))
    if found.q_value < FALSE_DISCOVERY_LEVEL:
        doubt = "Up to one in ten of such findings is chance."
        return SUGGESTIVE, " ".join((_effect(found, context), doubt, *flags))
    detectable = detectable_effect(weaker.standard_error)
    differs = (
        f"{capital(sessions)} scored {_how(found, context)} than comparable sessions "
        f"({interval(weaker, spread)}), which is no more than chance among {context.tested} such "
        f"comparison{'s' if context.tested != 1 else ''}"
    )
    is_zero_in = weaker.low <= 0 <= weaker.high
    if not detectable <= LARGEST_DETECTABLE * spread:
        seen = f"only a difference of {plain(detectable, spread)} or more could have been seen"
        if not is_zero_in:
            return NOT_ENOUGH, f"{differs}: with so few comparable sessions, {seen}."
        return NOT_ENOUGH, (
            f"Too few comparable sessions to tell whether {sessions} score differently: {seen} "
            f"({interval(weaker, spread)})."
        )
    if not is_zero_in:
        return NO_EVIDENCE, " ".join((f"{differs}.", *flags))
    nothing = (
        f"No evidence that {sessions} score differently from comparable sessions: differences "
        f"beyond {signed(weaker.low, spread)} and {signed(weaker.high, spread)} are ruled out."
    )
    return NO_EVIDENCE, " ".join((nothing, *flags))


def record_of(found: Assessment, context: Context, method: str) -> dict[str, Any]:
    """One row of the result; docs/reference/findings.md describes every column."""
    verdict, sentence = judge(found, context)
    weaker, raw = found.weaker, found.raw
    table, early, alone = found.mantel_haenszel, found.before_error, found.leave_one_out
    reverses = found.reverses if found.is_enough else None
    return {
        "exposure": found.exposure.name,
        "exposure_kind": context.kind,
        "score_name": context.key.name,
        "source": context.key.source,
        "verdict": verdict,
        "difference": _known(weaker.difference),
        "ci_low": _known(weaker.low),
        "ci_high": _known(weaker.high),
        "p_value": _known(weaker.p_value),
        "p_max_t": _known(found.p_max_t),
        "q_value": _known(found.q_value),
        "detectable": _known(detectable_effect(weaker.standard_error)),
        "raw_difference": _known(raw.difference),
        "raw_p": _known(raw.mann_whitney_p),
        "reverses": reverses,
        "n_used": weaker.n_used,
        "n_unused": weaker.n_unused,
        "strata": weaker.strata,
        "n_used_rated": raw.n_used,
        "n_unused_rated": raw.n_unused,
        "mean_used": _known(raw.mean_used),
        "mean_unused": _known(raw.mean_unused),
        "effect": "mean difference" if found.exposure.is_binary else "rank correlation",
        "superiority": _known(found.superiority),
        "risk_ratio": _known(table.risk_ratio) if table else None,
        "odds_ratio": _known(table.odds_ratio) if table else None,
        "difference_by_length": _known(found.main.difference),
        "difference_by_other_calls": _known(found.other.difference) if found.other else None,
        "difference_without_length": _known(found.unmatched.difference),
        "difference_before_error": _known(early.difference) if early else None,
        "leave_one_out_low": _known(alone.low) if alone else None,
        "leave_one_out_high": _known(alone.high) if alone else None,
        "disagreement_p": _known(found.heterogeneity.p_value) if found.heterogeneity else None,
        "e_value": _known(_e_value(found, context)),
        "method": method,
        "sentence": sentence,
    }


def by_verdict(record: "Mapping[str, Any]") -> tuple[int, float, float, str]:
    """The order of rows: what is known best comes first."""
    q_value, p_value = record["q_value"], record["p_value"]
    return (
        VERDICTS.index(record["verdict"]),
        2.0 if q_value is None else q_value,
        2.0 if p_value is None else p_value,
        record["exposure"],
    )


def _effect(found: Assessment, context: Context) -> str:
    """The difference with its interval, and no word of why."""
    weaker, spread = found.weaker, _spread(found, context)
    way = _way(found)
    aside = ""
    if context.key.direction == "lower":
        aside = f", which is {'worse' if way == 'higher' else 'better'}"
    sessions = capital(sessions_that(context.kind, found.exposure.name))
    if not found.exposure.is_binary:
        return (
            f"{sessions} scored {way} (rank correlation {signed(weaker.difference)}, "
            f"{interval(weaker)}) than comparable sessions{aside}."
        )
    return (
        f"{sessions} scored {plain(weaker.difference, spread)} {way} ({interval(weaker, spread)}) "
        f"than comparable sessions{aside}."
    )


def _way(found: Assessment) -> str:
    return "higher" if found.weaker.difference > 0 else "lower"


def _how(found: Assessment, context: Context) -> str:
    if not found.exposure.is_binary:
        return _way(found)
    return f"{plain(found.weaker.difference, context.spread)} {_way(found)}"


def _flags(found: Assessment, context: Context) -> list[str]:
    """What a careful reader would ask about, where there is something to say."""
    said = []
    raw, adjusted, spread = found.raw.difference, found.weaker.difference, _spread(found, context)
    factor = next(iter(context.study.factors), "group")
    is_mix = raw * found.unmatched.difference < -NEXT_TO_NOTHING and bool(context.study.factors)
    if raw * adjusted < -NEXT_TO_NOTHING:
        # Whether the factors alone turn the sign, or only length does.
        said.append(
            f"Adjusted result reverses the raw one (raw {signed(raw, spread)}, adjusted "
            f"{signed(adjusted, spread)}): the raw difference comes from "
            f"{f'{factor} mix' if is_mix else 'session length'}."
        )
    elif is_mix:
        said.append(
            f"Within equal {' and '.join(context.study.factors)} the raw result reverses (raw "
            f"{signed(raw, spread)}, within {signed(found.unmatched.difference, spread)}), and "
            f"with like length it turns back ({signed(adjusted, spread)}): its sign depends on "
            "what is compared."
        )
    early = found.before_error
    if (
        early is not None
        and min(early.n_used, early.n_unused) >= LEAST_SESSIONS
        and found.main.difference
        and early.difference / found.main.difference < EARLY_SHARE
    ):
        said.append(
            "Most of it is gone when only use before the first error counts "
            f"({signed(early.difference, spread)}): it may be called because something went wrong."
        )
    if found.leave_one_out is not None and found.leave_one_out.changes_sign:
        said.append("It rests on one group of sessions: without that group the sign turns.")
    disagreement = found.heterogeneity
    if disagreement is not None and disagreement.p_value < DISAGREEMENT_LEVEL:
        known = disagreement.differences[~np.isnan(disagreement.differences)]
        how = "contradict each other" if known.min() < 0 < known.max() else "differ in how much"
        said.append(f"{capital(factor)}s {how}: look at each alone.")
    return said


def _spread(found: Assessment, context: Context) -> float:
    """What a large difference is measured by: rank correlations have a scale of their own."""
    return context.spread if found.exposure.is_binary else 1.0


def _e_value(found: Assessment, context: Context) -> float:
    if not found.is_enough:
        return math.nan
    if found.mantel_haenszel is not None:
        return e_value(found.mantel_haenszel.risk_ratio)
    if not found.exposure.is_binary or not context.spread:
        return math.nan
    return e_value(math.exp(0.91 * found.weaker.difference / context.spread))


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
