"""any-agent, which traces other frameworks."""

from toolspan.analytics.dialects._dialect import Dialect

ANY_AGENT = Dialect(
    name="any_agent",
    source="any-agent 1.9",
    sample="mozilla-ai+any-agent/*",
    keys=("any_agent.version", "gen_ai.output"),
    facts={"result": ("gen_ai.output",)},
)
