"""The measures, one SQL file each, over the tables of the model."""

from toolspan.analytics.measures._catalogue import (
    APPROXIMATE,
    EVERY,
    EVERYTHING,
    MEASURES,
    ROWS,
    Measure,
)
from toolspan.analytics.measures._filter import (
    Condition,
    Where,
    Window,
    conditions,
    length_ns,
    moment_ns,
    window,
)
from toolspan.analytics.measures._health import LEVELS, Health, judge
from toolspan.analytics.measures._query import Selection, interval_sql, measure_sql, rows_sql

__all__ = [
    "APPROXIMATE",
    "EVERY",
    "EVERYTHING",
    "LEVELS",
    "MEASURES",
    "ROWS",
    "Condition",
    "Health",
    "Measure",
    "Selection",
    "Where",
    "Window",
    "conditions",
    "interval_sql",
    "judge",
    "length_ns",
    "measure_sql",
    "moment_ns",
    "rows_sql",
    "window",
]
