"""How numbers and exposures are spoken of. Nothing here says that anything causes anything."""

import math
from typing import TYPE_CHECKING

from toolspan.analytics.output import clean

if TYPE_CHECKING:
    from toolspan.analytics.findings._assess import Comparison

# By kind of exposure: after "sessions", after "that", after "every session", and in the past.
_PHRASES = {
    "used": ("using {x}", "use {x}", "uses {x}", "used it"),
    "calls": ("with more calls of {x}", "call {x}", "calls {x}", "called it"),
    "failures": ("in which {x} failed", "have {x} fail", "has {x} fail", "had it fail"),
    "retries": ("that retried {x}", "retry {x}", "retries {x}", "retried it"),
    "fallback": (
        "that fell back to {x}",
        "fall back to {x}",
        "falls back to {x}",
        "fell back to it",
    ),
    "latency_share": (
        "that spent more of their time in {x}",
        "spend time in {x}",
        "spends time in {x}",
        "spent time in it",
    ),
    "transitions": ("that went {x}", "go {x}", "goes {x}", "went so"),
    "agents": ("with agent {x}", "have agent {x}", "has agent {x}", "had it"),
    "workflows": ("of workflow {x}", "are of workflow {x}", "is of workflow {x}", "were of it"),
    "steps": ("with step {x}", "have step {x}", "has step {x}", "had it"),
    "models": ("with model {x}", "have model {x}", "has model {x}", "had it"),
}


def sessions_that(kind: str, name: str) -> str:
    """`sessions using 'search'`."""
    return f"sessions {_PHRASES[kind][0].format(x=quoted(name))}"


def that(kind: str, name: str) -> str:
    """`use 'search'`, after a plural."""
    return _PHRASES[kind][1].format(x=quoted(name))


def every(kind: str, name: str) -> str:
    """`uses 'search'`, after a singular."""
    return _PHRASES[kind][2].format(x=quoted(name))


def did(kind: str) -> str:
    """`used it`."""
    return _PHRASES[kind][3]


def of_those(kind: str) -> str:
    """` that used it`, for exposures that only some sessions can have."""
    if kind == "transitions":
        return " that used both"
    return " that used it" if kind in ("failures", "retries", "latency_share") else ""


def quoted(name: str) -> str:
    """A name as it came, made safe to print, in quotes."""
    return f"'{clean(name, 80)}'"


def capital(sentence: str) -> str:
    """The sentence with its first letter as a capital."""
    return sentence[:1].upper() + sentence[1:]


def signed(value: float, spread: float = 1.0) -> str:
    """A difference with its sign, in as many digits as matter beside the spread."""
    return f"{value:+.{_digits(spread)}f}".replace("-", "−")  # noqa: RUF001 the sign, as in print


def plain(value: float, spread: float = 1.0) -> str:
    """A size without a sign."""
    return f"{abs(value):.{_digits(spread)}f}"


def interval(found: "Comparison", spread: float = 1.0) -> str:
    """The bounds, as they stand in a sentence."""
    return f"95 % CI {signed(found.low, spread)}…{signed(found.high, spread)}"


def score_value(value: float) -> str:
    """One score: `1.0`, `0.75`."""
    return f"{value:.1f}" if value == int(value) else f"{value:g}"


def _digits(spread: float) -> int:
    """Two digits for spreads around 1, more for smaller ones."""
    if not spread > 0:
        return 2
    return max(0, min(6, 2 - math.floor(math.log10(spread) + 0.7)))
