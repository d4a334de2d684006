"""Tables for a terminal: aligned, no wider than it, without a library's start-up time."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from toolspan.analytics.output._values import NOTHING, clean

# The weight of columns that say what a row is about: these are always there.
KEY = 9
# Text is not cut shorter than this to make room for other columns.
SHORTEST = 16


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table for people.

    Attributes:
        title: what stands above it.
        show: a record's cell, as text.
        is_number: whether it is set to the right, and never cut.
        weight: where the terminal is too narrow, the columns of the lowest weight go first.
        shortest: text is not cut shorter than this to make room for other columns.
    """

    title: str
    show: Callable[[Mapping[str, Any]], str]
    is_number: bool = True
    weight: int = 1
    shortest: int = SHORTEST


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
        width: of the terminal, in characters. Where that is too little, long texts are cut, and if
            need be columns are left out, least first; what was left out is said below.
    """
    table = [[cell(column, record) for column in columns] for record in records]
    widths = [
        max([text_width(column.title), *(text_width(row[i]) for row in table)])
        for i, column in enumerate(columns)
    ]
    # A column without a word in it says nothing.
    kept = [
        i
        for i, column in enumerate(columns)
        if column.weight >= KEY or any(row[i] not in ("", NOTHING) for row in table)
    ]
    least = [
        full if column.is_number else min(full, max(column.shortest, text_width(column.title)))
        for column, full in zip(columns, widths, strict=True)
    ]
    left_out = []
    if width:
        while len(kept) > 2 and sum(least[i] + 2 for i in kept) - 2 > width:
            gone = min(reversed(kept), key=lambda i: columns[i].weight)
            kept.remove(gone)
            left_out.append(columns[gone].title)
        widths = _fitted(widths, least, kept, width)
    lines = ["  ".join(_pad(columns[i].title, widths[i], columns[i].is_number) for i in kept)]
    lines.append("  ".join("─" * widths[i] for i in kept))
    lines += [
        "  ".join(_pad(row[i], widths[i], columns[i].is_number) for i in kept) for row in table
    ]
    if left_out:
        lines += _wrapped(f"(no room for: {', '.join(reversed(left_out))})", width)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _fitted(
    widths: Sequence[int], least: Sequence[int], kept: Sequence[int], width: int
) -> list[int]:
    """The widths after the widest texts gave room, as far as they may."""
    fitted = list(widths)
    over = sum(fitted[i] + 2 for i in kept) - 2 - width
    while over > 0:
        able = [i for i in kept if fitted[i] > least[i]]
        if not able:
            break
        widest = max(able, key=lambda i: fitted[i])
        fitted[widest] -= 1
        over -= 1
    return fitted


def _wrapped(text: str, width: int | None) -> list[str]:
    import textwrap  # only where there is something to say

    return textwrap.wrap(text, width or 1000)


def _pad(text: str, width: int, to_the_right: bool) -> str:
    text = cut(text, width)
    space = " " * (width - text_width(text))
    return space + text if to_the_right else text + space


def cut(text: str, width: int) -> str:
    """The text in no more than so many cells, with an ellipsis where something is missing."""
    if text_width(text) <= width:
        return text
    while text and text_width(text) > width - 1:
        text = text[:-1]
    return text.rstrip() + "…"


def text_width(text: str) -> int:
    """How many cells of a terminal the text takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )
