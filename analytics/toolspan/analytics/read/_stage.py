"""Pieces of OTLP/JSON lines into `span`, `evaluation`, `resource` and `shape`.

`staged` holds a batch as it came; `span` is what its spans say in the words of our model. Of a
large batch it is a view: what it says is then worked out on the way to where it is kept, because
copying wide rows once more costs as much as reading them.
"""

import contextlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from toolspan.analytics.dialects import DIALECTS, FACTS, Vocabulary, name_prefixes
from toolspan.analytics.engine import literal, load_sql
from toolspan.analytics.errors import InputError
from toolspan.analytics.read._damage import Damage, ReadSummary
from toolspan.analytics.read._decode import LONGEST_LINE
from toolspan.analytics.read._keeping import filled
from toolspan.analytics.read._log_spans import spans_of_logs
from toolspan.analytics.read._pieces import Piece, copied, repaired
from toolspan.analytics.read._slices import sliced
from toolspan.analytics.read.containers import EVENTS_SCOPE

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class _Staged:
    """What is in `staged`."""

    damaged: int
    """How many places need the tolerant decoder."""
    has_evaluations: bool
    has_call_events: bool
    """Whether log records tell of calls (`spans_of_logs`)."""


def stage(
    connection: "duckdb.DuckDBPyConnection",
    pieces: Sequence[Piece],
    folder: Path,
    summary: ReadSummary,
    *,
    as_view: bool = False,
) -> None:
    """Make `span`, `evaluation`, `resource` and `shape` of the pieces.

    Args:
        connection: an open engine.
        pieces: what to read; copies among them are deleted.
        folder: for temporary files.
        summary: damage goes in here.
        as_view: whether `span` shall be a view of `staged`; else it is one of a table `stated`.
    """
    made = list(pieces)
    with _copies_removed(pieces, made):
        staged = _stage_soundly(connection, made, folder, summary)
        if staged.has_call_events:
            _stage_spans_of_logs(connection, made, folder)
        _canonical(connection, as_view=as_view)
        name = "evaluations" if staged.has_evaluations else "no_evaluations"
        connection.execute(load_sql(f"read/{name}.sql"))


def stage_whole(
    connection: "duckdb.DuckDBPyConnection",
    pieces: Sequence[Piece],
    folder: Path,
    summary: ReadSummary,
) -> None:
    """Make `staged` of the pieces, with all that is to be kept of spans and log records.

    Args:
        connection: an open engine.
        pieces: what to read; copies among them are deleted.
        folder: for temporary files.
        summary: damage goes in here.
    """
    made = list(pieces)
    with _copies_removed(pieces, made):
        _stage_soundly(connection, made, folder, summary, keep=True)


@contextlib.contextmanager
def _copies_removed(*pieces: Sequence[Piece]) -> Iterator[None]:
    """Copies among the pieces are deleted afterwards."""
    try:
        yield
    finally:
        for piece in itertools.chain(*pieces):
            if piece.is_copy:
                with contextlib.suppress(FileNotFoundError):
                    piece.path.unlink()


def _stage_soundly(
    connection: "duckdb.DuckDBPyConnection",
    pieces: list[Piece],
    folder: Path,
    summary: ReadSummary,
    *,
    keep: bool = False,
) -> _Staged:
    """Fill `staged`; pieces that are damaged or moving are exchanged."""
    staged = _stage(connection, pieces, folder, keep=keep)
    exchanged = False
    for place, piece in enumerate(pieces):
        if not piece.is_copy and piece.path.stat().st_size != piece.source.size:
            # It grew while it was read: exactly the bytes that were planned, from a copy.
            pieces[place : place + 1] = copied(piece, folder, summary)
            exchanged = True
    if exchanged:
        staged = _stage(connection, pieces, folder, keep=keep)
    if not staged.damaged:
        return staged
    for place, piece in enumerate(pieces):
        if len(pieces) == 1 or _stage(connection, [piece], folder, keep=keep).damaged:
            pieces[place] = repaired(piece, folder, summary)
            if piece.is_copy:
                piece.path.unlink()
    staged = _stage(connection, pieces, folder, keep=keep)
    if staged.damaged:
        name = pieces[0].source.name
        reason = f"{staged.damaged} places refused by the engine"
        summary.damages.append(Damage(name, 0, 0, "invalid_span", reason))
    return staged


def _stage_spans_of_logs(
    connection: "duckdb.DuckDBPyConnection", pieces: list[Piece], folder: Path
) -> None:
    """Fill `staged` again, with what log records tell of."""
    lines = _lines([piece.path for piece in pieces if not piece.is_kept])
    told = spans_of_logs(connection, lines, pieces, folder)
    if told is not None:
        pieces.append(told)
        _stage(connection, pieces, folder)


def _stage(
    connection: "duckdb.DuckDBPyConnection",
    pieces: Sequence[Piece],
    folder: Path,
    *,
    keep: bool = False,
) -> _Staged:
    """Fill `staged`."""
    import duckdb

    sql = filled(load_sql("read/stage.sql"), keep=keep)
    sql = sql.replace("$call_events", literal(EVENTS_SCOPE))
    connection.execute("DROP TABLE IF EXISTS staged")
    try:
        files = sliced([piece.path for piece in pieces if not piece.is_kept], folder)
        connection.execute(sql.replace("$lines", _lines(files)))
    except (duckdb.InvalidInputException, duckdb.IOException, duckdb.OutOfMemoryException) as error:
        # A very long line or a broken archive: the tolerant decoder makes sound lines of them.
        if all(piece.is_repaired for piece in pieces):
            raise InputError(f"{pieces[0].source.name}: {str(error).splitlines()[0]}") from error
        return _Staged(1, has_evaluations=False, has_call_events=False)
    _stage_kept(connection, [piece for piece in pieces if piece.is_kept], keep=keep)
    counts = connection.execute(load_sql("read/staged_counts.sql")).fetchone()
    assert counts is not None
    damaged, shifted, has_evaluations, has_call_events = counts
    if shifted:
        connection.execute(load_sql("read/unshifted.sql"))
    return _Staged(
        damaged - sum(piece.tails for piece in pieces),
        has_evaluations=has_evaluations,
        has_call_events=has_call_events,
    )


def _stage_kept(
    connection: "duckdb.DuckDBPyConnection", pieces: Sequence[Piece], *, keep: bool
) -> None:
    """Add the spans of files of a dataset to `staged`."""
    import duckdb

    if not pieces:
        return
    files = literal([str(piece.path) for piece in pieces])
    sql = filled(load_sql("read/kept_spans.sql"), keep=keep).replace("$files", files)
    try:
        connection.execute(sql)
    except (duckdb.InvalidInputException, duckdb.IOException, duckdb.ConversionException) as error:
        place = pieces[0].source.folder
        raise InputError(f"{place}: {str(error).splitlines()[0]}") from error


def _lines(files: Sequence[Path]) -> str:
    """SQL for the lines of the files as JSON, NULL where a line is none."""
    if not files:
        return "(SELECT NULL::JSON AS json WHERE false)"
    return (
        f"read_ndjson_objects({literal([str(file) for file in files])}, ignore_errors = true, "
        f"maximum_object_size = {LONGEST_LINE})"
    )


def _canonical(connection: "duckdb.DuckDBPyConnection", *, as_view: bool) -> None:
    """Make `span` of `staged`: each span with its facts, in the words of the dialects it speaks."""
    vocabulary = _vocabulary(connection)
    facts = ",\n    ".join(f"{vocabulary.fact_sql(fact)} AS {fact}" for fact in FACTS)
    sql = load_sql("read/canonical.sql")
    for placeholder, text in (
        ("$dialect", vocabulary.dialect_sql()),
        ("$kind", vocabulary.kind_sql()),
        ("$generic_kind", vocabulary.generic_kind_sql()),
        ("$facts", facts),
        ("$failed", vocabulary.failure_sql()),
        # What those have asked for.
        ("$marks", _asked(vocabulary.marks)),
        ("$values", _asked(vocabulary.values)),
        ("$resource_values", _asked(vocabulary.resource_values)),
    ):
        sql = sql.replace(placeholder, text)
    for name, keys in vocabulary.variables().items():
        connection.execute(f"SET VARIABLE {name} = ?", [keys])
    if not as_view:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE stated AS {sql}")
        sql = "SELECT * FROM stated"
    connection.execute(f"CREATE OR REPLACE TEMP VIEW span AS {sql}")


def _asked(texts: Mapping[str, str]) -> str:
    """The named expressions of a query; a list that may not be empty."""
    return ", ".join(f"{sql} AS {name}" for sql, name in texts.items()) or "NULL AS nothing"


def _vocabulary(connection: "duckdb.DuckDBPyConnection") -> Vocabulary:
    """Which keys, scopes and beginnings of names the batch has."""
    prefixes = name_prefixes(DIALECTS)
    connection.execute(load_sql("read/words.sql"))
    found: dict[str, set[str]] = {"key": set(), "resource": set(), "scope": set(), "name": set()}
    sql = load_sql("read/vocabulary.sql").replace("$prefixes", literal(prefixes))
    for where, word in connection.execute(sql).fetchall():
        found[where].add(word)
    return Vocabulary(
        dialects=DIALECTS,
        keys=frozenset(found["key"]),
        resource_keys=frozenset(found["resource"]),
        scopes=frozenset(found["scope"]),
        prefixes=frozenset(found["name"]),
    )
