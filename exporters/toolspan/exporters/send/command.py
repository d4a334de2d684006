"""`toolspan send [FILES] --endpoint URL`: replay recorded spans and events over OTLP."""

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NoReturn

from toolspan.exporters.send import _protobuf
from toolspan.exporters.send._batches import MAX_RECORDS, Place
from toolspan.exporters.send._endpoint import (
    PROTOCOLS,
    Endpoint,
    dry_transport_to,
    transport_to,
)
from toolspan.exporters.send._files import UsageError, find_files
from toolspan.exporters.send._interruption import Interruption
from toolspan.exporters.send._journal import Journal, default_path
from toolspan.exporters.send._lines import LineFile
from toolspan.exporters.send._progress import Progress
from toolspan.exporters.send._records import Signal
from toolspan.exporters.send._sender import GivenUpError, Sender, Tally

EXIT_FINE, EXIT_NOT_ALL, EXIT_USAGE, EXIT_STOPPED = 0, 1, 2, 130
_MOST_EXAMPLES: Final = 3

_USAGE_END: Final = """\
What is not given comes from OTEL_EXPORTER_OTLP_ENDPOINT, _PROTOCOL, _HEADERS, _COMPRESSION,
_TIMEOUT (seconds), _CERTIFICATE, _CLIENT_CERTIFICATE and _CLIENT_KEY; those of traces
(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, ...) go before them, or those of logs with --only events.
Exit code: 0 all was accepted, 1 something was not, 2 bad usage or nothing to read.
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(EXIT_USAGE, f"{self.prog}: {message}\n")


def main(argv: Sequence[str], *, prog: str = "toolspan send") -> int:
    """Send what the arguments name; the exit code says whether all of it was accepted."""
    options = _parser(prog).parse_args(argv)
    try:
        return _Run(options, prog).start()
    except UsageError as error:
        print(f"{prog}: {error}", file=sys.stderr)  # noqa: T201
        return EXIT_USAGE
    except KeyboardInterrupt:  # while a pipe was read
        print(f"{prog}: stopped; nothing was sent", file=sys.stderr)  # noqa: T201
        return EXIT_STOPPED


class _Run:
    """One run of the command, from options to exit code."""

    def __init__(self, options: argparse.Namespace, prog: str) -> None:
        self.prog = prog
        self.resume = options.resume
        self.files = [LineFile(path) for path in find_files(options.files)]
        self.endpoint = Endpoint.of(options, os.environ)
        self.dry = dry_transport_to(self.endpoint) if options.dry_run else None
        self.transport = self.dry or transport_to(self.endpoint)
        self.journal = _journal(options, self.endpoint, self.files)
        self.journal_failed = False
        is_terminal = sys.stderr.isatty()
        self.progress = Progress(
            sys.stderr, sum(file.size for file in self.files), is_on=is_terminal
        )
        self.sender = Sender(
            self.transport,
            places=self.journal.places,
            reached=self._reached,
            signals=_signals(options.only),
            retry_for_s=options.retry_for,
            max_records=options.batch,
            progressed=self._progressed,
        )
        self.interruption = Interruption()

    def start(self) -> int:
        begun = time.monotonic()
        _protobuf.unknown_fields.clear()
        stopped = ""
        code = EXIT_FINE
        try:
            with self.interruption:
                self.sender.send(self.files)
        except GivenUpError as error:
            stopped, code = f"{self.endpoint} takes no more: {error}", EXIT_NOT_ALL
        except KeyboardInterrupt:
            stopped, code = "stopped", EXIT_STOPPED
        finally:
            self.progress.clear()
            self.transport.close()
            for file in self.files:
                file.close()
        tally = self.sender.tally
        self._say(self._summary(time.monotonic() - begun))
        if stopped:
            self._complain(f"{stopped}. To go on from here: the same command with --resume")
        for note in _notes(tally):
            self._complain(note)
        if code == EXIT_FINE and (tally.refused or tally.damaged):
            code = EXIT_NOT_ALL
        return code

    def _summary(self, elapsed_s: float) -> str:
        tally = self.sender.tally
        records = " and ".join(
            f"{tally.sent[signal]:,} {signal.records_name}"
            for signal in Signal
            if tally.sent[signal] or signal is Signal.TRACES
        )
        files = f"{len(self.files)} file{'' if len(self.files) == 1 else 's'}"
        what = f"{records} of {files} to {self.endpoint}"
        if self.dry is None:
            return f"sent {what} in {elapsed_s:.1f} s"
        requests = f"{self.dry.requests:,} request{'' if self.dry.requests == 1 else 's'}"
        return f"would send {what} in {requests}, {self.dry.size_bytes:,} bytes"

    def _progressed(self, done_bytes: int, records: int, note: str) -> None:
        if self.interruption.has_come:
            raise KeyboardInterrupt
        self.progress.update(done_bytes, records, note)

    def _reached(self, places: Mapping[str, Place]) -> None:
        if self.dry is not None:
            return
        try:
            self.journal.reach(places)
        except OSError as error:
            if not self.journal_failed:
                self.journal_failed = True
                self.progress.clear()
                self._complain(
                    f"{self.journal.path}: {error.strerror}; --resume will not know how far we got"
                )

    def _say(self, text: str) -> None:
        print(text, flush=True)  # noqa: T201

    def _complain(self, text: str) -> None:
        print(f"{self.prog}: {text}", file=sys.stderr)  # noqa: T201


def _journal(options: argparse.Namespace, endpoint: Endpoint, files: Sequence[LineFile]) -> Journal:
    """How far earlier runs got; with these files anew, unless the run is to go on with them."""
    path = options.journal or default_path(str(endpoint))
    try:
        journal = Journal.load(path, str(endpoint))
    except (OSError, ValueError) as error:
        if options.resume:
            raise UsageError(f"cannot resume: {error}") from error
        return Journal(path, str(endpoint))
    if not options.resume:
        for file in files:
            journal.places.pop(file.fingerprint, None)
    return journal


def _signals(only: str | None) -> tuple[Signal, ...]:
    if only is None:
        return tuple(Signal)
    return (Signal.TRACES,) if only == "spans" else (Signal.LOGS,)


def _notes(tally: Tally) -> list[str]:
    """One line for each thing that did not go as it should."""
    notes = []
    for signal, count in tally.refused.items():
        notes.append(f"{count:,} {signal.records_name} were refused")
    for message, count in tally.refusals.most_common(_MOST_EXAMPLES):
        notes.append(f"  {count:,} times: {message}")
    for signal, count in tally.unsupported.items():
        notes.append(
            f"{count:,} {signal.records_name} were left out: the endpoint has no service for them"
        )
    if tally.damaged:
        notes.append(f"{len(tally.damaged):,} places could not be read and were not sent")
        notes += [f"  {place}" for place in tally.damaged[:_MOST_EXAMPLES]]
    for path, size in tally.held_back.items():
        notes.append(f"{path}: the last line has no end yet, {size:,} bytes were left for later")
    if tally.retries:
        times = "once" if tally.retries == 1 else f"{tally.retries:,} times"
        notes.append(f"a request had to be repeated {times}")
    for name, count in _protobuf.unknown_fields.most_common(_MOST_EXAMPLES):
        notes.append(
            f"field {name} is newer than this version and was left out {count:,} times "
            "(--protocol http/json sends it)"
        )
    return notes


def _parser(prog: str) -> argparse.ArgumentParser:
    parser = _Parser(
        prog=prog,
        description="Send recorded spans and events to an OTLP endpoint: a collector, Jaeger, "
        "Tempo. What arrives is what the files say.",
        epilog=_USAGE_END,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help="files, folders or patterns, compressed or not; - is standard input (default: "
        "$TOOLSPAN_DIR, then ./toolspan-data)",
    )
    parser.add_argument(
        "--endpoint", metavar="URL", help="default: http://localhost:4318 (4317 for grpc)"
    )
    parser.add_argument(
        "--protocol",
        choices=PROTOCOLS,
        help="default: grpc where the endpoint's port is 4317, else http/protobuf",
    )
    parser.add_argument(
        "--header",
        action="append",
        metavar="NAME=VALUE",
        help="sent with each request; may be given several times",
    )
    parser.add_argument("--compression", choices=("gzip", "none"), help="default: none")
    parser.add_argument(
        "--only", choices=("spans", "events"), help="leave the other kind where it is"
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="read and count everything as if to send it, and send nothing",
    )
    parser.add_argument(
        "--resume", action="store_true", help="go on where the last run to this endpoint stopped"
    )
    parser.add_argument(
        "--batch",
        type=_positive_int,
        default=MAX_RECORDS,
        metavar="N",
        help=f"records in one request (default: {MAX_RECORDS})",
    )
    parser.add_argument(
        "--timeout", type=_positive, metavar="SECONDS", help="of one request (default: 10)"
    )
    parser.add_argument(
        "--retry-for",
        type=_positive,
        default=60.0,
        metavar="SECONDS",
        help="how long to try one request before giving up (default: 60)",
    )
    parser.add_argument(
        "--journal",
        type=Path,
        metavar="FILE",
        help="where --resume finds how far we got (default: one for each endpoint, below "
        "$XDG_STATE_HOME)",
    )
    return parser


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number above 0, found {text!r}")
    return number


def _positive_int(text: str) -> int:
    number = _positive(text)
    if number != int(number):
        raise argparse.ArgumentTypeError(f"expected a whole number, found {text!r}")
    return int(number)
