"""Numbers and texts as people read them."""

import re
from datetime import datetime

NOTHING = "–"  # noqa: RUF001 a dash, as in print

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def clean(text: object, longest: int = 200) -> str:
    """Untrusted text for a terminal: no control characters or direction marks, and not endless."""
    plain = _CONTROL.sub(" ", str(text))
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"


def count(value: float | None) -> str:
    """A whole number with thousands apart."""
    return NOTHING if value is None else f"{value:,.0f}"


def number(value: float | None) -> str:
    """A number with up to three digits that matter."""
    if value is None:
        return NOTHING
    return f"{value:,.0f}" if abs(value) >= 999.5 else f"{value:.3g}"


def percent(value: float | None) -> str:
    """A share; never rounded up to a perfect 100 % or down to a perfect 0 %."""
    if value is None:
        return NOTHING
    text = f"{100 * value:.1f}"
    if text == "100.0" and value < 1:
        text = ">99.9"
    if text == "0.0" and value > 0:
        text = "<0.1"
    return f"{text.removesuffix('.0')} %"


def interval(low: float | None, high: float | None) -> str:
    """The bounds of a share in whole percent; never rounded up to 100 or down to 0 between them."""
    if low is None or high is None:
        return NOTHING
    lower, upper = round(100 * low), round(100 * high)
    if lower == 100 and low < 1:
        lower = 99
    if upper == 0 and high > 0:
        upper = 1
    return f"{lower}–{upper} %"  # noqa: RUF001


def duration(ms: float | None) -> str:
    """A length of time in the unit that suits it."""
    if ms is None:
        return NOTHING
    if ms < 0:
        return f"-{duration(-ms)}"
    for limit, divisor, unit in (
        (1, 1e-3, "µs"),
        (999.5, 1, "ms"),
        (120e3, 1e3, "s"),
        (7200e3, 60e3, "min"),
        (48 * 3600e3, 3600e3, "h"),
    ):
        if ms < limit:
            return f"{number(ms / divisor)} {unit}" if ms else "0 ms"
    return f"{number(ms / 86400e3)} d"


def times(n: float) -> str:
    """How often, in words."""
    return "once" if n == 1 else "twice" if n == 2 else f"{count(n)} times"


def counted(n: float, noun: str) -> str:
    """A number of things: `1 span`, `1,200 spans`."""
    return f"{count(n)} {noun}" if n == 1 else f"{count(n)} {noun}s"


def moment(time: datetime | None) -> str:
    """A time in UTC, to the second."""
    return NOTHING if time is None else f"{time:%Y-%m-%d %H:%M:%S} UTC"
