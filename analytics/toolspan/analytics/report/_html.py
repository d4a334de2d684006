"""The report as one HTML page that needs nothing else."""

from pathlib import Path
from typing import TYPE_CHECKING

from toolspan.analytics.output import clean, count, duration, interval, moment, number, percent
from toolspan.analytics.report.charts import draw_all, ladder

if TYPE_CHECKING:
    from toolspan.analytics.report._facts import Facts

TEMPLATE = Path(__file__).with_name("page.html.jinja")


def to_html(facts: "Facts", *, title: str = "Agents and their tools") -> str:
    """The page; every text that comes from traces is escaped."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(
        clean=clean,
        count=count,
        duration=duration,
        moment=moment,
        number=number,
        percent=percent,
        # Drawn by us from numbers; the library escapes the names in it.
        drawing=Markup,
    )
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    return template.render(
        facts=facts,
        charts=draw_all(facts),
        ladder=ladder(facts.tools, facts.recovery),
        title=title,
        interval=interval,
    )
