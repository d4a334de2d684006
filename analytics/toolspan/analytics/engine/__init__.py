"""The embedded engine: one DuckDB connection with limits, and the SQL that is one text a file."""

from toolspan.analytics.engine._connection import connect, rows, write_parquet
from toolspan.analytics.engine._sql import PACKAGE, literal, load_sql, quoted

__all__ = ["PACKAGE", "connect", "literal", "load_sql", "quoted", "rows", "write_parquet"]
