"""From what was gathered, and what was there, to days in which each thing is once."""

import secrets
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolspan.analytics.dataset._gather import GATHERED, Progress
from toolspan.analytics.engine import literal, load_sql, write_parquet
from toolspan.analytics.read import KEPT_TABLES, PIECE_BYTES, SPANS, stamp

if TYPE_CHECKING:
    import duckdb

ASSEMBLED = "assembled"
# A file holds about as much as is read at one go; one byte of it is so many of JSON.
_EXPANSION = 16


def assemble(
    connection: "duckdb.DuckDBPyConnection",
    work: Path,
    folder: Path,
    files: Sequence[Mapping[str, Any]],
    progress: Progress | None,
) -> list[Mapping[str, Any]]:
    """Write the days anew to which something was gathered, each thing once.

    Args:
        connection: an open engine.
        work: where things were gathered; the new days go into its folder `ASSEMBLED`.
        folder: of the dataset as it is.
        files: of it, as its manifest names them.
        progress: told how far it is.

    Returns:
        All files that it then has, as its manifest shall name them.
    """
    made = work / ASSEMBLED
    made.mkdir(mode=0o700)
    plans = []
    for table in KEPT_TABLES:
        old = _by_day(folder / file["path"] for file in files if table_of(file) == table)
        new = _by_day((work / GATHERED).glob(f"{table}-*/date=*/*.parquet"))
        days = set(new)
        if table == SPANS:
            losers = _losers(connection, [*old.values(), *new.values()] if new else [])
            days |= {day for day, paths in old.items() if losers & {str(path) for path in paths}}
        plans += [(table, day, [*old.get(day, ()), *new.get(day, ())]) for day in sorted(days)]
    changed = {(table, day) for table, day, _ in plans}
    kept = [file for file in files if (table_of(file), day_of(file)) not in changed]
    done, total = 0, sum(_weight(paths) for _, _, paths in plans)
    for table, day, paths in plans:
        kept += _write_day(connection, table, day, paths, made)
        done += _weight(paths)
        if progress:
            progress("writing", done, total)
    return sorted(kept, key=lambda file: str(file["path"]))


def _weight(paths: Iterable[Path]) -> int:
    """Roughly how many bytes of JSON some files of Parquet are."""
    return sum(path.stat().st_size for path in paths) * _EXPANSION


def table_of(file: Mapping[str, Any]) -> str:
    """The table that a file of a manifest is of."""
    return str(file["path"]).partition("/")[0]


def day_of(file: Mapping[str, Any]) -> str:
    """The partition that it lies in."""
    return Path(file["path"]).parent.name


def _by_day(paths: Iterable[Path]) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(paths):
        found[path.parent.name].append(path)
    return found


def _losers(connection: "duckdb.DuckDBPyConnection", days: Sequence[Sequence[Path]]) -> set[str]:
    """Make the table `loser`, the spans that another makes needless; the files they stand in."""
    connection.execute("CREATE TEMP TABLE loser (filename VARCHAR, file_row_number BIGINT)")
    files = [str(path) for paths in days for path in paths]
    if not files:
        return set()
    sql = load_sql("dataset/losers.sql").replace("$files", literal(files))
    connection.execute(f"INSERT INTO loser {sql}")
    found = connection.execute("SELECT DISTINCT filename FROM loser").fetchall()
    return {str(row[0]) for row in found}


def _write_day(
    connection: "duckdb.DuckDBPyConnection",
    table: str,
    day: str,
    paths: Sequence[Path],
    made: Path,
) -> list[dict[str, Any]]:
    """Write a day of a table, in files that can be read at one go; a trace is in one of them."""
    partition = made / table / day
    partition.mkdir(parents=True, mode=0o700)
    files = literal([str(path) for path in paths])
    portions = 1 + _weight(paths) // PIECE_BYTES
    name = f"{table}-{secrets.token_hex(4)}"
    written = []
    for number in range(portions):
        path = partition / f"{name}-{number}.parquet"
        chosen = f"hash(trace_id) % {portions} = {number}" if portions > 1 else "true"
        if table == SPANS:
            query = (
                "SELECT * EXCLUDE (filename, file_row_number) FROM read_parquet("
                f"{files}, filename = true, file_row_number = true, hive_partitioning = false, "
                "union_by_name = true) ANTI JOIN loser USING (filename, file_row_number) "
                f"WHERE {chosen} ORDER BY trace_id, start_ns"
            )
        else:
            # The same record delivered twice is one.
            query = (
                f"SELECT DISTINCT * FROM read_parquet({files}, hive_partitioning = false, "
                f"union_by_name = true) WHERE {chosen} ORDER BY time"
            )
        write_parquet(connection, query, path, {"toolspan": stamp(table)})
        (rows,) = connection.execute(
            f"SELECT count(*) FROM read_parquet({literal(str(path))})"
        ).fetchall()[0]
        if rows:
            place = path.relative_to(made).as_posix()
            written.append({"path": place, "rows": rows, "bytes": path.stat().st_size})
        else:
            path.unlink()
    return written
