"""The embedded engine: one DuckDB connection with limits, and the SQL that is one text a file."""

from toolspan.analytics.engine._connection import another, connect, rows, write_parquet
from toolspan.analytics.engine._sql import PACKAGE, literal, load_sql, quoted

__all__ = [
    "PACKAGE",
    "another",
    "connect",
    "literal",
    "load_sql",
    "quoted",
    "rows",
    "write_parquet",
]
