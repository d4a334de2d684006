"""Where parts are kept: in memory for small input, else as Parquet, read once and for all.

Each file is read once into Parquet that is resolved already, so no report needs a recursive join;
a file that grows is read on from where the last reading stopped.
"""

from toolspan.analytics.store._open import (
    CACHE_ABOVE_BYTES,
    CacheChoice,
    Progress,
    load,
    read_and_keep,
)
from toolspan.analytics.store._parts import cache_directory

__all__ = [
    "CACHE_ABOVE_BYTES",
    "CacheChoice",
    "Progress",
    "cache_directory",
    "load",
    "read_and_keep",
]
