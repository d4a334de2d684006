"""What came out, in words that claim no more than the numbers."""

import math
from typing import TYPE_CHECKING, Any

from toolspan.analytics.comparison._verdict import INCONCLUSIVE, NOT_JUDGED, PASS
from toolspan.analytics.output import clean, counted, duration, number, percent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from toolspan.analytics.comparison._verdict import Judgement


def title(judged: "Judgement") -> str:
    """What a row is about."""
    subject = judged.assessment.subject
    text = subject.title
    if subject.of is not None:
        text = f"{clean(subject.of, 60)}: {text}" if subject.source is None else text
    return text


def level(value: float | None, unit: str) -> str:
    """A value of one run."""
    if value is None:
        return number(None)
    if unit == "share":
        return percent(value)
    return duration(value) if unit == "ms" else number(value)


def change(value: float | None, unit: str, *, is_relative: bool, with_unit: bool = True) -> str:
    """A difference, with its sign: `+12.0 %`, `−3.0 points`, `+1.2 s`."""  # noqa: RUF002
    if value is None:
        return number(None)
    size = abs(value)
    if is_relative and size >= 10:
        text, after = number(1 + value), " times"
        return f"{text}{after * with_unit}"
    if is_relative:
        text, after = f"{100 * size:.{0 if size >= 1 else 1}f}", " %"
    elif unit == "share":
        text, after = f"{100 * size:.1f}", " points"
    else:
        text, after = duration(size) if unit == "ms" else number(size), ""
    is_none = not any(digit in text for digit in "123456789")
    sign = "±" if is_none else "+" if value > 0 else "−"  # noqa: RUF001 the sign, as in print
    return f"{sign}{text}{after * with_unit}"


def bounds(low: float | None, high: float | None, unit: str, *, is_relative: bool) -> str:
    """An interval of a difference."""
    if low is None and high is None:
        return number(None)
    is_wide = is_relative and (high is None or high >= 10)
    ends = [
        "∞" if end is None else change(end, unit, is_relative=is_relative, with_unit=is_wide)
        for end in (low, high)
    ]
    return "…".join(ends) + " %" * (is_relative and not is_wide)


def allowed(margin: float | None, unit: str, *, is_relative: bool, is_higher_better: bool) -> str:
    """How much worse NEW may be: `−5 points`, `+15 %`."""  # noqa: RUF002
    if margin is None:
        return ""
    sign = -1 if is_higher_better else 1
    if margin == 0:
        return "no worse"
    if not is_relative and unit == "share":
        points = f"{100 * margin:.3g}"
        return f"{'−' if is_higher_better else '+'}{points} points"  # noqa: RUF001
    if is_relative:
        return f"{'−' if is_higher_better else '+'}{100 * margin:.3g} %"  # noqa: RUF001
    return change(sign * margin, unit, is_relative=False)


def sentence(judged: "Judgement", record: "Mapping[str, Any]", *, is_paired: bool) -> str:
    """The numbers and the verdict in a sentence or two."""
    found = judged.assessment
    what = title(judged)
    unit, is_relative = record["unit"], record["is_relative"]
    if record["new"] is None:
        return f"{what}: {found.trouble}."
    text = f"{what}: {level(record['new'], unit)}"
    if record["base"] is not None:
        text += f" after {level(record['base'], unit)}"
    if record["difference"] is not None:
        if record["base"] is not None:
            text += f", {change(record['difference'], unit, is_relative=is_relative)}"
        if record["low"] is not None or record["high"] is not None:
            interval = bounds(record["low"], record["high"], unit, is_relative=is_relative)
            text += f" (95 % CI {interval})"
    if record["pairs_better"] or record["pairs_worse"]:
        up, down = record["pairs_better"], record["pairs_worse"]
        if not _is_higher(record):
            up, down = down, up
        text += f"; better in {counted(up, 'task')}, worse in {down}"
    if judged.verdict == NOT_JUDGED:
        if record["p_value"] is not None:
            text += f"; {_chance(record['p_value'])}"
        return f"{text}. {found.trouble.capitalize()}." if found.trouble else f"{text}."
    may = allowed(
        record["margin"], unit, is_relative=is_relative, is_higher_better=_is_higher(record)
    )
    text += f"; allowed: {may}."
    return f"{text} {_why(judged, is_paired)}".strip()


def _is_higher(record: "Mapping[str, Any]") -> bool:
    return bool(record["better"] == "higher")


def _chance(p: float) -> str:
    shown = "below 0.001" if p < 0.001 else f"{p:.3f}"
    return f"p {shown}"


def _why(judged: "Judgement", is_paired: bool) -> str:
    """What an inconclusive verdict is due to, and what would end it."""
    if judged.verdict != INCONCLUSIVE:
        return "" if judged.verdict == PASS else "Worse than allowed, by more than chance."
    found = judged.assessment
    if found.trouble is not None:
        text = f"{found.trouble[0].upper()}{found.trouble[1:]}."
    elif judged.p_fail is not None and judged.p_fail <= 0.025:
        text = "Worse than allowed, but chance does as much in one of so many quantities."
    elif found.harm > found.subject.limit:
        text = "It seems worse than allowed, but the interval reaches what is allowed."
    else:
        text = "It seems within what is allowed, but the interval reaches beyond."
    if judged.sessions_needed is None:
        return text
    units = counted(judged.sessions_needed, "more task" if is_paired else "more session")
    each = "" if is_paired else " of each run"
    close = {
        "no_difference": "would settle it four times in five if NEW is as good as BASE",
        "this_difference": "would settle it if the difference stays what it is",
        "any_interval": "would give an interval",
    }[judged.assumes or "any_interval"]
    return f"{text} About {units}{each} {close}."


def p_text(value: float | None) -> str:
    """A p-value in a table."""
    if value is None or math.isnan(value):
        return number(None)
    return "<0.001" if value < 0.001 else f"{value:.3f}"
