"""From files of any origin to a dataset, or to more of it."""

import os
import secrets
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolspan.analytics.dataset._place import existing, publish, workplace
from toolspan.analytics.dataset._provenance import Origin, origins_of, with_origin
from toolspan.analytics.engine import connect, literal, load_sql, write_parquet
from toolspan.analytics.errors import InputError
from toolspan.analytics.feedback import collect, event_lines, events_beside, find_feedback
from toolspan.analytics.read import (
    FORMAT,
    FORMAT_SINCE,
    KEPT_TABLES,
    LOG_RECORDS,
    PIECE_BYTES,
    SPANS,
    Damage,
    Piece,
    ReadSummary,
    Source,
    kept_files,
    load_manifest,
    pieces_of,
    sources_of,
    stage_whole,
    stamp,
)

if TYPE_CHECKING:
    import duckdb

Paths = Sequence[str | os.PathLike[str]]
Progress = Callable[[str, int, int], None]
"""Told what is being done (`reading`, `writing`), how many bytes of it, and of how many."""

ABOUT = (
    "Spans and log records of OpenTelemetry, kept by `toolspan compact`. Read them with any verb "
    "of toolspan (`toolspan tools FOLDER`), or as Parquet."
)
# A file of a day holds about as much as is read at one go; one byte of it is so many of JSON.
_EXPANSION = 16
# More places than anybody reads; their number is kept.
_DAMAGES_AT_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Compaction:
    """What was kept.

    Attributes:
        directory: the dataset.
        spans: how many different spans are in it.
        log_records: and log records, feedback among them.
        days: on how many days they began.
        bytes: size of its files.
        added: files that were read this time.
        known: files that were in it already, and were not read.
        summary: what was read, and what was not.
    """

    directory: Path
    spans: int
    log_records: int
    days: int
    bytes: int
    added: int
    known: int
    summary: ReadSummary


def compact(
    paths: Paths | None,
    directory: str | os.PathLike[str],
    feedback: Paths | None = None,
    *,
    progress: Progress | None = None,
) -> Compaction:
    """Keep traces as a partitioned Parquet dataset; add to it where it is there already.

    Args:
        paths: as in `open_traces`.
        directory: of the dataset: new, empty, or made by this function.
        feedback: more files or folders of feedback, as in `open_traces`; it becomes part of the
            dataset.
        progress: told how far it is.

    Raises:
        InputError: nothing there can be read, or `directory` holds something else or cannot be
            written to.
    """
    folder = Path(os.path.abspath(directory))  # noqa: PTH100 links stay links
    is_new = existing(folder) is None
    with (
        workplace(folder, is_new=is_new) as work,
        tempfile.TemporaryDirectory(prefix="toolspan-") as temporary,
        connect() as connection,
    ):
        # Read again, now that nobody else writes there.
        manifest = load_manifest(folder)
        summary = ReadSummary()
        sources = _sources(paths, feedback, folder, Path(temporary), summary)
        origins, unread = _unread(sources, manifest or {})
        _read(connection, unread, work, Path(temporary), summary, progress)
        if not summary.files and is_new:
            raise InputError(_nothing(summary))
        made = work / "dataset"
        made.mkdir(mode=0o700)
        files = _assemble(connection, work, made, folder, manifest or {}, progress)
        told = _manifest(manifest or {}, files, origins, summary)
        if is_new or unread:
            publish(made, folder, told, is_new=is_new)
    counts = told["counts"]
    return Compaction(
        directory=Path(directory),
        spans=counts[SPANS],
        log_records=counts[LOG_RECORDS],
        days=len({Path(file["path"]).parent.name for file in files}),
        bytes=sum(file["bytes"] for file in files),
        added=len(unread),
        known=len(sources) - len(unread),
        summary=summary,
    )


def _nothing(summary: ReadSummary) -> str:
    first, reason = next(iter(summary.not_understood.items()))
    more = len(summary.not_understood) - 1
    return f"{first}: no spans, {reason}" + (f" (and {more} more files)" if more else "")


def _sources(
    paths: Paths | None,
    feedback: Paths | None,
    folder: Path,
    temporary: Path,
    summary: ReadSummary,
) -> list[Source]:
    """What is to be kept, without what the dataset itself consists of."""
    events, others = find_feedback(feedback or ())
    events += events_beside(paths)
    names = {}
    for number, file in enumerate(others):
        # Feedback of other forms becomes the events that `feedback import` would make of it.
        path = temporary / f"events-{number}.jsonl"
        path.write_text("".join(event_lines(collect(file).feedback)), encoding="utf-8")
        names[path] = str(file)
    found = sources_of(paths, [*events, *names], summary)
    own = set(kept_files(folder))
    sources = [
        replace(source, name=names.get(source.path, source.name))
        for source in found
        if source.container.kind != "empty" and source.path.resolve() not in own
    ]
    summary.files[:] = [source.name for source in sources]
    return sources


def _unread(
    sources: Sequence[Source], manifest: Mapping[str, Any]
) -> tuple[list[Origin], list[Source]]:
    """All origins of the dataset, and the sources that are to be read.

    Of another dataset that is taken in, the origins are taken over, too.
    """
    origins = origins_of(manifest)
    taken_in: dict[Path, Mapping[str, Any] | None] = {}
    unread = []
    for source in sources:
        if source.container.is_kept and source.folder not in taken_in:
            taken_in[source.folder] = theirs = load_manifest(source.folder)
            known = {origin.digest for origin in origins}
            origins += [o for o in origins_of(theirs or {}) if o.digest not in known]
        is_new = True
        if not taken_in.get(source.folder):
            origins, is_new = with_origin(origins, source, version("toolspan"))
        if is_new:
            unread.append(source)
    return origins, unread


def _read(
    connection: "duckdb.DuckDBPyConnection",
    sources: Sequence[Source],
    work: Path,
    temporary: Path,
    summary: ReadSummary,
    progress: Progress | None,
) -> None:
    """Write all that the sources hold into `read/TABLE-NUMBER/date=DAY/` below `work`."""
    total = sum(source.weight for source in sources)
    done = 0
    for number, pieces in enumerate(_batches(sources, temporary, summary)):
        stage_whole(connection, pieces, temporary, summary)
        for table in KEPT_TABLES:
            place = work / "read" / f"{table}-{number}"
            place.parent.mkdir(exist_ok=True, mode=0o700)
            sql = load_sql(f"dataset/{table}.sql")
            connection.execute(
                f"COPY ({sql}) TO {literal(str(place))} (FORMAT parquet, "
                "COMPRESSION zstd, COMPRESSION_LEVEL 1, PARTITION_BY (date))"
            )
        done += sum(piece.weight for piece in pieces)
        if progress:
            progress("reading", min(done, total), total)
    summary.bytes_read = sum(source.size for source in sources)
    connection.execute("DROP TABLE IF EXISTS staged")


def _batches(
    sources: Sequence[Source], temporary: Path, summary: ReadSummary
) -> Iterator[list[Piece]]:
    """Pieces that are read together."""
    batch: list[Piece] = []
    for source in sources:
        for piece in pieces_of(source, temporary, summary):
            if batch and sum(p.weight for p in batch) + piece.weight > PIECE_BYTES:
                yield batch
                batch = []
            batch.append(piece)
    if batch:
        yield batch


def _assemble(
    connection: "duckdb.DuckDBPyConnection",
    work: Path,
    made: Path,
    folder: Path,
    manifest: Mapping[str, Any],
    progress: Progress | None,
) -> list[dict[str, Any]]:
    """Write the days that change anew, each thing once; returns all files as manifests name them."""
    files = list(manifest.get("files", ()))
    plans = []
    for table in KEPT_TABLES:
        old = _by_day(folder / file["path"] for file in files if _table(file) == table)
        new = _by_day((work / "read").glob(f"{table}-*/date=*/*.parquet"))
        days = set(new)
        if table == SPANS:
            losers = _losers(connection, [*old.values(), *new.values()] if new else [])
            days |= {day for day, paths in old.items() if losers & {str(path) for path in paths}}
        plans += [(table, day, [*old.get(day, ()), *new.get(day, ())]) for day in sorted(days)]
    changed = {(table, day) for table, day, _ in plans}
    files = [file for file in files if (_table(file), _day(file)) not in changed]
    done, total = 0, sum(_weight(paths) for _, _, paths in plans)
    for table, day, paths in plans:
        files += _write_day(connection, table, day, paths, made)
        done += _weight(paths)
        if progress:
            progress("writing", done, total)
    return sorted(files, key=lambda file: str(file["path"]))


def _weight(paths: Iterable[Path]) -> int:
    """Roughly how many bytes of JSON some files of Parquet are."""
    return sum(path.stat().st_size for path in paths) * _EXPANSION


def _table(file: Mapping[str, Any]) -> str:
    return str(file["path"]).partition("/")[0]


def _day(file: Mapping[str, Any]) -> str:
    return Path(file["path"]).parent.name


def _by_day(paths: Iterable[Path]) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(paths):
        found[path.parent.name].append(path)
    return found


def _losers(
    connection: "duckdb.DuckDBPyConnection", days: Sequence[Sequence[Path]]
) -> set[str]:
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


def _manifest(
    before: Mapping[str, Any],
    files: Sequence[Mapping[str, Any]],
    origins: Sequence[Origin],
    summary: ReadSummary,
) -> dict[str, Any]:
    """What the manifest shall say."""
    import duckdb

    now = datetime.now(UTC).isoformat(timespec="seconds")
    earlier = [Damage(**damage) for damage in before.get("damages", ())]
    damages = list(dict.fromkeys([*earlier, *summary.kept_damages, *summary.damages]))
    held_back = {
        name: size
        for name, size in before.get("held_back", {}).items()
        if name not in summary.files
    }
    return {
        "about": ABOUT,
        "format": FORMAT,
        "needs_toolspan": FORMAT_SINCE,
        "written_by": {"toolspan": version("toolspan"), "duckdb": duckdb.__version__},
        "created": before.get("created", now),
        "changed": now,
        "counts": {
            table: sum(file["rows"] for file in files if _table(file) == table)
            for table in KEPT_TABLES
        },
        "damaged_places": len(damages),
        "damages": [asdict(damage) for damage in damages[:_DAMAGES_AT_MOST]],
        "held_back": held_back | summary.unfinished,
        "left_out": before.get("left_out", {}) | summary.not_understood,
        "sources": [origin.record() for origin in origins],
        "files": list(files),
    }
