"""Where parts are kept: in memory for small input, else as Parquet, read once and for all.

Each file is read once into Parquet that is resolved already, so no report needs a recursive join;
a file that grows is read on from where the last reading stopped.
"""

from toolspan.analytics.store._open import CacheChoice, Progress, load
from toolspan.analytics.store._parts import cache_directory

__all__ = ["CacheChoice", "Progress", "cache_directory", "load"]
