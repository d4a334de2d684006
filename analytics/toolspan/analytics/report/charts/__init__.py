"""The charts of the page, each as SVG that needs no script, for wide and for narrow screens.

Drawn by Vega-Lite (`vl-convert-python`). Without it the page has its tables alone, and says so.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolspan.analytics.report.charts._spec import Spec
from toolspan.analytics.report.charts.effects import effects
from toolspan.analytics.report.charts.latency import latency
from toolspan.analytics.report.charts.retries import ladder, retries
from toolspan.analytics.report.charts.success import success
from toolspan.analytics.report.charts.trend import trend

if TYPE_CHECKING:
    from toolspan.analytics.report._facts import Facts

__all__ = ["Chart", "draw_all", "ladder"]

# Of what is drawn, without the names beside it, in pixels.
WIDE_PX, NARROW_PX = 820, 180
MOST_SCORES = 4


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart.

    Attributes:
        name: of the place in the page where it belongs.
        caption: what it shows and how to read it.
        wide: SVG for wide screens and paper.
        narrow: SVG for telephones.
    """

    name: str
    caption: str
    wide: str
    narrow: str


def draw_all(facts: "Facts") -> list[Chart]:
    """Every chart for which there is data; none where the drawing library is missing."""
    try:
        import vl_convert
    except ImportError:
        return []

    def drawn(name: str, caption: str, spec: Callable[[int, bool], Spec | None]) -> list[Chart]:
        svgs = []
        for width, narrow in ((WIDE_PX, False), (NARROW_PX, True)):
            made = spec(width, narrow)
            if made is None:
                return []
            svgs.append(vl_convert.vegalite_to_svg(made))
        return [Chart(name, caption, *svgs)]

    return [
        *drawn(
            "success",
            "Share of finished calls that succeeded; the pale bar is the 95 % interval, which "
            "respects that calls of one session are alike.",
            lambda width, narrow: success(facts.tools, width=width, narrow=narrow),
        ),
        *drawn(
            "latency",
            "From the median to the 95 % point, on a logarithmic scale; the thin line is the "
            "95 % interval of the latter, where there are calls enough for one.",
            lambda width, narrow: latency(facts.tools, width=width, narrow=narrow),
        ),
        *drawn(
            "trend",
            f"Tool calls per {facts.every} (UTC).",
            lambda width, narrow: trend(facts.trend, facts.every, width=width, narrow=narrow),
        ),
        *drawn(
            "retries",
            "How many calls needed another attempt, and how the attempts ended.",
            lambda width, narrow: retries(facts.tools, facts.recovery, width=width, narrow=narrow),
        ),
        *(chart for score in scores(facts) for chart in drawn(*_effects(facts, score))),
    ]


def scores(facts: "Facts") -> list[tuple[str, str]]:
    """Name and source of the scores that have findings."""
    found = dict.fromkeys((row["score_name"], row["source"]) for row in facts.findings.records)
    return list(found)[:MOST_SCORES]


def _effects(
    facts: "Facts", score: tuple[str, str]
) -> tuple[str, str, Callable[[int, bool], Spec | None]]:
    rows = [row for row in facts.findings.records if (row["score_name"], row["source"]) == score]
    caption = (
        f"{score[0]}, rated by {score[1]}: the difference between comparable sessions that use a "
        "tool and that do not, with its 95 % interval. Blue is supported, amber suggestive, grey "
        "may be chance. An association, not a cause."
    )
    return (
        "effects",
        caption,
        lambda width, narrow: effects(rows, width=width, narrow=narrow),
    )
