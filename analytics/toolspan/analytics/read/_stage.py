"""Pieces of OTLP/JSON lines into `span`, `evaluation` and `resource`.

`staged` holds a batch as it came; `span` holds what its spans say in the words of our model.
"""

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from toolspan.analytics.dialects import DIALECTS, FACTS, Vocabulary, name_prefixes
from toolspan.analytics.engine import literal, load_sql
from toolspan.analytics.errors import InputError
from toolspan.analytics.read._damage import Damage, ReadSummary
from toolspan.analytics.read._decode import LONGEST_LINE
from toolspan.analytics.read._log_spans import spans_of_logs
from toolspan.analytics.read._pieces import Piece, copied, repaired

if TYPE_CHECKING:
    import duckdb


def stage(
    connection: "duckdb.DuckDBPyConnection",
    pieces: Sequence[Piece],
    folder: Path,
    summary: ReadSummary,
) -> None:
    """Make `span`, `evaluation` and `resource` of the pieces.

    Args:
        connection: an open engine.
        pieces: what to read; copies among them are deleted.
        folder: for temporary files.
        summary: damage goes in here.
    """
    made = list(pieces)
    try:
        has_logs = _stage_soundly(connection, made, folder, summary)
        if has_logs:
            _stage_spans_of_logs(connection, made, folder)
        _canonical(connection)
        _evaluations(connection, [piece.path for piece in made] if has_logs else [])
    finally:
        for piece in (*pieces, *made):
            if piece.is_copy:
                with contextlib.suppress(FileNotFoundError):
                    piece.path.unlink()


def _stage_soundly(
    connection: "duckdb.DuckDBPyConnection",
    pieces: list[Piece],
    folder: Path,
    summary: ReadSummary,
) -> bool:
    """Fill `staged`; pieces that are damaged or moving are exchanged. Returns: logs are about."""
    damaged, has_logs = _stage(connection, pieces)
    exchanged = False
    for place, piece in enumerate(pieces):
        if not piece.is_copy and piece.path.stat().st_size != piece.source.size:
            # It grew while it was read: exactly the bytes that were planned, from a copy.
            pieces[place : place + 1] = copied(piece, folder, summary)
            exchanged = True
    if exchanged:
        damaged, has_logs = _stage(connection, pieces)
    if not damaged:
        return has_logs
    for place, piece in enumerate(pieces):
        if len(pieces) == 1 or _stage(connection, [piece])[0]:
            pieces[place] = repaired(piece, folder, summary)
            if piece.is_copy:
                piece.path.unlink()
    damaged, has_logs = _stage(connection, pieces)
    if damaged:
        name = pieces[0].source.name
        reason = f"{damaged} places refused by the engine"
        summary.damages.append(Damage(name, 0, 0, "invalid_span", reason))
    return has_logs


def _stage_spans_of_logs(
    connection: "duckdb.DuckDBPyConnection", pieces: list[Piece], folder: Path
) -> None:
    """Fill `staged` again, with what log records tell of."""
    lines = _lines([piece.path for piece in pieces])
    told = spans_of_logs(connection, lines, pieces, folder)
    if told is not None:
        pieces.append(told)
        _stage(connection, pieces)


def _stage(connection: "duckdb.DuckDBPyConnection", pieces: Sequence[Piece]) -> tuple[int, bool]:
    """Fill `staged`; how many places need the tolerant decoder, and whether there are logs."""
    import duckdb

    sql = load_sql("read/stage.sql").replace("$lines", _lines([piece.path for piece in pieces]))
    connection.execute("DROP TABLE IF EXISTS staged")
    try:
        connection.execute(sql)
    except (duckdb.InvalidInputException, duckdb.IOException, duckdb.OutOfMemoryException) as error:
        # A very long line or a broken archive: the tolerant decoder makes sound lines of them.
        if all(piece.is_repaired for piece in pieces):
            raise InputError(f"{pieces[0].source.name}: {str(error).splitlines()[0]}") from error
        return 1, False
    counts = connection.execute(load_sql("read/staged_counts.sql")).fetchone()
    assert counts is not None
    return int(counts[0]) - sum(piece.tails for piece in pieces), bool(counts[1])


def _lines(files: Sequence[Path]) -> str:
    """SQL for the lines of the files as JSON, NULL where a line is none."""
    if not files:
        return "(SELECT NULL::JSON AS json WHERE false)"
    return (
        f"read_ndjson_objects({literal([str(file) for file in files])}, ignore_errors = true, "
        f"maximum_object_size = {LONGEST_LINE})"
    )


def _canonical(connection: "duckdb.DuckDBPyConnection") -> None:
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
    ):
        sql = sql.replace(placeholder, text)
    for name, keys in vocabulary.variables().items():
        connection.execute(f"SET VARIABLE {name} = ?", [keys])
    connection.execute(sql)


def _evaluations(connection: "duckdb.DuckDBPyConnection", files: Sequence[Path]) -> None:
    sql = load_sql("read/evaluations.sql").replace("$lines", _lines(files))
    connection.execute(sql)


def _vocabulary(connection: "duckdb.DuckDBPyConnection") -> Vocabulary:
    """Which keys, scopes and beginnings of names the batch has."""
    prefixes = name_prefixes(DIALECTS)
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
