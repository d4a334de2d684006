"""Where traces come from."""

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from toolspan.analytics.engine import connect
from toolspan.analytics.feedback import events_beside, find_feedback, load_feedback, resolve
from toolspan.analytics.measures import Selection, window
from toolspan.analytics.read import Paths, listed
from toolspan.analytics.store import CacheChoice, Progress, load
from toolspan.analytics.traces._traces import Traces


def open_traces(
    paths: Paths | None = None,
    feedback: Paths | None = None,
    *,
    since: object = None,
    until: object = None,
    cache: bool = True,
    cache_dir: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    labels: Sequence[str] | Mapping[str, float | None] | None = None,
) -> Traces:
    """Read traces and make them askable.

    Args:
        paths: span files, folders or glob patterns, here or in an object store
            (`"s3://bucket/prefix/"`), `-` for standard input; default the data directory
            (`$TOOLSPAN_DIR`, else `./toolspan-data`). Evaluation events found there, and in
            `events*.jsonl*` beside files that are named, are read as feedback.
        feedback: more files or folders of feedback: evaluation events, exports of Langfuse,
            Phoenix or MLflow, or tables (CSV, JSON, Parquet) with a session and a score.
        since: leave out what began earlier: a length before now (`"24h"`, `"7d"`) or a time.
        until: leave out what began then or later; lengths in `since` count from here.
        cache: whether to keep what was read as Parquet, so that it is read only once; small
            input is never kept.
        cache_dir: where; default `$TOOLSPAN_CACHE_DIR`, else the user's cache folder.
        progress: called with the bytes read and the bytes to read.
        labels: what labels mean as values (`{"pass": 1, "n/a": None}`), on top of the usual words.

    Raises:
        InputError: nothing there can be read.
        UsageError: `since` or `until` is no time, or a label has no number.
    """
    default = window(since, until, now_ns=time.time_ns())
    connection = connect()
    try:
        choice = CacheChoice(cache, Path(cache_dir) if cache_dir else None)
        events, others = find_feedback(listed(feedback) or (), choice.objects)
        events += events_beside(listed(paths))
        summary, clean_up = load(connection, listed(paths), events, choice, progress)
        imported = load_feedback(connection, others)
        resolve(connection, labels)
    except BaseException:
        connection.close()
        raise
    return Traces(connection, summary, clean_up, Selection(window=default), imported)
