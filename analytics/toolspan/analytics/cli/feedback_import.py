"""`toolspan feedback import`: bring feedback from other places to the traces it is about."""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from toolspan.analytics.cli._common import EXIT_FINE, guarded
from toolspan.analytics.errors import InputError
from toolspan.conventions import environment

if TYPE_CHECKING:
    from toolspan.analytics.feedback import Collection, JoinReport

EPILOG = """what is understood:
  exports of Langfuse (scores), Phoenix (annotations) and MLflow (traces with assessments),
  feedback_history.json, and any CSV, JSON, JSON lines or Parquet with a session and a score.

examples:
  toolspan feedback import ratings.csv
  toolspan feedback import ratings.csv --map session_id=chat --map score=stars,accuracy
  toolspan feedback import orders.csv --map attribute:order.id=order --map score=stars
"""


def main(argv: Sequence[str], *, prog: str) -> int:
    """Run the verb; returns the exit code."""
    made = argparse.ArgumentParser(
        prog=prog,
        description="Bring feedback from other places to the traces it is about.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("files", nargs="+", metavar="FILE", help="files or folders of feedback")
    made.add_argument(
        "--dir",
        metavar="FOLDER",
        help="the traces, where the feedback goes too (default $TOOLSPAN_DIR, then "
        "./toolspan-data)",
    )
    made.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="FIELD=COLUMN",
        help="which column holds what, where its name does not say it",
    )
    made.add_argument(
        "--label", action="append", metavar="LABEL=VALUE", help="what a label means as a number"
    )
    made.add_argument("--dry-run", action="store_true", help="say what would be done, and no more")
    made.add_argument("--format", choices=("table", "json"), default="table")
    arguments = made.parse_args(argv)
    return guarded(lambda: _run(arguments))


def _run(arguments: argparse.Namespace) -> int:
    from toolspan.analytics.feedback import collect, find_feedback, parse_mapping, write_events

    directory = Path(arguments.dir) if arguments.dir else environment.data_directory()
    columns = parse_mapping(arguments.map) if arguments.map else None
    events, others = find_feedback(arguments.files)
    if events and not others:
        raise InputError(
            f"{events[0]}: it holds OpenTelemetry events, which need no import: put it into "
            f"{directory}, or name it with --feedback"
        )
    collections = [collect(file, columns) for file in others]
    written = [
        None if arguments.dry_run else write_events(found.feedback, directory, found.path)
        for found in collections
    ]
    join = _join(directory, collections, arguments.label)
    if arguments.format == "json":
        _print_json(collections, written, join)
    else:
        _print_text(collections, written, join, directory)
    return EXIT_FINE


def _join(
    directory: Path, collections: Sequence["Collection"], labels: Sequence[str] | None
) -> "JoinReport | None":
    """The join report of the folder, or None when it holds no traces yet."""
    from toolspan.analytics.feedback import write_events
    from toolspan.analytics.traces import open_traces

    with tempfile.TemporaryDirectory(prefix="toolspan-") as folder:
        # Whether it was written or not: the same ids count once.
        for found in collections:
            write_events(found.feedback, Path(folder), found.path)
        try:
            with open_traces(directory, feedback=[folder], labels=labels) as traces:
                return traces.join_report() if traces.summary.spans else None
        except InputError:
            return None


def _print_json(
    collections: Sequence["Collection"],
    written: Sequence[Path | None],
    join: "JoinReport | None",
) -> None:
    from toolspan.analytics.feedback import summary

    imported = [
        summary(found) | {"written": str(path) if path else None}
        for found, path in zip(collections, written, strict=True)
    ]
    document = {
        "imported": imported,
        "join": None if join is None else [dict(score) for score in join.scores],
        "unmatched": None if join is None else [dict(row) for row in join.unmatched],
        "messages": [] if join is None else join.messages(),
    }
    json.dump(document, sys.stdout, indent=1, default=str)
    sys.stdout.write("\n")


def _print_text(
    collections: Sequence["Collection"],
    written: Sequence[Path | None],
    join: "JoinReport | None",
    directory: Path,
) -> None:
    from toolspan.analytics.feedback import source_name, summary
    from toolspan.analytics.output import clean

    lines = []
    for found, path in zip(collections, written, strict=True):
        said = summary(found)
        names = ", ".join(f"{clean(name, 40)} {count}" for name, count in said["scores"].items())
        lines.append(f"{found.path} ({found.form}): {len(found.feedback)} feedback ({names})")
        if found.columns:
            used = ", ".join(f"{field}={column}" for field, column in found.columns.items())
            lines.append(f"  columns: {clean(used)}")
        lines += [f"  left out: {count} with {why}" for why, count in found.left_out.items()]
        lines.append(f"  written: {path}" if path else "  not written (--dry-run)")
    if join is None:
        lines.append(f"No traces in {directory} to join with yet.")
    else:
        for score in join.scores:
            lines.append(
                f"{clean(score['score_name'], 60)} ({clean(source_name(score), 60)}): "
                f"{score['matched']} of {score['feedback']} match; "
                f"{score['rated_sessions']} of {score['sessions']} sessions rated"
            )
            selection = join.selection(score)
            if selection:
                lines.append(f"  {selection}")
        lines += [f"Note: {message}" for message in join.messages()]
    sys.stdout.write("\n".join(lines) + "\n")
