"""The report as Markdown, for a wiki, a chat or a pull request."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from toolspan.analytics.output import clean, count, to_markdown
from toolspan.analytics.report._sections import SIGNS, sections

if TYPE_CHECKING:
    from toolspan.analytics.report._facts import Facts


def report_markdown(facts: "Facts", *, title: str = "Agents and their tools") -> str:
    """The report; text that comes from traces is escaped."""
    return "\n".join(_lines(facts, title)) + "\n"


def _lines(facts: "Facts", title: str) -> Iterator[str]:
    totals = facts.totals
    against = f", against {facts.before}" if facts.before else ""
    yield f"# {_escaped(title)}"
    yield ""
    yield f"**{_escaped(facts.headline)}**"
    yield ""
    yield (
        f"{facts.period}{against}. {count(totals['sessions'])} sessions, "
        f"{count(totals['runs'])} agent runs, {count(totals['calls'])} tool calls."
    )
    if facts.vitals:
        yield ""
        yield "| | now | 95 % interval | over | before | |"
        yield "| --- | ---: | ---: | --- | ---: | --- |"
    for vital in facts.vitals:
        before = vital.before.text if vital.before else "–"  # noqa: RUF001
        yield (
            f"| {_escaped(vital.name)} | {vital.text} | {vital.interval} | {vital.of} | {before} "
            f"| {vital.change} |"
        )
    if facts.works:
        yield from ("", "## What works", "")
        yield from (f"- {_escaped(text)}" for text in facts.works)
    if facts.troubles:
        yield from ("", "## What does not", "")
        yield from (
            f"- {SIGNS[trouble.level]} {_escaped(trouble.text)}" for trouble in facts.troubles
        )
    if facts.tools:
        yield from ("", "## What to do", "")
        yield from _recommendations(facts)
    for section in sections(facts):
        yield from ("", f"## {section.title}", "")
        yield to_markdown(section.records, section.columns).rstrip()
        if section.more:
            yield from ("", section.more)
    yield ""
    yield f"Read: {count(totals['spans'])} spans in {len(facts.files)} file(s)."
    for note in (*facts.findings.notes, *facts.notes):
        yield from ("", f"Note: {_escaped(note)}")


def _recommendations(facts: "Facts") -> Iterator[str]:
    if not facts.recommendations:
        yield "Nothing for which there is data enough."
    for place, one in enumerate(facts.recommendations, start=1):
        yield f"{place}. **{_escaped(one.title)}** (confidence {one.confidence})."
        yield f"   {_escaped(one.evidence)} To be won at most: {_escaped(str(one.prize))}."
        yield f"   {_escaped(one.next_step)}"
        seen = ", ".join(_escaped(each) for each in one.sessions)
        yield f"   *{_escaped(one.would_change)}*{f' See {seen}.' if seen else ''}"


def _escaped(text: str) -> str:
    plain = clean(text, 600).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
    return re.sub(r"([*_`\[\]])", r"\\\1", plain)
