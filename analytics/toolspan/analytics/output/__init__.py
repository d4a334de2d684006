"""Tables for people and programs: text, JSON, CSV and Markdown, safe with untrusted content."""

from toolspan.analytics.output._formats import to_csv, to_json, to_markdown
from toolspan.analytics.output._text import Column, text_width, to_text
from toolspan.analytics.output._values import (
    clean,
    count,
    duration,
    interval,
    moment,
    number,
    percent,
)
from toolspan.analytics.output._waterfall import waterfall

__all__ = [
    "Column",
    "clean",
    "count",
    "duration",
    "interval",
    "moment",
    "number",
    "percent",
    "text_width",
    "to_csv",
    "to_json",
    "to_markdown",
    "to_text",
    "waterfall",
]
