"""Traces as a partitioned Parquet dataset, to keep and share.

What is kept is what was read, before any dialect or model: so a later toolspan reads it with what
it has learned since. `toolspan.analytics.read` reads it like any other source.
"""

from toolspan.analytics.dataset._compact import Compaction, compact

__all__ = ["Compaction", "compact"]
