"""From files of any origin to a dataset, or to more of it."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from toolspan.analytics.dataset._assemble import ASSEMBLED, assemble, day_of, table_of
from toolspan.analytics.dataset._gather import Progress, gather
from toolspan.analytics.dataset._place import existing, publish, workplace
from toolspan.analytics.dataset._provenance import Origin, origins_of, with_origin
from toolspan.analytics.engine import connect
from toolspan.analytics.errors import InputError
from toolspan.analytics.feedback import collect, event_lines, events_beside, find_feedback
from toolspan.analytics.read import (
    FORMAT,
    FORMAT_SINCE,
    KEPT_TABLES,
    LOG_RECORDS,
    SPANS,
    Damage,
    Paths,
    ReadSummary,
    Source,
    kept_files,
    listed,
    load_manifest,
    sources_of,
)

ABOUT = (
    "Spans and log records of OpenTelemetry, kept by `toolspan compact`. Read them with any verb "
    "of toolspan (`toolspan tools FOLDER`), or as Parquet."
)
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
        connect() as connection,
    ):
        # Read again, now that nobody else writes there.
        manifest = load_manifest(folder)
        summary = ReadSummary()
        sources = _sources(listed(paths), listed(feedback), folder, work, summary)
        origins, unread = _unread(sources, manifest or {})
        known = len(sources) - len(unread)
        gather(connection, unread, work, summary, progress)
        # What a file is, some tell only when they are read.
        unread = [source for source in unread if source.name not in summary.not_understood]
        origins = [origin for origin in origins if origin.name not in summary.not_understood]
        if not summary.files and is_new:
            raise InputError(_nothing(summary))
        files = assemble(connection, work, folder, (manifest or {}).get("files", ()), progress)
        told = _manifest(manifest or {}, files, origins, summary)
        if is_new or unread:
            publish(work / ASSEMBLED, folder, told, is_new=is_new)
    counts = told["counts"]
    return Compaction(
        directory=Path(directory),
        spans=counts[SPANS],
        log_records=counts[LOG_RECORDS],
        days=len({day_of(file) for file in files}),
        bytes=sum(file["bytes"] for file in files),
        added=len(unread),
        known=known,
        summary=summary,
    )


def _nothing(summary: ReadSummary) -> str:
    first, reason = next(iter(summary.not_understood.items()))
    more = len(summary.not_understood) - 1
    return f"{first}: no spans, {reason}" + (f" (and {more} more files)" if more else "")


def _sources(
    paths: Sequence[str | os.PathLike[str]] | None,
    feedback: Sequence[str | os.PathLike[str]] | None,
    folder: Path,
    work: Path,
    summary: ReadSummary,
) -> list[Source]:
    """What is to be kept, without what the dataset itself consists of."""
    events, others = find_feedback(feedback or ())
    events += events_beside(paths)
    names = {}
    for number, file in enumerate(others):
        # Feedback of other forms becomes the events that `feedback import` would make of it.
        path = work / f"events-{number}.jsonl"
        path.write_text("".join(event_lines(collect(file).feedback)), encoding="utf-8")
        names[path] = str(file)
    found = sources_of(paths, [*events, *names], summary)
    own = {path.resolve() for path in kept_files(folder)}
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
            table: sum(file["rows"] for file in files if table_of(file) == table)
            for table in KEPT_TABLES
        },
        "damaged_places": len(damages),
        "damages": [asdict(damage) for damage in damages[:_DAMAGES_AT_MOST]],
        "held_back": held_back | summary.unfinished,
        "left_out": before.get("left_out", {}) | summary.not_understood,
        "sources": [origin.record() for origin in origins],
        "files": list(files),
    }
