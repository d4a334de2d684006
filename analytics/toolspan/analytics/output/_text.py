"""Tables for a terminal: aligned, no wider than it, without a library's start-up time."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from toolspan.analytics.output._values import clean


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table for people.

    Attributes:
        title: what stands above it.
        show: a record's cell, as text.
        is_number: whether it is set to the right.
        weight: where the terminal is too narrow, the columns of the lowest weight go first.
    """

    title: str
    show: Callable[[Mapping[str, Any]], str]
    is_number: bool = True
    weight: int = 1


def cell(column: Column, record: Mapping[str, Any]) -> str:
    """What stands in the record's row below the column's title."""
    return clean(column.show(record))


def to_text(
    records: Sequence[Mapping[str, Any]], columns: Sequence[Column], width: int | None = None
) -> str:
    """The records as lines with aligned columns.

    Args:
        records: the rows.
        columns: what to show of them.
        width: of the terminal, in characters; columns that do not fit are left out, least first.
    """
    table = [[cell(column, record) for column in columns] for record in records]
    widths = [
        max([text_width(column.title), *(text_width(row[i]) for row in table)])
        for i, column in enumerate(columns)
    ]
    kept = list(range(len(columns)))
    while width and len(kept) > 2 and sum(widths[i] + 2 for i in kept) - 2 > width:
        kept.remove(min(reversed(kept), key=lambda i: columns[i].weight))
    lines = ["  ".join(_pad(columns[i].title, widths[i], columns[i].is_number) for i in kept)]
    lines.append("  ".join("─" * widths[i] for i in kept))
    lines += [
        "  ".join(_pad(row[i], widths[i], columns[i].is_number) for i in kept) for row in table
    ]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _pad(text: str, width: int, to_the_right: bool) -> str:
    space = " " * (width - text_width(text))
    return space + text if to_the_right else text + space


def text_width(text: str) -> int:
    """How many cells of a terminal the text takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )
