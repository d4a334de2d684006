"""Strands Agents."""

from toolspan.analytics.dialects._dialect import Dialect
from toolspan.conventions import scopes

STRANDS = Dialect(
    name="strands",
    source="strands-agents 1.62",
    sample="demos/strands_demo.json, demos/strands_demo_latest.json",
    keys=("gen_ai.event.start_time", "gen_ai.tool.status"),
    scopes=(scopes.STRANDS,),
    facts={
        "outcome": ("strands.cancellation.type?cancelled",),
        # A swarm or a graph is named where others name an agent.
        "workflow_name": ("gen_ai.workflow.name", "gen_ai.agent.name"),
    },
    failures={"gen_ai.tool.status": ("error",)},
)
