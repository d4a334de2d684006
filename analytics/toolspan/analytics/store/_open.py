"""Bringing input into an engine: from parts that are known, and by reading the rest."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from toolspan.analytics.engine import literal, load_sql, write_parquet
from toolspan.analytics.errors import InputError
from toolspan.analytics.model import (
    PART_TABLES,
    TRACE_TABLES,
    build_part,
    define,
    forget,
    keep_in_memory,
    view_stored,
)
from toolspan.analytics.read import (
    PIECE_BYTES,
    Piece,
    ReadSummary,
    Source,
    pieces_of,
    sources_of,
    stage,
)
from toolspan.analytics.store._parts import (
    Part,
    PartStore,
    Segment,
    cache_directory,
    segment_of,
)

if TYPE_CHECKING:
    import os

    import duckdb

# Reading less than this anew is quicker than looking after a cache of it.
CACHE_ABOVE_BYTES = 4 << 20
# Shared traces are resolved in portions of about this many spans.
SHARED_PORTION = 600_000
# From so many small parts on they are merged into one.
MERGE_FROM = 24
SMALL_PART_SPANS = 20_000

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class CacheChoice:
    """Whether and where to keep what was read.

    Attributes:
        is_on: whether to keep anything.
        directory: where; None for the usual place.
    """

    is_on: bool = True
    directory: Path | None = None

    @property
    def objects(self) -> Path | None:
        """Where copies of objects in stores are kept; None if nothing is."""
        return (self.directory or cache_directory()) / "objects" if self.is_on else None


def load(
    connection: "duckdb.DuckDBPyConnection",
    paths: "Sequence[str | os.PathLike[str]] | None",
    feedback: "Sequence[str | os.PathLike[str]] | None",
    cache: CacheChoice,
    progress: Progress | None = None,
) -> tuple[ReadSummary, Callable[[], None]]:
    """Make the tables of the model, and `evaluation`, of what `paths` and `feedback` stand for.

    Returns:
        What was read and what was not, and what to call when the engine is closed.

    Raises:
        InputError: nothing there can be read.
    """
    summary = ReadSummary()
    sources = sources_of(paths, feedback, summary, cache.objects)
    define(connection)
    weight = sum(source.weight for source in sources)
    ask_cache = cache.is_on and weight > CACHE_ABOVE_BYTES
    if not ask_cache and weight <= PIECE_BYTES:
        _read_into_memory(connection, sources, summary, progress)
        clean_up = _nothing
    else:
        kept, clean_up = read_and_keep(connection, sources, summary, cache, progress)
        for table, sql in kept.tables.items():
            view_stored(connection, table, sql)
    if not summary.files:
        raise InputError(_no_input(summary))
    row = connection.execute("SELECT coalesce(sum(spans), 0) FROM trace").fetchone()
    summary.spans = int(row[0]) if row else 0
    known = set(summary.damages)
    summary.damages += [damage for damage in summary.kept_damages if damage not in known]
    summary.damages.sort(key=lambda damage: (damage.file, damage.line, damage.byte))
    return summary, clean_up


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of some sources.

    Attributes:
        tables: each of `PART_TABLES` as a query, for the connection that it was kept by; none
            where nothing was there to read.
        ends: of files that may grow, by their resolved path: the byte after the last line that is
            kept, and the number of lines, where it is known.
    """

    tables: dict[str, str]
    ends: dict[str, tuple[int, int | None]]


def read_and_keep(
    connection: "duckdb.DuckDBPyConnection",
    sources: Sequence[Source],
    summary: ReadSummary,
    cache: CacheChoice,
    progress: Progress | None = None,
) -> tuple[Kept, Callable[[], None]]:
    """Read what is not known yet of the sources into parts.

    Returns:
        All that is kept of the sources now, and what to call when it is no longer needed.
    """
    root, clean_up = _root(cache)
    store = PartStore(root)
    plan = store.plan(sources)
    parts = [*plan.parts, *_read_parts(connection, store, plan.pending, summary, progress)]
    parts = _merged(connection, store, parts)
    summary.spans_delivered = sum(part.delivered for part in parts)
    summary.damages[:] = [damage for part in parts for damage in part.damages]
    ends: dict[str, tuple[int, int | None]] = {}
    for segment in (each for part in parts for each in part.segments if each.is_open):
        end, lines = ends.get(segment.path, (0, 0))
        is_counted = lines is not None and segment.lines is not None
        ends[segment.path] = (
            max(end, segment.end),
            (lines or 0) + (segment.lines or 0) if is_counted else None,
        )
    return Kept(_stored(connection, store, parts), ends), clean_up


def _no_input(summary: ReadSummary) -> str:
    first, reason = next(iter(summary.not_understood.items()))
    more = len(summary.not_understood) - 1
    return f"{first}: no spans, {reason}" + (f" (and {more} more files)" if more else "")


def _nothing() -> None:
    """There is nothing to clean up."""


def _root(cache: CacheChoice) -> tuple[Path, Callable[[], None]]:
    """The folder for parts, and how to leave it."""
    if cache.is_on:
        root = cache.directory or cache_directory()
        try:
            root.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.TemporaryFile(dir=root):
                return root, _nothing
        except OSError as error:
            if cache.directory:
                raise InputError(f"{root}: no place for a cache: {error.strerror}") from error
    temporary = Path(tempfile.mkdtemp(prefix="toolspan-parts-"))
    return temporary, lambda: shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def _workplace() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="toolspan-") as folder:
        yield Path(folder)


def _read_into_memory(
    connection: "duckdb.DuckDBPyConnection",
    sources: Sequence[Source],
    summary: ReadSummary,
    progress: Progress | None,
) -> None:
    with _workplace() as folder:
        pieces = [piece for source in sources for piece in pieces_of(source, folder, summary)]
        stage(connection, pieces, folder, summary)
    summary.spans_delivered = build_part(connection, "stated")
    keep_in_memory(connection)
    summary.bytes_read = sum(source.size for source in sources)
    if progress:
        progress(summary.bytes_read, summary.bytes_read)


def _read_parts(
    connection: "duckdb.DuckDBPyConnection",
    store: PartStore,
    pending: Sequence[Source],
    summary: ReadSummary,
    progress: Progress | None,
) -> list[Part]:
    total = sum(source.weight for source in pending)
    done = 0
    made = []
    with _workplace() as folder:
        for batch in _batches(pending, folder, summary):
            pieces = [piece for piece, _ in batch]
            segments = [segment_of(piece, is_last=is_last) for piece, is_last in batch]
            summary.damages, earlier = [], summary.damages
            with store.new_folder() as place:
                stage(connection, pieces, folder, summary, as_view=True)
                delivered = build_part(connection, "staged", place)
                _write_rest(connection, place)
                mine = {piece.source.name for piece in pieces}
                ours = [damage for damage in earlier if damage.file in mine]
                made.append(store.add(place, segments, delivered, [*ours, *summary.damages]))
            summary.damages = [damage for damage in earlier if damage.file not in mine]
            done += sum(piece.weight for piece in pieces)
            if progress:
                progress(min(done, total), total)
    summary.bytes_read = sum(source.size - source.start for source in pending)
    return made


def _batches(
    sources: Sequence[Source], folder: Path, summary: ReadSummary
) -> Iterator[list[tuple[Piece, bool]]]:
    """Pieces that are read together, each with whether it is the last of its source.

    Only files of one folder go together, so that a folder's parts hold whoever asks for it.
    """
    batch: list[tuple[Piece, bool]] = []
    size, place = 0, None
    for source in sources:
        if place != source.folder and batch:
            yield batch
            batch, size = [], 0
        place = source.folder
        pieces = pieces_of(source, folder, summary)
        piece = next(pieces, None)
        while piece is not None:
            following = next(pieces, None)
            if batch and size + piece.weight > PIECE_BYTES:
                yield batch
                batch, size = [], 0
            batch.append((piece, following is None))
            size += piece.weight
            piece = following
    if batch:
        yield batch


def _write_rest(connection: "duckdb.DuckDBPyConnection", folder: Path) -> None:
    """Write the tables of a part that building it has not written."""
    for table in PART_TABLES:
        if table not in TRACE_TABLES:
            write_parquet(connection, f"SELECT * FROM {table}", folder / f"{table}.parquet")
    forget(connection)


def _stored(
    connection: "duckdb.DuckDBPyConnection", store: PartStore, parts: Sequence[Part]
) -> dict[str, str]:
    """The tables of the model as queries of the parts, shared traces resolved again."""
    if not parts:
        with _workplace() as folder:
            stage(connection, [], folder, ReadSummary())
        build_part(connection, "stated")
        return {}
    shared = _shared(connection, store, parts) if len(parts) > 1 else None
    found = {}
    for table in PART_TABLES:
        files = literal([str(part.table(table)) for part in parts])
        sql = f"SELECT * FROM read_parquet({files})"
        if table in ("resource", "shape"):
            sql = f"SELECT DISTINCT * FROM read_parquet({files})"
        if shared and table in TRACE_TABLES:
            again = literal(str(shared / f"*-{table}.parquet"))
            sql += (
                " WHERE trace_id NOT IN (SELECT trace_id FROM shared_trace) "
                f"UNION ALL BY NAME SELECT * FROM read_parquet({again})"
            )
        found[table] = sql
    return found


def _shared(
    connection: "duckdb.DuckDBPyConnection", store: PartStore, parts: Sequence[Part]
) -> Path | None:
    """Resolve again the traces that lie in several parts; where that is, or None if none do."""
    traces = literal([str(part.table("trace")) for part in parts])
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE shared_trace AS "
        f"SELECT trace_id, sum(spans) AS spans FROM read_parquet({traces}, filename = true) "
        "GROUP BY trace_id HAVING count(DISTINCT filename) > 1"
    )
    row = connection.execute(
        "SELECT count(*), coalesce(sum(spans), 0) FROM shared_trace"
    ).fetchone()
    assert row is not None
    if not row[0]:
        return None
    place = store.shared(parts)
    if place is not None:
        return place
    portions = 1 + int(row[1]) // SHARED_PORTION
    with store.new_folder() as folder:
        for number in range(portions):
            chosen = f" WHERE hash(trace_id) % {portions} = {number}" if portions > 1 else ""
            _again(connection, parts, f"(SELECT trace_id FROM shared_trace{chosen})")
            build_part(connection, "stated", folder, prefix=f"{number}-")
            forget(connection)
        return store.place_shared(folder, parts)


def _again(
    connection: "duckdb.DuckDBPyConnection", parts: Sequence[Part], traces: str | None
) -> None:
    """Make `span` again of the parts' spans, all or those of some traces."""
    _gather(connection, parts, "shape")
    files = literal([str(part.table("resolved")) for part in parts])
    source = f"SELECT * FROM read_parquet({files})"
    if traces:
        source += f" WHERE trace_id IN {traces}"
    stored = load_sql("model/stored.sql").replace("$stored", source)
    connection.execute(load_sql("model/span_again.sql").replace("$resolved", stored))


def _gather(connection: "duckdb.DuckDBPyConnection", parts: Sequence[Part], table: str) -> None:
    """Make a table of the parts' tables of that name."""
    files = literal([str(part.table(table)) for part in parts])
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT DISTINCT * FROM read_parquet({files})"
    )


def _merged(
    connection: "duckdb.DuckDBPyConnection", store: PartStore, parts: list[Part]
) -> list[Part]:
    """The parts, with many small ones of one folder made one."""
    small = [part for part in parts if part.delivered <= SMALL_PART_SPANS]
    folders = {part.source_folder for part in small}
    for folder in folders:
        mine = [part for part in small if part.source_folder == folder]
        if len(mine) < MERGE_FROM:
            continue
        with store.new_folder() as place:
            _again(connection, mine, None)
            build_part(connection, "stated", place)
            for table in ("evaluation", "resource"):
                _gather(connection, mine, table)
            _write_rest(connection, place)
            made = store.add(
                place,
                _joined([segment for part in mine for segment in part.segments]),
                sum(part.delivered for part in mine),
                [damage for part in mine for damage in part.damages],
            )
        parts = [*(part for part in parts if part not in mine), made]
    return parts


def _joined(segments: Sequence[Segment]) -> list[Segment]:
    """Segments of one file that follow one another, as one."""
    made: list[Segment] = []
    for segment in sorted(segments, key=lambda segment: (segment.path, segment.start)):
        last = made[-1] if made else None
        if last and last.path == segment.path and last.end == segment.start and last.is_open:
            lines = None if None in (last.lines, segment.lines) else 0
            if lines is not None:
                lines = (last.lines or 0) + (segment.lines or 0)
            made[-1] = Segment(
                segment.path, segment.size, segment.mtime_ns, segment.head, segment.guard,
                last.start, segment.end, lines, segment.is_open, segment.is_last,
            )  # fmt: skip
        else:
            made.append(segment)
    return made
