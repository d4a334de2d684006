"""Tables for people and programs: text, JSON, CSV and Markdown, safe with untrusted content."""

from toolspan.analytics.output._formats import (
    escaped,
    to_csv,
    to_html,
    to_json,
    to_json_lines,
    to_markdown,
)
from toolspan.analytics.output._text import Column, cut, text_width, to_text
from toolspan.analytics.output._values import (
    NOTHING,
    clean,
    count,
    counted,
    duration,
    interval,
    moment,
    number,
    percent,
    times,
)
from toolspan.analytics.output._waterfall import waterfall

__all__ = [
    "NOTHING",
    "Column",
    "clean",
    "count",
    "counted",
    "cut",
    "duration",
    "escaped",
    "interval",
    "moment",
    "number",
    "percent",
    "text_width",
    "times",
    "to_csv",
    "to_html",
    "to_json",
    "to_json_lines",
    "to_markdown",
    "to_text",
    "waterfall",
]
