"""A tool whose use goes with worse scores among comparable sessions deserves a trial."""

from collections.abc import Iterator

from toolspan.analytics.output import clean
from toolspan.analytics.recommend._evidence import Evidence
from toolspan.analytics.recommend._recommendation import Prize, Recommendation


def bad_outcome(evidence: Evidence) -> Iterator[Recommendation]:
    """Tools of which `correlate` says, with some certainty, that sessions score worse."""
    for finding in evidence.findings:
        tool = evidence.tools.get(finding["exposure"])
        if finding["verdict"] not in ("supported", "suggestive") or tool is None or tool.is_broken:
            continue
        if None in (finding["ci_low"], finding["ci_high"], finding["difference"]):
            continue
        # Without a direction, more of a score is taken to be better.
        sign = -1 if finding["direction"] == "lower" else 1
        worse = -sign * finding["difference"]
        if finding["direction"] == "none" or worse <= 0:
            continue
        bounds = sorted((-sign * finding["ci_low"], -sign * finding["ci_high"]))
        name, score = clean(tool.name, 60), clean(finding["score_name"], 60)
        yield Recommendation(
            rule="bad_outcome",
            tool_name=tool.name,
            title=f"Find out whether {name} does harm to {score}",
            evidence=finding["sentence"],
            prize=Prize(worse, bounds[0], bounds[1], f"of {score} in each session that uses it"),
            benefit=float(
                min(1.0, worse / (finding["spread"] or worse))
                * len(tool.places)
                / max(evidence.sessions, 1)
            ),
            confidence="medium" if finding["verdict"] == "supported" else "low",
            sessions=evidence.examples(evidence.amounts(tool, "calls")),
            next_step=(
                f"Take {name} away from the agent in half of the sessions, drawn by lot, and "
                "compare; read some of the sessions below first."
            ),
            would_change=(
                "This is an association: if the tool is called where things have already gone "
                "wrong, it is a sign of the trouble, not its source."
            ),
        )
