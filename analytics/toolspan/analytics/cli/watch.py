"""`toolspan watch`: files that grow, as a page of the terminal that is always up to date."""

import argparse
import itertools
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Self

from toolspan.analytics.cli._common import (
    EXIT_FINE,
    EXIT_INTERRUPTED,
    add_cache,
    guarded,
    progress_bar,
)
from toolspan.analytics.errors import InputError
from toolspan.analytics.output import clean, count, to_json_lines
from toolspan.conventions.environment import data_directory

if TYPE_CHECKING:
    from toolspan.analytics.live import LiveTraces, Look

EPILOG = """\
In a terminal the page takes its place until Ctrl-C; elsewhere (a pipe, a log) there is one line
each time. Paths need not be there yet, and new files are found.

examples:
  toolspan watch                        what your agents do now
  toolspan watch --since 1h --every 5   the last hour, again every five seconds
  toolspan watch --once                 one page, and done
  toolspan watch --format json          all that was found, for programs
"""
# The terminal's other screen, without a cursor; and back, as it was.
_ENTER, _LEAVE = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"
_HOME, _REST_OF_LINE, _REST_OF_SCREEN = "\x1b[H", "\x1b[K", "\x1b[J"
# Between two looks the machine has at least so long for others.
_SHORTEST_PAUSE_S = 0.1
# Where nothing arrived the window is looked at again after so long, and until then what was found
# only grows older.
_LOOK_AGAIN_S = 5.0


def main(argv: Sequence[str], *, prog: str) -> int:
    """Run the verb; returns the exit code."""
    made = argparse.ArgumentParser(
        prog=prog,
        description="What happens now, from span files that grow: tools, what is under way, the "
        "newest failures, agents, sessions.",
        epilog=EPILOG,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="span files, folders or glob patterns on this machine (default $TOOLSPAN_DIR, then "
        "./toolspan-data)",
    )
    made.add_argument(
        "--since",
        default="15m",
        metavar="TIME",
        help="how far back to look: 15m, 24h, 7d or ISO 8601 (default 15m)",
    )
    made.add_argument(
        "--every", type=_seconds, default=1.0, metavar="SECONDS", help="how often (default 1)"
    )
    made.add_argument("--once", action="store_true", help="look once, print the page, and end")
    made.add_argument("--times", type=_count, metavar="N", help="end after N looks")
    made.add_argument(
        "--format",
        choices=("text", "json"),
        default="text",
        help="json: all that was found, one object a look and line",
    )
    add_cache(made.add_argument_group("reading"))
    arguments = made.parse_args(argv)

    code = guarded(lambda: _watch(arguments))
    return EXIT_FINE if code == EXIT_INTERRUPTED else code


def _seconds(text: str) -> float:
    number = float(text)
    if not number > 0:
        raise ValueError(text)
    return number


def _count(text: str) -> int:
    number = int(text)
    if not number > 0:
        raise ValueError(text)
    return number


_seconds.__name__, _count.__name__ = "number of seconds", "number of looks"


def _watch(arguments: argparse.Namespace) -> int:
    from toolspan.analytics.live import follow  # duckdb: not for --help

    with follow(
        arguments.paths or None,
        since=arguments.since,
        cache=not arguments.no_cache,
        cache_dir=arguments.cache_dir,
        progress=progress_bar(),
    ) as traces:
        if arguments.once and not traces.summary.files:
            raise InputError("; ".join(traces.waiting_for))
        has_screen = sys.stdout.isatty() and arguments.format == "text" and not arguments.once
        times = 1 if arguments.once else arguments.times
        with _Ending() as ending, _screen() if has_screen else _plain() as show:
            for found in _looks(traces, arguments.every, times, ending):
                if arguments.format == "json":
                    show(_json(found))
                elif has_screen or arguments.once:
                    show(_page(traces, found, arguments, has_screen=has_screen))
                else:
                    show(_line(traces, found))
    return EXIT_FINE if ending.number in (None, signal.SIGINT) else 128 + ending.number


def _looks(
    traces: "LiveTraces", every_s: float, times: int | None, ending: "_Ending"
) -> "Iterator[Look]":
    """Looks at what has come, until there were enough of them or a signal has come."""
    from toolspan.analytics.live import look

    began = looked = time.monotonic()
    found = look(traces)
    for number in itertools.count(1):
        yield found
        if number == times:
            return
        ending.wait(max(_SHORTEST_PAUSE_S, every_s - (time.monotonic() - began)))
        if ending.number is not None:
            return
        began = time.monotonic()
        if traces.poll() or began - looked >= _LOOK_AGAIN_S:
            looked, found = began, look(traces)
        else:
            passed = time.time_ns() - found.now_ns
            first = found.first_ns + passed
            found = replace(found, now_ns=found.now_ns + passed, first_ns=first)


class _Ending:
    """Ctrl-C and SIGTERM as a wish to end between two looks.

    The engine makes an error of its own of what a handler raises while a query runs; so it raises
    only while we wait.

    Attributes:
        number: of the signal, once it has come.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self._is_waiting = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._came)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _came(self, number: int, _: object) -> None:
        self.number = number
        if self._is_waiting:
            raise KeyboardInterrupt

    def wait(self, seconds: float) -> None:
        """Wait, unless a signal has come or until one does."""
        try:
            self._is_waiting = True
            if self.number is None:
                time.sleep(seconds)
            self._is_waiting = False
        except KeyboardInterrupt:
            self._is_waiting = False


def _page(
    traces: "LiveTraces", found: "Look", arguments: argparse.Namespace, *, has_screen: bool
) -> str:
    from toolspan.analytics.live import clock, page
    from toolspan.analytics.measures import length_ns

    size = shutil.get_terminal_size((100, 40))
    where = ", ".join(arguments.paths) if arguments.paths else os.fspath(data_directory())
    window = "the last" if length_ns(arguments.since) else "since"
    title = f"{clean(where)} · {window} {clean(arguments.since)} · {clock(found.now_ns)}"
    width = size.columns if sys.stdout.isatty() else None
    if not traces.summary.files:
        reasons = [clean(reason, 500) for reason in traces.waiting_for]
        return "\n".join([title, f"waiting for spans in {clean(where)}", "", *reasons]) + "\n"
    # A last line that is not whole yet is nothing to know of a file that grows.
    notes = replace(traces.summary, unfinished={}).notes()
    return page(
        found,
        title=title,
        notes=notes,
        width=width,
        height=size.lines - 1 if has_screen else None,
        has_colour=sys.stdout.isatty() and not os.environ.get("NO_COLOR"),
    )


def _line(traces: "LiveTraces", found: "Look") -> str:
    from toolspan.analytics.live import clock, headline

    if not traces.summary.files:
        return f"{clock(found.now_ns)}  waiting for spans: {'; '.join(traces.waiting_for)}\n"
    spans = f"{count(traces.summary.spans)} spans in all"
    return f"{clock(found.now_ns)}  {headline(found)}; {spans}\n"


def _json(found: "Look") -> str:
    return to_json_lines([asdict(found)])


@contextmanager
def _plain() -> "Iterator[Callable[[str], None]]":
    yield _write


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


@contextmanager
def _screen() -> "Iterator[Callable[[str], None]]":
    """The terminal's other screen; what was there before comes back, however this ends."""
    _write(_ENTER)
    try:
        yield _draw
    finally:
        _write(_LEAVE)


def _draw(text: str) -> None:
    """Draw over what is there, so that nothing flickers."""
    lines = text.splitlines()
    _write(_HOME + "".join(f"{line}{_REST_OF_LINE}\n" for line in lines) + _REST_OF_SCREEN)
