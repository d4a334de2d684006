"""`toolspan compact`: traces as a Parquet dataset, to keep and share."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from toolspan.analytics.cli._common import (
    EXIT_FINE,
    EXIT_UNREADABLE,
    guarded,
    print_notes,
    print_progress,
)
from toolspan.analytics.output import counted

if TYPE_CHECKING:
    from toolspan.analytics.dataset import Compaction

DESCRIPTION = """Keep traces as a Parquet dataset: one folder, a partition for each day. Every verb
reads it like the files it was made of, and gives the same numbers when those are gone; DuckDB,
pandas and Spark read it, too."""

EPILOG = """what it holds:
  spans and log records (feedback among them) as they were read, before they are interpreted: a
  later toolspan reads them with all it has learned. Results and tables are what `toolspan export`
  writes. Content that was recorded is in it; its files are for their owner alone.

again:
  is safe at any time: files that are in it are not read again, a file that has grown is, and a span
  is in it once. It is written beside and then put in place. A folder with anything else in it is
  refused.

examples:
  toolspan compact --out kept                     what is in $TOOLSPAN_DIR, or ./toolspan-data
  toolspan compact toolspan-data/*.jsonl --out kept
  toolspan compact kept toolspan-data --out both  datasets can be put together
"""


def main(argv: Sequence[str], *, prog: str) -> int:
    """Run the verb; returns the exit code."""
    made = argparse.ArgumentParser(
        prog=prog,
        description=DESCRIPTION,
        epilog=EPILOG,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="span files of any origin, folders, glob patterns (here or s3://...), other datasets, "
        "or - for standard input (default $TOOLSPAN_DIR, then ./toolspan-data)",
    )
    made.add_argument(
        "--out",
        required=True,
        metavar="DIR",
        help="the dataset: a folder that is new, empty, or a dataset to add to",
    )
    made.add_argument(
        "--feedback",
        action="append",
        metavar="PATH",
        help="a file or folder of feedback to keep with it; may be given several times",
    )
    made.add_argument(
        "--strict",
        action="store_true",
        help="exit with 2 if anything in the input is damaged; what is sound is kept all the same",
    )
    made.add_argument("--format", choices=("table", "json"), default="table")
    arguments = made.parse_args(argv)

    def run() -> int:
        from toolspan.analytics.dataset import compact  # duckdb: not for --help

        done = compact(
            arguments.paths or None,
            arguments.out,
            arguments.feedback,
            progress=_progress if sys.stderr.isatty() else None,
        )
        _print(done, arguments.format)
        return EXIT_UNREADABLE if arguments.strict and done.summary.damages else EXIT_FINE

    return guarded(run)


def _progress(what: str, done: int, total: int) -> None:
    print_progress(done, total, what)


def _print(done: "Compaction", style: str) -> None:
    if style == "json":
        told = asdict(done) | {"directory": str(done.directory)}
        json.dump(told, sys.stdout, indent=1)
        sys.stdout.write("\n")
        return
    what = f"{counted(done.spans, 'span')} and {counted(done.log_records, 'log record')}"
    size = f"{done.bytes / 1e6:,.1f} MB"
    lines = [f"{done.directory}: {what} of {counted(done.days, 'day')}, {size}"]
    read = f"{counted(done.added, 'file')} ({done.summary.bytes_read / 1e6:,.1f} MB) read"
    known = f"{counted(done.known, 'file')} in it already"
    if not done.added:
        read = "nothing new"
    lines.append(f"{read}, {known}" if done.known else read)
    sys.stdout.write("\n".join(lines) + "\n")
    print_notes(done.summary.notes(), style)
