"""Feedback: bring scores in from wherever they are, and join them to the sessions they are about.

`platforms` understands the exports of platforms, `_table` tables of anybody's making; both make
`Feedback`, which is kept as the standard's evaluation events (`_events`). `assessment.sql` brings
evaluation events, whatever their way in, to their sessions. `agreement` says whether scores and
raters agree; it needs numpy and scipy. Rules: docs/how-to/feedback.md.
"""

from toolspan.analytics.feedback._collect import Collection, collect, summary
from toolspan.analytics.feedback._events import event_lines, write_events
from toolspan.analytics.feedback._feedback import Feedback
from toolspan.analytics.feedback._find import events_beside, find_feedback
from toolspan.analytics.feedback._join import JoinReport, join_report, source_name
from toolspan.analytics.feedback._load import load_feedback, resolve
from toolspan.analytics.feedback._table import Columns, parse_mapping

__all__ = [
    "Collection",
    "Columns",
    "Feedback",
    "JoinReport",
    "collect",
    "event_lines",
    "events_beside",
    "find_feedback",
    "join_report",
    "load_feedback",
    "parse_mapping",
    "resolve",
    "source_name",
    "summary",
    "write_events",
]
