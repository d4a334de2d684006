"""`toolspan waste`: what went into calls that led nowhere, and what its reasons mean."""

from toolspan.analytics.cli._measure_verb import MeasureVerb
from toolspan.analytics.cli.measures import CALLS, LEGEND, NOTE, SESSIONS, text, tokens
from toolspan.analytics.output import Column, duration, interval, percent
from toolspan.analytics.output import number as money

REASONS = {
    "total": "total: at most what could have been avoided, each call counted once; that it could "
    "have been, or that anything is saved without it, these numbers do not say",
    "repeated": "repeated: failed, as the call before had with the same arguments",
    "looped": "looped: asked for again in a circle; failed, or got nothing known to be new",
    "superseded": "superseded: failed, and another tool stood in for it next",
    "tried_again": "tried_again: failed, and the same tool was called next",
    "given_up": "given_up: failed, and nothing followed it up",
    "retried": "retried: ended ok; only failed attempts and the waits count",
}
waste = MeasureVerb(
    "waste",
    "What went into calls that led nowhere, by the one reason each counts under: failures, failed\n"
    "attempts, repeats, loops. An upper bound of what could have been avoided, never a saving.",
    "no call failed, was retried or went round in a circle",
    (
        text("reason", "reason", 9),
        CALLS,
        Column("of calls", lambda r: percent(r["share"]), weight=8),
        Column("95 % interval", lambda r: interval(r["share_low"], r["share_high"]), weight=7),
        Column("time", lambda r: duration(r["spent_ms"]), weight=8),
        Column("of time", lambda r: percent(r["time_share"]), weight=7),
        Column("cost", lambda r: money(r["cost"]), weight=6),
        Column("of cost", lambda r: percent(r["cost_share"]), weight=5),
        Column("tokens", lambda r: tokens(r["carried_tokens"]), weight=4),
        SESSIONS,
        NOTE,
    ),
    (
        ("--by everything", "all tools together"),
        ("--by agent_name", "of each agent"),
        ("--by cost_currency,tool_name", "where tools charge in several currencies"),
    ),
    keys=(("tool_name", "tool"),),
    legend={**REASONS, **LEGEND},
)
