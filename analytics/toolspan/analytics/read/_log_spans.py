"""Log records that tell of calls, as spans: a further piece of what was read."""

import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolspan.analytics.engine import literal
from toolspan.analytics.read._pieces import Piece
from toolspan.analytics.read.containers import EVENTS_SCOPE, ClaudeCodeEvents

if TYPE_CHECKING:
    import duckdb

_ROWS = 256


def spans_of_logs(
    connection: "duckdb.DuckDBPyConnection", lines: str, pieces: Sequence[Piece], folder: Path
) -> Piece | None:
    """A piece with the spans that the log records in `lines` tell of; None if they tell of none.

    Runs of the agent are as long as the records that are read together tell; of a run that is
    read in two parts, the part that ends last is the run.

    Args:
        connection: an open engine.
        lines: SQL for the lines as JSON.
        pieces: where they come from.
        folder: for the piece.
    """
    made = list(_documents(connection, lines))
    if not made:
        return None
    handle, name = tempfile.mkstemp(suffix=".jsonl", dir=folder)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        for document in made:
            json.dump(document, out)
            out.write("\n")
    source = pieces[0].source
    return Piece(Path(name), source, 0, 0, is_copy=True, is_repaired=True)


def _documents(connection: "duckdb.DuckDBPyConnection", lines: str) -> Iterator[dict[str, Any]]:
    events = ClaudeCodeEvents()
    sql = f"SELECT json::VARCHAR FROM {lines} WHERE contains(json, {literal(EVENTS_SCOPE)})"
    found = connection.execute(sql)
    while rows := found.fetchmany(_ROWS):
        for (text,) in rows:
            document = json.loads(text)
            if isinstance(document, dict):
                events.add(document)
    return events.documents()
