"""A verb that prints one measure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from toolspan.analytics.cli._common import (
    add_format,
    add_selection,
    finish,
    guarded,
    open_input,
    parser,
    print_notes,
    print_table,
)
from toolspan.analytics.output import Column, clean


@dataclass(frozen=True, slots=True)
class MeasureVerb:
    """Prints a measure; called as verbs are.

    Attributes:
        measure: its name.
        description: for `--help`.
        nothing: what to say where there is no row, after "N spans read, ".
        columns: what to show people.
        keys: the titles of what it groups by; None where the grouping is fixed.
        options: more options: how argparse is told, and how the measure is.
    """

    measure: str
    description: str
    nothing: str
    columns: Sequence[Column]
    keys: tuple[tuple[str, str], ...] | None = None
    options: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __call__(self, argv: Sequence[str], *, prog: str) -> int:
        """Run the verb; returns the exit code."""
        made = parser(prog, self.description)
        add_selection(made, by=self.keys is not None)
        add_format(made)
        for name, how in self.options.items():
            made.add_argument(name, **how)
        made.add_argument("--limit", type=int, metavar="N", help="print only the first N rows")
        arguments = made.parse_args(argv)
        by = getattr(arguments, "by", None)
        given = {
            name: getattr(arguments, name)
            for name in ("with_pseudo", "every")
            if hasattr(arguments, name)
        }

        def run() -> int:
            with open_input(arguments) as traces:
                sql = traces.query(self.measure, by, arguments.where, **given)
                records, names = traces.sql_table(sql)
                notes = traces.summary.notes()
                if not records:
                    notes.insert(0, f"{traces.summary.spans} spans read, {self.nothing}")
                if not given.get("with_pseudo", True):
                    notes += plumbing(traces.pseudo_tools())
                shown = records[: arguments.limit]
                if len(shown) < len(records):
                    notes.insert(0, f"{len(records) - len(shown)} rows more (--limit)")
                print_table(shown, self._columns(by), arguments.format, names)
                print_notes(notes, arguments.format)
                return finish(traces, arguments)

        return guarded(run)

    def _columns(self, by: Sequence[str] | None) -> list[Column]:
        keys = [(key, key) for key in by] if by else self.keys or ()
        return [*(_key_column(key, title) for key, title in keys), *self.columns]


def _key_column(key: str, title: str) -> Column:
    def show(record: Any) -> str:
        return clean(record[key])

    return Column(title, show, is_number=False, weight=9)


def plumbing(pseudo: dict[str, int]) -> list[str]:
    """The footnote on calls that are not the agent's own; none if there are none."""
    if not pseudo:
        return []
    names = ", ".join(f"{clean(name, 40)} {calls}" for name, calls in pseudo.items())
    return [f"calls of framework plumbing left out (--all shows them): {names}"]


Show = Callable[[Any], str]
