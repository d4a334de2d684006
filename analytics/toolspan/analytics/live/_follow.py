"""`follow` and what it gives: traces that grow while they are asked."""

import os
import re
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from toolspan.analytics.engine import connect
from toolspan.analytics.errors import UsageError
from toolspan.analytics.feedback import resolve
from toolspan.analytics.live._growth import Growth
from toolspan.analytics.live._tables import LiveTables
from toolspan.analytics.measures import Selection, window
from toolspan.analytics.model import make_views
from toolspan.analytics.read import Paths, ReadSummary, in_batches, is_url, listed
from toolspan.analytics.store import CACHE_ABOVE_BYTES, CacheChoice, Progress
from toolspan.analytics.traces import Traces

if TYPE_CHECKING:
    import duckdb

Labels = Sequence[str] | Mapping[str, float | None] | None
_ABOUT_FEEDBACK = re.compile(r"\b(feedback|assessment)\b")


def follow(
    paths: Paths | None = None,
    *,
    since: object = None,
    cache: bool = True,
    cache_dir: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    labels: Labels = None,
) -> "LiveTraces":
    """Traces of files that grow: what is there now, and with each `poll()` what came since.

        traces = follow("toolspan-data")
        while True:
            traces.poll()
            print(traces.tools(since="15m"))
            time.sleep(1)

    Every measure gives what `open_traces` would give of the same files. A folder need not be there
    yet. Files may be rotated, renamed or compressed meanwhile; what was read of a file that is
    deleted later stays.

    Args:
        paths: span files, folders or glob patterns on this machine; default the data directory
            (`$TOOLSPAN_DIR`, else `./toolspan-data`). In folders, new files are found.
        since: leave out what began earlier: a length before the time of asking (`"15m"`) or a time.
        cache: whether what is there now is read by way of the cache of `open_traces`.
        cache_dir: where that is; default `$TOOLSPAN_CACHE_DIR`, else the user's cache folder.
        progress: called with the bytes read and the bytes to read of what is there now.
        labels: what labels of feedback mean as values, on top of the usual words.

    Raises:
        UsageError: a path is no path on this machine, or `since` is no time.
    """
    named = listed(paths)
    for path in named or ():
        if os.fspath(path) == "-" or is_url(os.fspath(path)):
            raise UsageError(f"{os.fspath(path)}: only files of this machine can be followed")
    selection = Selection(window=window(since, None, now_ns=time.time_ns()))
    connection = connect()
    try:
        tables = LiveTables(connection)
        made = LiveTraces(connection, tables, Growth(named), selection, since=since, labels=labels)
        made.begin(CacheChoice(cache, Path(cache_dir) if cache_dir else None), progress)
    except BaseException:
        connection.close()
        raise
    return made


class LiveTraces(Traces):
    """Traces that grow: `poll` lets in what arrived, everything else is as in `Traces`.

    Not for several threads at a time.
    """

    def __init__(
        self,
        connection: "duckdb.DuckDBPyConnection",
        tables: LiveTables,
        growth: Growth,
        selection: Selection,
        *,
        since: object = None,
        labels: Labels = None,
    ) -> None:
        self._is_feedback_old = False
        super().__init__(connection, ReadSummary(), _nothing, selection)
        self._live = tables
        self._growth = growth
        self._since = since
        self._labels = labels
        resolve(connection, labels)

    def begin(self, cache: CacheChoice, progress: Progress | None) -> None:
        """Read what is there already; once."""
        sources = self._growth.sources(self.summary)
        if sum(source.weight for source in sources) > CACHE_ABOVE_BYTES:
            ends, self._clean_up = self._live.settle(sources, self.summary, cache, progress)
            self._growth.was_read(sources, ends)
            self._is_feedback_old = True
        self.poll()

    def poll(self) -> int:
        """Let in what arrived since the last time; returns how many spans that were.

        Takes milliseconds where nothing did. Damaged places are in `damages()`, lines that are
        not whole yet in `summary.unfinished`.
        """
        arrived = 0
        with tempfile.TemporaryDirectory(prefix="toolspan-") as name:
            folder = Path(name)
            pieces = self._growth.pieces(folder, self.summary)
            for batch in in_batches(pieces):
                arrived += self._live.add(batch, folder, self.summary)
        self.summary.bytes_read += sum(piece.weight for piece in pieces)
        self._is_feedback_old |= bool(pieces)
        return arrived

    @property
    def waiting_for(self) -> list[str]:
        """What there is nothing to read of yet: a sentence for each such path."""
        return self._growth.waiting_for

    def close(self) -> None:
        """Give memory and temporary files back; the object is of no use afterwards."""
        self._live.close()
        super().close()

    # Whatever asks the engine finds feedback brought to sessions that are there by then; most
    # questions are not about that, and do not wait for it.

    @property
    def _connection(self) -> "duckdb.DuckDBPyConnection":
        self._renew_feedback()
        return self._engine

    @_connection.setter
    def _connection(self, connection: "duckdb.DuckDBPyConnection") -> None:
        self._engine = connection

    def _execute(self, query: str) -> "duckdb.DuckDBPyConnection":
        if _ABOUT_FEEDBACK.search(query):
            self._renew_feedback()
        make_views(self._engine, self._views, query)
        return self._engine.execute(query)

    def _renew_feedback(self) -> None:
        if self._is_feedback_old and self._live.has_feedback:
            resolve(self._engine, self._labels)
        self._is_feedback_old = False

    def _otherwise(self) -> Selection:
        # The window moves on with the time.
        return replace(self._selection, window=window(self._since, None, now_ns=time.time_ns()))


def _nothing() -> None:
    """There is nothing to clean up."""


__all__ = ["LiveTraces", "follow"]
