"""A tool that models are offered and never call costs tokens and attention in every request."""

from collections.abc import Iterator

from toolspan.analytics.output import clean, count, percent
from toolspan.analytics.recommend._evidence import Evidence
from toolspan.analytics.recommend._recommendation import Prize, Recommendation
from toolspan.analytics.statistics import at_most

# With this many sessions and no use, a tool is used in less than one session of ten.
LEAST_SESSIONS = 30
CHARACTERS_PER_TOKEN = 4


def unused_tool(evidence: Evidence) -> Iterator[Recommendation]:
    """Tools that were offered in many sessions and called in none."""
    for name, (sessions, characters) in evidence.offered.items():
        if name in evidence.tools or sessions < LEAST_SESSIONS:
            continue
        tokens = characters / CHARACTERS_PER_TOKEN
        shown, most = clean(name, 60), at_most(sessions)
        yield Recommendation(
            rule="unused_tool",
            tool_name=name,
            title=f"Take {shown} away",
            evidence=(
                f"Models were offered {shown} in {count(sessions)} sessions and called it in none: "
                f"it is used in at most {percent(most)} of sessions."
            ),
            prize=Prize(tokens, tokens * 0.75, tokens * 1.5, "tokens in each request, about"),
            benefit=0.0,
            confidence="high" if sessions >= 10 * LEAST_SESSIONS else "medium",
            sessions=(),
            next_step="Leave it out of the agents that never call it.",
            would_change="If it is there for rare emergencies, keep it.",
        )
