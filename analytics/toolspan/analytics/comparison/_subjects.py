"""What of two runs is compared, and how much worse each may be."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from toolspan.analytics.comparison._assess import Subject
from toolspan.analytics.comparison._margins import Margin
from toolspan.analytics.comparison._quantities import (
    QUANTITIES,
    SCORE,
    SCORE_MARGIN_OF_SCALE,
    score_sample,
    score_scale,
)
from toolspan.analytics.output import clean

if TYPE_CHECKING:
    from toolspan.analytics.comparison._quantities import Quantity
    from toolspan.analytics.comparison._samples import Sample
    from toolspan.analytics.comparison._sessions import Run

# A subject, its sample, and why there is none.
Found = tuple[Subject, "Sample | None", str | None]


def subjects(base: "Run", new: "Run", margins: Sequence[Margin] | None) -> Iterator[Found]:
    """Everything to compare, in the order of the table.

    Args:
        base: the one run.
        new: the other.
        margins: what is judged; None for the defaults.
    """
    for quantity in QUANTITIES.values():
        if quantity.name == "tool_success":
            yield from _scores(base, new, margins)
        about = [each for each in margins or () if each.quantity == quantity.name]
        everything = [each for each in about if each.of is None]
        margin = everything[0] if everything else None
        if margins is None:
            margin = _default(quantity)
        found = _found(base, new, quantity, None, margin)
        if found[1] is not None or everything or (margins is None and found[2]):
            yield found
        for each in about:
            if each.of is not None:
                yield _found(base, new, quantity, each.of, each)


def _default(quantity: "Quantity") -> Margin | None:
    if quantity.margin is None:
        return None
    if quantity.kind == "relative":
        return Margin(quantity.name, relative=quantity.margin)
    return Margin(quantity.name, absolute=quantity.margin)


def _found(
    base: "Run", new: "Run", quantity: "Quantity", of: str | None, margin: Margin | None
) -> Found:
    subject = Subject(
        quantity=quantity.name,
        of=of,
        title=quantity.title,
        unit=quantity.unit,
        is_higher_better=quantity.is_higher_better,
        kind=quantity.kind,
        margin=margin,
    )
    sample = quantity.make(base, new, of)
    if sample is not None:
        return subject, sample, None
    has = [quantity.make(run, run, of) is not None for run in (base, new)]
    if margin is None or (not any(has) and margin == _default(quantity)):
        return subject, None, None
    if any(has):
        side, other = ("BASE", "NEW") if has[0] else ("NEW", "BASE")
        return subject, None, f"{side} has it, {other} has not"
    what = f"no call of {clean(of, 60)!r} ended" if of else "neither run has it"
    return subject, None, what


def _scores(base: "Run", new: "Run", margins: Sequence[Margin] | None) -> Iterator[Found]:
    asked = [each for each in margins or () if each.quantity == SCORE]
    said = set()
    for key in sorted({*base.scores, *new.scores}):
        stated = base.known_scores.get(key) or new.known_scores[key]
        chosen = [each for each in asked if _is_about(each, key)]
        said.update(chosen)
        direction = (chosen[0].direction if chosen else None) or stated.direction or "higher"
        margin: Margin | None = chosen[0] if chosen else None
        if margins is None and direction != "none":
            low, high = score_scale(base, new, key)
            margin = Margin(SCORE, absolute=SCORE_MARGIN_OF_SCALE * (high - low))
        sample = score_sample(base, new, key)
        is_binary = sample is not None and getattr(sample, "is_rate", False)
        subject = Subject(
            quantity=SCORE,
            of=key[0],
            source=key[1],
            title=f"{clean(key[0], 60)} ({clean(key[1], 60)})",
            unit="share" if is_binary else "number",
            is_higher_better=direction != "lower",
            kind="absolute",
            margin=margin,
        )
        trouble = None
        if sample is None:
            has = [bool((~np.isnan(run.scores[key])).any()) if key in run.scores else False
                   for run in (base, new)]  # fmt: skip
            side, other = ("BASE", "NEW") if has[0] else ("NEW", "BASE")
            trouble = f"{side} has it, {other} has not"
        yield subject, sample, trouble
    for each in asked:
        if each not in said:
            name = each.of or "scores"
            subject = Subject(
                quantity=SCORE,
                of=each.of,
                source=each.source,
                title=clean(name, 60),
                unit="number",
                is_higher_better=each.direction != "lower",
                kind="absolute",
                margin=each,
            )
            yield subject, None, "no session of either run has such a score"


def _is_about(margin: Margin, key: tuple[str, str]) -> bool:
    name, source = key
    return margin.of in (None, name) and (margin.source is None or margin.source in source)
