"""The report as coloured text."""

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from toolspan.analytics.output import clean, count, to_text
from toolspan.analytics.report._sections import SIGNS, sections

if TYPE_CHECKING:
    from toolspan.analytics.recommend import Recommendation
    from toolspan.analytics.report._facts import Facts
    from toolspan.analytics.report._vitals import Vital

WIDTH = 110
MOST_RECOMMENDATIONS = 5
_CODES = {"bad": "31", "warn": "33", "unsure": "2", "ok": "32", "bold": "1", "soft": "2"}
_CHANGES = {"better": "ok", "worse": "bad", "no clear change": "soft"}


def to_terminal(facts: "Facts", *, width: int | None = None, colour: bool = False) -> str:
    """The report as text, with escape sequences for colours only if asked for."""
    return "\n".join(_Pen(width or WIDTH, colour=colour).lines(facts)) + "\n"


class _Pen:
    """Writes lines of a width."""

    def __init__(self, width: int, *, colour: bool) -> None:
        self._width = width
        self._has_colour = colour

    def lines(self, facts: "Facts") -> Iterator[str]:
        totals = facts.totals
        yield ""
        yield from self._wrapped(facts.headline, style="bold")
        against = f", against {facts.before}" if facts.before else ""
        yield from self._wrapped(
            f"{count(totals['sessions'])} sessions, {count(totals['runs'])} agent runs, "
            f"{count(totals['calls'])} tool calls; {facts.period}{against}",
            style="soft",
        )
        yield from self._list("", [self._vital(vital) for vital in facts.vitals])
        works = [self._signed("ok", text) for text in facts.works]
        yield from self._list("What works", works)
        found = [self._signed(trouble.level, trouble.text) for trouble in facts.troubles]
        yield from self._list("What does not", found)
        yield from self._recommendations(facts)
        for section in sections(facts):
            yield ""
            yield self._styled(section.title, "bold")
            yield self._coloured(to_text(section.records, section.columns, self._width).rstrip())
            if section.more:
                yield self._styled(section.more, "soft")
        yield ""
        read = f"Read: {count(totals['spans'])} spans in {len(facts.files)} file(s)"
        yield self._styled(read, "soft")
        for note in (*facts.findings.notes, *facts.notes):
            yield from self._wrapped(f"Note: {clean(note, 400)}", style="soft")

    def _vital(self, vital: "Vital") -> list[str]:
        line = f"   {clean(vital.name, 44):<46}{vital.text:>9}   {vital.interval}, {vital.of}"
        if vital.before is None:
            return self._wrapped(line, indent=58)
        change = self._styled(vital.change, _CHANGES[vital.change])
        return [*self._wrapped(line, indent=58), f"{'':58}before {vital.before.text}: {change}"]

    def _signed(self, level: str, text: str) -> list[str]:
        first, *rest = self._wrapped(f"   {text}", indent=3)
        return [f" {self._styled(SIGNS[level], level)} {first[3:]}", *rest]

    def _recommendations(self, facts: "Facts") -> Iterator[str]:
        if not facts.tools:
            return
        yield ""
        yield self._styled("What to do", "bold")
        shown = facts.recommendations[:MOST_RECOMMENDATIONS]
        if not shown:
            yield self._styled("   Nothing for which there is data enough.", "soft")
        for place, one in enumerate(shown, start=1):
            yield from self._recommendation(place, one)
        left = len(facts.recommendations) - len(shown)
        if left > 0:
            yield self._styled(f"   {left} more: toolspan recommend", "soft")

    def _recommendation(self, place: int, one: "Recommendation") -> Iterator[str]:
        yield f" {place} {self._styled(one.title, 'bold')} (confidence {one.confidence})"
        said = (one.evidence, f"To be won at most: {one.prize}.", one.next_step)
        for text in said:
            yield from self._wrapped(f"   {text}", indent=3)
        seen = (
            f" See {', '.join(clean(each, 60) for each in one.sessions)}." if one.sessions else ""
        )
        yield from self._wrapped(f"   {one.would_change}{seen}", indent=3, style="soft")

    def _list(self, title: str, items: list[list[str]]) -> Iterator[str]:
        if not items:
            return
        yield ""
        if title:
            yield self._styled(title, "bold")
        for item in items:
            yield from item

    def _wrapped(self, text: str, *, indent: int = 0, style: str = "") -> list[str]:
        lead = text[: len(text) - len(text.lstrip())]
        lines = textwrap.wrap(
            text.strip().replace(" %", "\N{NO-BREAK SPACE}%"),
            max(40, self._width),
            initial_indent=lead,
            subsequent_indent=" " * min(indent, self._width // 2),
            break_on_hyphens=False,
        )
        plain = (line.replace("\N{NO-BREAK SPACE}", " ") for line in lines)
        return [self._styled(line, style) if style else line for line in plain]

    def _styled(self, text: str, style: str) -> str:
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if self._has_colour else text

    def _coloured(self, table: str) -> str:
        """A table whose first column is a sign of health, with the signs coloured."""
        if not self._has_colour:
            return table
        levels = {sign: level for level, sign in SIGNS.items()}
        return "\n".join(
            self._styled(line[0], levels[line[0]]) + line[1:] if line[:1] in levels else line
            for line in table.split("\n")
        )
