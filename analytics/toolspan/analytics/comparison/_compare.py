"""Two runs, every quantity, one verdict."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from toolspan.analytics.comparison._assess import LEAST_SESSIONS, Assessment, Subject, assess
from toolspan.analytics.comparison._design import DRAWS, design
from toolspan.analytics.comparison._quantities import TOOL_MIX
from toolspan.analytics.comparison._subjects import subjects
from toolspan.analytics.comparison._tool_mix import ToolMix, tool_mix
from toolspan.analytics.comparison._verdict import (
    NOT_JUDGED,
    Judgement,
    exit_code,
    judge,
    overall,
    record_of,
)
from toolspan.analytics.comparison._words import sentence, title

if TYPE_CHECKING:
    import pandas as pd

    from toolspan.analytics.comparison._design import Design
    from toolspan.analytics.comparison._margins import Margin
    from toolspan.analytics.comparison._sessions import Run


@dataclass(frozen=True, slots=True)
class Comparison:
    """What comes of NEW against BASE.

    Attributes:
        verdict: `PASS`, `FAIL` or `INCONCLUSIVE`.
        records: one for each quantity, what is judged first; docs/reference/comparison.md has every
            column.
        tool_records: one for each tool, what shifted most first.
        base_name: what BASE is called.
        new_name: and NEW.
        base_sessions: of BASE, compared or not.
        new_sessions: and of NEW.
        paired_by: the keys of the task by which sessions are paired; empty where they are not.
        within: what sessions are compared within, where they are not paired.
        tasks: how many tasks both runs have.
        notes: what a reader must know of the whole, in sentences.
    """

    verdict: str
    records: list[dict[str, Any]]
    tool_records: list[dict[str, Any]]
    base_name: str
    new_name: str
    base_sessions: int
    new_sessions: int
    paired_by: tuple[str, ...]
    within: tuple[str, ...]
    tasks: int
    notes: list[str] = field(default_factory=list)

    @property
    def frame(self) -> "pd.DataFrame":
        """The quantities as a DataFrame."""
        import pandas as pd

        return pd.DataFrame(self.records)

    @property
    def tools(self) -> "pd.DataFrame":
        """How the use of each tool shifted, as a DataFrame."""
        import pandas as pd

        return pd.DataFrame(self.tool_records)

    def exit_code(self, *, inconclusive: str = "report") -> int:
        """0 for PASS, 1 for FAIL, 3 for INCONCLUSIVE (0 or 1 with `pass` or `fail`)."""
        return exit_code(self.verdict, inconclusive=inconclusive)

    def record(self) -> dict[str, Any]:
        """All of it as plain values, for JSON."""
        return {
            "verdict": self.verdict,
            "base": {"name": self.base_name, "sessions": self.base_sessions},
            "new": {"name": self.new_name, "sessions": self.new_sessions},
            "paired_by": list(self.paired_by),
            "within": list(self.within),
            "tasks": self.tasks,
            "quantities": self.records,
            "tools": self.tool_records,
            "notes": self.notes,
        }

    def to_markdown(self) -> str:
        """The comparison for a pull request."""
        from toolspan.analytics.comparison._markdown import to_markdown

        return to_markdown(self)

    def to_junit(self, *, inconclusive: str = "report") -> str:
        """The comparison as JUnit XML: what is judged, a test case each."""
        from toolspan.analytics.comparison._junit import to_junit

        return to_junit(self, inconclusive=inconclusive)


def compare_runs(
    base: "Run",
    new: "Run",
    *,
    margins: "Sequence[Margin] | None" = None,
    by: Sequence[str] = (),
    within: Sequence[str] = (),
    names: tuple[str, str] = ("BASE", "NEW"),
    draws: int = DRAWS,
    seed: int = 0,
) -> Comparison:
    """Compare two runs.

    Args:
        base: what is the case.
        new: what is to become the case.
        margins: how much worse NEW may be; None for the defaults.
        by: what names a task, so that each is compared with itself.
        within: otherwise: sessions are compared within equal values of these and of the workflow.
        names: what the runs are called.
        draws: relabellings of the tests.
        seed: the same seed, the same numbers.

    Raises:
        UsageError: the runs share no task, or none of the values.
    """
    plan = design(base, new, by, within)
    notes = list(plan.notes)
    judgements, mix = judgements_of(base, new, plan, margins, draws=draws, seed=seed)
    judgements.sort(key=lambda each: each.verdict == NOT_JUDGED)
    for name, run in zip(("BASE", "NEW"), (base, new), strict=True):
        if not run.sessions:
            notes.insert(0, f"{name} has no session: nothing can be compared")
    if not any(each.verdict != NOT_JUDGED for each in judgements):
        notes.append("nothing was judged: neither run has what the margins are about")
    return Comparison(
        overall(judgements),
        [_record(each, is_paired=plan.is_paired) for each in judgements],
        mix.records if mix else [],
        *names,
        base.sessions,
        new.sessions,
        plan.factors if plan.is_paired else (),
        () if plan.is_paired else plan.factors,
        len(np.unique(plan.codes[plan.codes >= 0])) if plan.is_paired else 0,
        notes,
    )


def judgements_of(
    base: "Run",
    new: "Run",
    plan: "Design",
    margins: "Sequence[Margin] | None",
    *,
    draws: int,
    seed: int,
) -> tuple[list[Judgement], ToolMix | None]:
    """The verdict of every quantity, and how the use of tools shifts.

    Args:
        base: the one run.
        new: the other.
        plan: which of their sessions are comparable.
        margins: what is judged; None for the defaults.
        draws: relabellings; 0 for no tests, and no look at the mix of tools unless it is judged.
        seed: of those.
    """
    found = []
    for subject, sample, trouble in subjects(base, new, margins):
        if sample is None:
            if subject.margin is not None:
                found.append(Assessment(subject=subject, trouble=trouble))
            continue
        each = assess(subject, sample, plan, draws=draws, seed=seed)
        # Prices that nobody set are no result, unless somebody asks for them.
        if margins is not None or each.trouble != "neither run has any":
            found.append(each)
    of_mix = next((each for each in margins or () if each.quantity == TOOL_MIX), None)
    mix = None
    if draws or of_mix:
        mix = _mix(base, new, plan, draws, seed)
    if mix or of_mix:
        found.append(_mix_assessment(mix, of_mix))
    return judge(found), mix


def _mix(base: "Run", new: "Run", plan: "Design", draws: int, seed: int) -> ToolMix | None:
    calls = np.zeros(base.sessions + new.sessions, dtype=np.bool_)
    calls[base.calls.places] = True
    calls[new.calls.places + base.sessions] = True
    matched = plan.among(calls)
    relabelling = matched.relabelling(draws, seed) if draws and matched.independent else None
    return tool_mix(base, new, matched, relabelling, seed)


def _mix_assessment(mix: ToolMix | None, margin: "Margin | None") -> Assessment:
    subject = Subject(
        quantity=TOOL_MIX,
        title="tool calls that moved to other tools",
        unit="share",
        is_higher_better=False,
        kind="absolute",
        margin=margin,
    )
    if mix is None:
        return Assessment(subject=subject, trouble="one of the runs has no tool calls")
    sizes = mix.matched.sizes
    trouble = None
    if mix.matched.independent < LEAST_SESSIONS:
        trouble = f"{mix.matched.independent} comparable sessions, {LEAST_SESSIONS} needed"
    return Assessment(
        subject=subject,
        n_base=sizes[0],
        n_new=sizes[1],
        independent=mix.matched.independent,
        new=mix.shift.difference,
        shift=mix.shift,
        test=mix.test,
        times=LEAST_SESSIONS / mix.matched.independent if trouble else 0.0,
        trouble=trouble,
    )


def _record(judged: Judgement, *, is_paired: bool) -> dict[str, Any]:
    record = record_of(judged)
    words = sentence(judged, record, is_paired=is_paired)
    return {"title": title(judged), **record, "sentence": words}
