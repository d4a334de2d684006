"""From spans to the tables of the model: logical calls, attempts, runs, sessions."""

from toolspan.analytics.model._build import (
    PART_TABLES,
    TRACE_TABLES,
    build_part,
    define,
    forget,
    keep_in_memory,
    make_views,
    view_stored,
)

__all__ = [
    "PART_TABLES",
    "TRACE_TABLES",
    "build_part",
    "define",
    "forget",
    "keep_in_memory",
    "make_views",
    "view_stored",
]
