"""A verb that prints one measure."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from toolspan.analytics.cli._common import (
    add_format,
    add_rows,
    add_selection,
    finish,
    guarded,
    open_input,
    ordered,
    parser,
    print_notes,
    print_table,
)
from toolspan.analytics.measures import APPROXIMATE, MEASURES
from toolspan.analytics.measures._health import ABANDONED_ABOVE
from toolspan.analytics.output import Column, clean, count, counted

if TYPE_CHECKING:
    from toolspan.analytics.traces import Traces


@dataclass(frozen=True, slots=True)
class MeasureVerb:
    """Prints a measure; called as verbs are.

    Attributes:
        measure: its name.
        description: for `--help`.
        nothing: what to say where there is no row, after "N spans read, ".
        columns: what to show people.
        examples: how it is used, for `--help`: arguments, each with what that tells.
        keys: the titles of what it groups by; None where the grouping is fixed.
        options: more options: how argparse is told, and how the measure is.
        legend: what a note or a reason means that stands in the table, where it does.
    """

    measure: str
    description: str
    nothing: str
    columns: Sequence[Column]
    examples: Sequence[tuple[str, str]] = ()
    keys: tuple[tuple[str, str], ...] | None = None
    options: dict[str, dict[str, Any]] = field(default_factory=dict)
    legend: dict[str, str] = field(default_factory=dict)

    def __call__(self, argv: Sequence[str], *, prog: str) -> int:
        """Run the verb; returns the exit code."""
        made = parser(prog, self.description, examples(prog, self.examples))
        add_selection(made, by=self.keys is not None)
        add_format(made)
        for name, how in self.options.items():
            made.add_argument(name, **how)
        if MEASURES[self.measure].has_percentiles:
            made.add_argument(
                "--approximate",
                action="store_true",
                help="percentiles within 1 %%, from buckets that can be added up",
            )
        add_rows(made)
        arguments = made.parse_args(argv)
        by = getattr(arguments, "by", None)
        by = [key.strip() for each in by for key in each.split(",")] if by else None
        given = {
            name: getattr(arguments, name)
            for name in ("with_pseudo", "every", "approximate")
            if hasattr(arguments, name)
        }

        def run() -> int:
            with open_input(arguments) as traces:
                sql = traces.query(self.measure, by, arguments.where, **given)
                found, names = traces.sql_table(sql)
                records = ordered(found, arguments.sort, names)
                notes = traces.summary.notes()
                if not records:
                    notes.insert(0, self._nothing(traces, arguments))
                if not given.get("with_pseudo", True):
                    notes += plumbing(traces.pseudo_tools())
                shown = records[: arguments.limit] if arguments.limit else records
                if len(shown) < len(records):
                    notes.insert(0, f"{counted(len(records) - len(shown), 'row')} more (--limit)")
                notes = [*abandoned(records), *notes]
                if given.get("approximate"):
                    notes.append(f"percentiles are {APPROXIMATE}")
                said = {record.get(key) for record in shown for key in ("note", "reason")}
                notes += [text for note, text in self.legend.items() if note in said]
                print_table(shown, self._columns(by, given), arguments.format, names)
                print_notes(notes, arguments.format, has_table=bool(shown))
                return finish(traces, arguments)

        return guarded(run)

    def _nothing(self, traces: "Traces", arguments: argparse.Namespace) -> str:
        """Why there is no row: nothing of the kind is there, or none was asked for."""
        read = f"{counted(traces.summary.spans, 'span')} read"
        chosen = [*(arguments.where or ())]
        chosen += [f"since {arguments.since}"] if arguments.since else []
        chosen += [f"until {arguments.until}"] if arguments.until else []
        if chosen and traces.summary.spans:
            return f"{read}, {self.nothing} with {', '.join(chosen)}"
        return f"{read}, {self.nothing}"

    def _columns(self, by: Sequence[str] | None, given: dict[str, Any]) -> list[Column]:
        keys = [(key, key) for key in by] if by else self.keys or ()
        made = [_key_column(key, title) for key, title in keys]
        every = given.get("every")
        return [*made, *([_time_column(every)] if every else []), *self.columns]


def _time_column(every: str) -> Column:
    style = "%Y-%m-%d %H:%M" if every in ("minute", "hour") else "%Y-%m-%d"
    style = "%Y-%m" if every == "month" else style
    return Column(
        f"{every} from" if every == "week" else every,
        lambda record: f"{record['time']:{style}}",
        is_number=False,
        weight=9,
    )


def examples(prog: str, given: Sequence[tuple[str, str]]) -> str | None:
    """The end of a verb's `--help`."""
    if not given:
        return None
    width = max(len(arguments) for arguments, _ in given)
    lines = [f"  {prog} {arguments:<{width}}  {meaning}" for arguments, meaning in given]
    return "\n".join(["examples:", *lines])


def _key_column(key: str, title: str) -> Column:
    def show(record: Any) -> str:
        return clean(record[key])

    return Column(title, show, is_number=False, weight=9)


def abandoned(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """A loud note where more than a few never ended; none otherwise."""
    lost = sum(record.get("abandoned") or 0 for record in records)
    n = sum(record.get("calls", record.get("runs")) or 0 for record in records if lost)
    if not lost or lost <= ABANDONED_ABOVE * n:
        return []
    text = (
        f"{count(lost)} of {count(n)} NEVER ENDED (outcome abandoned): their process died, or was "
        "killed, or they still run; they are in no rate and no percentile"
    )
    return [text]


def plumbing(pseudo: dict[str, int]) -> list[str]:
    """The footnote on calls that are not the agent's own; none if there are none."""
    if not pseudo:
        return []
    names = ", ".join(f"{clean(name, 40)} {calls}" for name, calls in pseudo.items())
    return [f"calls of framework plumbing left out (--all shows them): {names}"]


Show = Callable[[Any], str]
