"""Measures by name, tables and SQL over traces that were read."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from toolspan.analytics.engine import literal, quoted, rows
from toolspan.analytics.errors import UsageError, close_to
from toolspan.analytics.measures import (
    EVERYTHING,
    MEASURES,
    Selection,
    Where,
    Window,
    conditions,
    measure_sql,
    rows_sql,
    window,
)
from toolspan.analytics.model import make_views

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

By = str | Sequence[str] | None

TABLES = (
    "spans",
    "tool_calls",
    "attempts",
    "retries",
    "agent_runs",
    "workflow_runs",
    "workflow_steps",
    "llm_calls",
    "sessions",
    "feedback",
)


class Queries:
    """What asks the engine: any measure, any table, any query, within one stretch of time."""

    def __init__(self, connection: "duckdb.DuckDBPyConnection", selection: Selection) -> None:
        self._connection = connection
        self._selection = selection
        self._columns: dict[str, frozenset[str]] = {}
        self._views: set[str] = set()

    def measure(
        self,
        name: str,
        by: By = None,
        where: Where = None,
        since: object = None,
        until: object = None,
        *,
        with_pseudo: bool = False,
        every: str = "day",
        approximate: bool = False,
    ) -> "pd.DataFrame":
        """Any measure by its name, as a DataFrame.

        Args:
            name: of the measure.
            by: columns or attributes to group by in place of its own.
            where: conditions on its rows.
            since: leave out what began earlier.
            until: leave out what began then or later.
            with_pseudo: whether framework plumbing counts as tools.
            every: of trends, the stretch of time.
            approximate: percentiles within 1 %, from buckets that can be added up
                (`latency_buckets`); `latency_note` says so.
        """
        selection = self._selected(
            by, where, since, until, with_pseudo=with_pseudo, approximate=approximate
        )
        return self._frame(self._measure_sql(name, selection, every))

    def records(
        self,
        name: str,
        by: By = None,
        where: Where = None,
        since: object = None,
        until: object = None,
        *,
        with_pseudo: bool = False,
        every: str = "day",
        approximate: bool = False,
    ) -> list[dict[str, Any]]:
        """The same measure as plain dicts, without pandas."""
        selection = self._selected(
            by, where, since, until, with_pseudo=with_pseudo, approximate=approximate
        )
        return self._records(self._measure_sql(name, selection, every))

    def sql(self, query: str) -> "pd.DataFrame":
        """Any query of DuckDB over the tables of docs/model.md, as a DataFrame."""
        return self._frame(query)

    def sql_records(self, query: str) -> list[dict[str, Any]]:
        """The same as plain dicts, without pandas."""
        return self._records(query)

    def sql_table(self, query: str) -> tuple[list[dict[str, Any]], list[str]]:
        """The same with the names of the columns, which rows do not tell where there are none."""
        result = self._execute(query)
        names = [str(column[0]) for column in result.description or ()]
        return rows(result), names

    def table_records(self, name: str) -> list[dict[str, Any]]:
        """A table of docs/model.md as plain dicts."""
        return self._records(self.table_sql(name))

    def query(
        self,
        name: str,
        by: By = None,
        where: Where = None,
        *,
        with_pseudo: bool = False,
        every: str = "day",
        approximate: bool = False,
    ) -> str:
        """The SQL of a measure, to read, change and run with `sql`."""
        selection = self._selected(
            by, where, None, None, with_pseudo=with_pseudo, approximate=approximate
        )
        return self._measure_sql(name, selection, every).strip().removesuffix(";")

    def table_sql(self, name: str) -> str:
        """The SQL of a table.

        Raises:
            UsageError: there is no such table.
        """
        if name not in TABLES:
            raise UsageError(f"no table {name!r}; there are: {', '.join(TABLES)}")
        return f"SELECT * FROM {quoted(name)}"

    @property
    def window(self) -> Window:
        """The stretch of time that measures look at unless told otherwise."""
        return self._otherwise().window

    @property
    def connection(self) -> "duckdb.DuckDBPyConnection":
        """The engine with the tables of the model, for what is built upon them."""
        return self._connection

    def ordered_columns(self, table: str) -> list[str]:
        """The names of a table's columns, in their order."""
        described = self._execute(f"DESCRIBE {quoted(table)}").fetchall()
        return [str(row[0]) for row in described]

    def result_columns(self, name: str) -> list[str]:
        """The names of a measure's columns, in their order."""
        query = self._measure_sql(name, self._selected(None, None, None, None))
        return [str(row[0]) for row in self._execute(f"DESCRIBE {query}").fetchall()]

    def columns(self, table: str) -> frozenset[str]:
        """The names of a table's columns."""
        if table not in self._columns:
            self._columns[table] = frozenset(self.ordered_columns(table))
        return self._columns[table]

    # --- inside ----------------------------------------------------------------------------

    def _otherwise(self) -> Selection:
        """What is looked at unless a method is told otherwise."""
        return self._selection

    def _selected(
        self,
        by: By,
        where: Where,
        since: object,
        until: object,
        *,
        with_pseudo: bool = False,
        approximate: bool = False,
    ) -> Selection:
        chosen = self._otherwise()
        if since is not None or until is not None:
            asked = window(since, until, now_ns=time.time_ns())
            chosen = replace(chosen, window=asked)
        return replace(
            chosen,
            by=(by,) if isinstance(by, str) else tuple(by or ()),
            where=conditions(where),
            with_pseudo=with_pseudo,
            approximate=approximate,
        )

    def _measure_sql(self, name: str, selection: Selection, every: str = "day") -> str:
        if name not in MEASURES:
            raise UsageError(f"no measure {name!r}; there are: {', '.join(MEASURES)}")
        self._check_keys(MEASURES[name].rows, selection)
        query = measure_sql(name, _Columns(self), selection, every=every)
        if selection.by:
            described = self._execute(f"DESCRIBE {query}").fetchall()
            taken = [row[0] for row in described[len(selection.by) :]]
            for key in selection.by:
                if key in taken:
                    raise UsageError(f"{name} has a column {key!r} itself; group by something else")
        return query

    def _rows_sql(self, table: str, selection: Selection) -> str:
        """What to select the chosen rows of a table from."""
        self._check_keys(table, selection)
        return rows_sql(table, _Columns(self), selection)

    def _check_keys(self, table: str, selection: Selection) -> None:
        """Refuse what is neither a column nor an attribute of anything here: a typing mistake.

        Raises:
            UsageError: there is such a key.
        """
        asked = [key for key in selection.by if key != EVERYTHING]
        asked += [c.key for c in selection.where if (c.operator, c.value) != ("=", None)]
        known = self.columns(table)
        if table == "sessions":
            known |= self.columns("spans")
        for key in dict.fromkeys(asked):
            if key in known or self._is_attribute(key):
                continue
            near = close_to(key, [*known, *self._attributes()])
            raise UsageError(
                f"{table} have no column {key!r}, and no span here has such an attribute"
                f"{near}; columns are: {', '.join(sorted(known))}"
            )

    def _is_attribute(self, key: str) -> bool:
        wanted = literal(key)
        found = self._execute(
            f"SELECT 1 FROM resolved WHERE list_contains(keys, {wanted}) UNION ALL "
            f"SELECT 1 FROM resource WHERE list_contains(resource_keys, {wanted}) UNION ALL "
            "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM resolved) LIMIT 1"
        )
        return found.fetchone() is not None

    def _attributes(self) -> list[str]:
        found = self._execute(
            "SELECT DISTINCT unnest(keys) FROM (SELECT keys FROM resolved LIMIT 10000) UNION "
            "SELECT DISTINCT unnest(resource_keys) FROM resource"
        )
        return [str(row[0]) for row in found.fetchall()]

    def _frame(self, query: str) -> "pd.DataFrame":
        frame = self._execute(query).df()
        for column in frame.select_dtypes("datetime").columns:
            frame[column] = frame[column].astype("datetime64[ns]").dt.tz_localize("UTC")
        return frame

    def _records(self, query: str) -> list[dict[str, Any]]:
        return rows(self._execute(query))

    def _execute(self, query: str) -> "duckdb.DuckDBPyConnection":
        make_views(self._connection, self._views, query)
        return self._connection.execute(query)


class _Columns(dict[str, frozenset[str]]):
    """The columns of each table, looked up when they are asked for."""

    def __init__(self, queries: Queries) -> None:
        super().__init__()
        self._queries = queries

    def __missing__(self, table: str) -> frozenset[str]:
        return self._queries.columns(table)
