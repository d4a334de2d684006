"""Haystack, through its OpenTelemetry bridge."""

from toolspan.analytics.dialects._dialect import Dialect

HAYSTACK = Dialect(
    name="haystack",
    source="haystack-ai 2 through its OpenTelemetry bridge",
    sample="demos/haystack_demo.json",
    names=("haystack.",),
    kind_by_name={
        "=haystack.agent.step.tool": "tool",
        "=haystack.agent.step.llm": "llm",
        "=haystack.agent.run": "agent",
        "=haystack.pipeline.run": "workflow",
        "haystack.": "other",
    },
    facts={
        "tool_name": ("haystack.agent.step.tool.name", "haystack.tool.name"),
        "agent_name": ("haystack.agent.name",),
    },
    failures={"haystack.tool.error": ("true", "True")},
)
