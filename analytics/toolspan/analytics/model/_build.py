"""Builds the tables of the model from `span` and `evaluation`.

A *part* is a set of spans resolved by itself. Traces that lie in one part are right there; those
that several parts share are resolved again from all of them (`toolspan.analytics.store`).
"""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from toolspan.analytics.engine import literal, load_sql, write_parquet
from toolspan.conventions.pseudo_tools import PSEUDO_TOOLS_BY_SCOPE

if TYPE_CHECKING:
    import duckdb

_VIEW = re.compile(r"^CREATE OR REPLACE TEMP VIEW (\w+) AS", re.MULTILINE)
_WORD = re.compile(r"\w+")

# What a part consists of, as temporary tables or as Parquet files of these names. Where `resolved`
# is a file it has no `keys` but only the id of their `shape`.
PART_TABLES = (
    "shape",
    "resolved",
    "tool_call",
    "attempt",
    "llm_call",
    "trace",
    "evaluation",
    "resource",
)
# Those of them that are about traces, and so may have to be resolved again.
TRACE_TABLES = ("resolved", "tool_call", "attempt", "llm_call", "trace")
# What is only needed on the way to those.
_WORKING = (
    "staged", "stated", "context", "settled_attempt", "settled_tool_call", "marked", "chain",
)  # fmt: skip


def define(connection: "duckdb.DuckDBPyConnection") -> None:
    """Define the words that reading and modelling share; once per connection."""
    connection.execute(load_sql("model/macros.sql").replace("$pseudo_tools", _pseudo_tools()))


def build_part(
    connection: "duckdb.DuckDBPyConnection",
    deliveries: str,
    folder: Path | None = None,
    prefix: str = "",
) -> int:
    """Make the tables of a part of `span`; returns how many spans were delivered.

    Args:
        connection: an open engine.
        deliveries: the table that `span` is a view of.
        folder: where `TRACE_TABLES` become Parquet files, and views of those then.
        prefix: of the files' names.
    """
    delivered, unique = _row(
        connection,
        "SELECT count(*), count(DISTINCT (trace_id, span_id)) "
        f"FROM {deliveries}{' WHERE is_whole' if deliveries == 'staged' else ''}",
    )
    if delivered > unique:
        connection.execute(load_sql("model/unique.sql").replace("$deliveries", deliveries))
    form = "VIEW" if folder is None else "TABLE"
    connection.execute(load_sql("model/node.sql").replace("$form", form))
    connection.execute(load_sql("model/context.sql"))
    reached, orphans, nested = _row(
        connection,
        "SELECT count(*), count(CASE WHEN depth = 0 AND parent_id IS NOT NULL THEN 1 END), "
        "count(CASE WHEN llm_call_of <> span_id THEN 1 END) "
        "FROM context JOIN node USING (trace_id, span_id)",
    )
    if reached < unique:
        connection.execute(load_sql("model/unreached.sql"))
    if orphans:
        connection.execute(load_sql("model/seen_from_outside.sql"))

    def make(table: str, sql: str) -> None:
        if folder is None:
            connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {sql}")
        else:
            _make_file(connection, table, sql, folder / f"{prefix}{table}.parquet")

    make("resolved", load_sql("model/resolved.sql"))
    (is_marked,) = _row(connection, "SELECT count(retried_as) + count(retry_of) FROM resolved")
    if is_marked:
        _settle_marked(connection)
    for table in ("attempt", "tool_call"):
        make(
            table, f"SELECT * FROM settled_{table}" if is_marked else load_sql(f"model/{table}.sql")
        )
    make("llm_call", load_sql(f"model/llm_call{'' if nested else '_alone'}.sql"))
    make("trace", load_sql("model/trace.sql"))
    return delivered


def _settle_marked(connection: "duckdb.DuckDBPyConnection") -> None:
    """Make `settled_attempt` and `settled_tool_call`, tries that are marked made one call."""
    tool_call = load_sql("model/tool_call.sql").replace("FROM attempt", "FROM settled_attempt")
    for table, sql in (("attempt", load_sql("model/attempt.sql")), ("tool_call", tool_call)):
        connection.execute(f"CREATE OR REPLACE TEMP TABLE settled_{table} AS {sql}")
    connection.execute(load_sql("model/marked_retries.sql"))


def _make_file(connection: "duckdb.DuckDBPyConnection", table: str, sql: str, file: Path) -> None:
    """Make a Parquet file of a query, and a view of that of the table's name."""
    if table == "resolved":
        sql = load_sql("model/storable.sql").replace("$resolved", sql)
    write_parquet(connection, sql, file)
    view_stored(connection, table, f"SELECT * FROM read_parquet({literal(str(file))})")


def view_stored(connection: "duckdb.DuckDBPyConnection", table: str, stored: str) -> None:
    """Make a table of the model a view of what is stored of it."""
    if table == "resolved":
        stored = load_sql("model/stored.sql").replace("$stored", stored)
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {table} AS {stored}")


def keep_in_memory(connection: "duckdb.DuckDBPyConnection") -> None:
    """Drop what the tables were made from."""
    connection.execute("DROP VIEW node; DROP VIEW span")
    _drop(connection, _WORKING)


def forget(connection: "duckdb.DuckDBPyConnection") -> None:
    """Drop a part that became files, and what it was made from."""
    for view in (*TRACE_TABLES, "span"):
        connection.execute(f"DROP VIEW {view}")
    _drop(connection, (*_WORKING, "node", *(set(PART_TABLES) - set(TRACE_TABLES))))


def _drop(connection: "duckdb.DuckDBPyConnection", tables: Iterable[str]) -> None:
    connection.execute("; ".join(f"DROP TABLE IF EXISTS {table}" for table in tables))


@cache
def view_texts() -> dict[str, str]:
    """The SQL of each view of `model/views.sql`, by its name and in their order."""
    texts = _VIEW.split(load_sql("model/views.sql"))[1:]
    return {
        name: f"CREATE OR REPLACE TEMP VIEW {name} AS{body}"
        for name, body in zip(texts[::2], texts[1::2], strict=True)
    }


def make_views(connection: "duckdb.DuckDBPyConnection", made: set[str], sql: str) -> None:
    """Make those views that a query names, and those they name in turn.

    Defining all of them takes longer than answering most questions about little data.

    Args:
        connection: an open engine.
        made: the views that there are; added to.
        sql: the query.
    """
    texts = view_texts()
    for name in _WORD.findall(sql):
        if name in texts and name not in made:
            made.add(name)
            make_views(connection, made, texts[name].partition(" AS")[2])
            connection.execute(texts[name])


def _row(connection: "duckdb.DuckDBPyConnection", sql: str) -> tuple[int, ...]:
    row = connection.execute(sql).fetchone()
    assert row is not None
    return row


def _pseudo_tools() -> str:
    tests = [
        f"(scope_name = {literal(scope)} AND tool_name IN "
        f"({', '.join(literal(tool) for tool in sorted(tools))}))"
        for scope, tools in PSEUDO_TOOLS_BY_SCOPE.items()
    ]
    return f"coalesce({' OR '.join(tests)}, false)"
