"""The tables of the model, kept right while spans arrive.

What arrives is resolved together with all that is known of the same traces, by the same queries as
everything else, and takes their place: the tables always are those that reading it all at once
would give. They are two layers: what was read at the start stays in Parquet as far as it is wide
(`resolved`), and everything else is in memory.

There are two connections to one engine, because temporary tables belong to a connection: one makes
the tables of what arrived, the other is asked.
"""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from toolspan.analytics.engine import another, load_sql
from toolspan.analytics.model import PART_TABLES, TRACE_TABLES, build_part, define, view_stored
from toolspan.analytics.read import Piece, ReadSummary, Source, stage
from toolspan.analytics.store import CacheChoice, Progress, read_and_keep

if TYPE_CHECKING:
    import duckdb

# So many rows that are no longer valid, and as many as those that are, are worth making room.
STALE_ROWS = 100_000
# What every span of the same keys, or of the same resource, has in common.
_COMMON = {"shape": "shape_id", "resource": "resource_id"}
# What a page asks of spans; of those that were read at the start, agent runs and what has not ended
# are kept in memory as far as that (`outline`), because a page is looked at every second.
_OUTLINE = (
    "trace_id, session_id, unit, depth, parent_id, span_kind, start_ns, end_ns, outcome, "
    "agent_name, workflow_name, service_name, tool_name, model"
)


class LiveTables:
    """Tables of the model to which spans can be added.

    Args:
        connection: an open engine; it gets the tables of the model as views.
    """

    def __init__(self, connection: "duckdb.DuckDBPyConnection") -> None:
        self._asked = connection
        self._maker = another(connection)
        self._stale_rows = 0
        self.has_feedback = False
        for each in (self._asked, self._maker):
            define(each)
        with tempfile.TemporaryDirectory(prefix="toolspan-") as folder:
            stage(self._maker, [], Path(folder), ReadSummary())
        build_part(self._maker, "stated")
        for table in PART_TABLES:
            self._maker.execute(f"CREATE TABLE live_{table} AS {_storable(table)} LIMIT 0")
        # Traces of the first layer that more came of, and so are in the second.
        self._maker.execute("CREATE TABLE moved (trace_id UUID)")
        self._settled: str | None = None
        self._link()

    def _link(self) -> None:
        for table in PART_TABLES:
            sql = f"SELECT * FROM live_{table}"
            if table == "resolved" and self._settled:
                sql = (
                    f"{self._settled} WHERE trace_id NOT IN (SELECT trace_id FROM moved) "
                    f"UNION ALL BY NAME {sql}"
                )
            view_stored(self._asked, table, sql)
        outline = f"SELECT {_OUTLINE} FROM live_resolved"
        if self._settled:
            outline += (
                f" UNION ALL SELECT {_OUTLINE} FROM settled_outline "
                "WHERE trace_id NOT IN (SELECT trace_id FROM moved)"
            )
        self._asked.execute(
            "CREATE OR REPLACE TEMP VIEW outline AS SELECT *, "
            "coalesce(session_id, trace_hex(trace_id)) AS session_key, "
            f"milliseconds(greatest(0, end_ns - start_ns)) AS duration_ms FROM ({outline})"
        )

    def settle(
        self,
        sources: Sequence[Source],
        summary: ReadSummary,
        cache: CacheChoice,
        progress: Progress | None,
    ) -> tuple[dict[str, tuple[int, int | None]], Callable[[], None]]:
        """Begin with what the sources hold, read by way of the cache; once, before `add`.

        Returns:
            How far files that may grow were read, and what to call when the engine is closed.
        """
        reader = another(self._asked)
        define(reader)
        kept, clean_up = read_and_keep(reader, sources, summary, cache, progress)
        run = reader.execute
        for table, sql in kept.tables.items():
            if table != "resolved":
                run(f"INSERT INTO live_{table} BY NAME {sql}")
        if kept.tables:
            if "shared_trace" in kept.tables["resolved"]:
                # For both connections to see.
                run("CREATE TABLE again_trace AS SELECT * FROM shared_trace")
            sql = kept.tables["resolved"].replace("FROM shared_trace", "FROM again_trace")
            self._settled = f"SELECT * FROM ({sql})"
            run(
                f"CREATE TABLE settled_outline AS SELECT {_OUTLINE} FROM ({sql}) "
                "WHERE unit = 'agent' OR end_ns IS NULL OR depth = 0 AND parent_id IS NOT NULL"
            )
            self._link()
        reader.close()
        self._count(summary)
        return kept.ends, clean_up

    def add(self, pieces: Sequence[Piece], folder: Path, summary: ReadSummary) -> int:
        """Add what pieces hold; returns how many spans were delivered."""
        run = self._maker.execute
        stage(self._maker, pieces, folder, summary)
        run("CREATE OR REPLACE TEMP TABLE arrived AS SELECT DISTINCT trace_id FROM stated")
        (delivered,) = run("SELECT count(*) FROM stated").fetchall()[0]
        run(
            "CREATE OR REPLACE TEMP TABLE known AS "
            "SELECT trace_id FROM arrived SEMI JOIN live_trace USING (trace_id)"
        )
        (known,) = run("SELECT count(*) FROM known").fetchall()[0]
        for table, key in _COMMON.items():
            run(
                f"INSERT INTO live_{table} BY NAME SELECT * FROM {table} "
                f"WHERE {key} NOT IN (SELECT {key} FROM live_{table})"
            )
        if known:
            self._add_earlier()
        build_part(self._maker, "stated")
        run("BEGIN")
        try:
            if known:
                self._take_out()
            for table in PART_TABLES:
                if table not in _COMMON:
                    run(f"INSERT INTO live_{table} BY NAME {_storable(table)}")
            run("COMMIT")
        except BaseException:
            run("ROLLBACK")
            raise
        summary.spans_delivered += delivered
        self._count(summary)
        self._make_room(summary.spans)
        return int(delivered)

    def _add_earlier(self) -> None:
        """Add what is known already of the traces that more came of to what came."""
        run = self._maker.execute
        known = "WHERE trace_id IN (SELECT trace_id FROM known)"
        stored = f"SELECT * FROM live_resolved {known}"
        if self._settled:
            run(
                "CREATE OR REPLACE TEMP TABLE moving AS SELECT trace_id FROM known "
                "ANTI JOIN live_resolved USING (trace_id)"
            )
            if run("SELECT count(*) FROM moving").fetchall()[0][0]:
                stored += (
                    f" UNION ALL BY NAME {self._settled} "
                    "WHERE trace_id IN (SELECT trace_id FROM moving)"
                )
        run("CREATE OR REPLACE TEMP TABLE news AS SELECT * FROM stated")
        run("CREATE OR REPLACE TEMP TABLE shape AS SELECT * FROM live_shape")
        resolved = load_sql("model/stored.sql").replace("$stored", stored)
        run(load_sql("model/span_again.sql").replace("$resolved", resolved))
        run("INSERT INTO stated BY NAME SELECT * FROM news")

    def _take_out(self) -> None:
        """Take what is resolved anew out of the tables."""
        run = self._maker.execute
        if self._settled:
            run("INSERT INTO moved SELECT trace_id FROM moving")
        for table in TRACE_TABLES:
            found = run(f"DELETE FROM live_{table} WHERE trace_id IN (SELECT trace_id FROM known)")
            self._stale_rows += found.fetchall()[0][0]

    def _count(self, summary: ReadSummary) -> None:
        row = self._maker.execute(
            "SELECT (SELECT coalesce(sum(spans), 0) FROM live_trace), "
            "(SELECT count(*) > 0 FROM live_evaluation)"
        ).fetchone()
        assert row is not None
        summary.spans, self.has_feedback = int(row[0]), row[1]

    def _make_room(self, spans: int) -> None:
        """Write tables anew in which most rows are not valid any more."""
        if self._stale_rows < max(STALE_ROWS, spans):
            return
        for table in TRACE_TABLES:
            self._maker.execute(
                f"CREATE OR REPLACE TABLE live_{table} AS SELECT * FROM live_{table}"
            )
        self._stale_rows = 0

    def close(self) -> None:
        """Give the second connection back."""
        self._maker.close()


def _storable(table: str) -> str:
    """The query of a table as it is kept."""
    sql = f"SELECT * FROM {table}"
    return load_sql("model/storable.sql").replace("$resolved", sql) if table == "resolved" else sql
