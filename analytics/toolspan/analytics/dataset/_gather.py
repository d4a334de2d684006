"""What files hold, as Parquet by days: the same rows as in a dataset, but as often as they come."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from toolspan.analytics.engine import literal, load_sql
from toolspan.analytics.read import (
    KEPT_TABLES,
    ReadSummary,
    Source,
    in_batches,
    pieces_of,
    stage_whole,
)

if TYPE_CHECKING:
    import duckdb

Progress = Callable[[str, int, int], None]
"""Told what is being done (`reading`, `writing`), how many bytes of it, and of how many."""

GATHERED = "gathered"


def gather(
    connection: "duckdb.DuckDBPyConnection",
    sources: Sequence[Source],
    work: Path,
    summary: ReadSummary,
    progress: Progress | None,
) -> None:
    """Write all that the sources hold into `gathered/TABLE-NUMBER/date=DAY/`.

    Args:
        connection: an open engine.
        sources: what to read.
        work: the folder that is written below.
        summary: what was damaged or not understood goes in here.
        progress: told how far it is.
    """
    temporary = work / "pieces"
    temporary.mkdir(mode=0o700)
    work.joinpath(GATHERED).mkdir(mode=0o700)
    total = sum(source.weight for source in sources)
    done = 0
    found = (piece for source in sources for piece in pieces_of(source, temporary, summary))
    for number, pieces in enumerate(in_batches(found)):
        stage_whole(connection, pieces, temporary, summary)
        for table in KEPT_TABLES:
            place = work / GATHERED / f"{table}-{number}"
            sql = load_sql(f"dataset/{table}.sql")
            connection.execute(
                f"COPY ({sql}) TO {literal(str(place))} (FORMAT parquet, "
                "COMPRESSION zstd, COMPRESSION_LEVEL 1, PARTITION_BY (date))"
            )
        done += sum(piece.weight for piece in pieces)
        if progress:
            progress("reading", min(done, total), total)
    if progress and total:
        progress("reading", total, total)  # what turned out to hold nothing, too
    summary.bytes_read = sum(source.size for source in sources)
    connection.execute("DROP TABLE IF EXISTS staged")
