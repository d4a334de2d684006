"""Microsoft Agent Framework: workflows of executors around agents."""

from toolspan.analytics.dialects._dialect import Dialect
from toolspan.conventions import scopes

AGENT_FRAMEWORK = Dialect(
    name="agent_framework",
    source="Microsoft Agent Framework 1.23",
    sample="demos/agent_framework_demo.json",
    keys=("executor.id",),
    scopes=(scopes.AGENT_FRAMEWORK,),
    kind_by_name={
        "workflow.run": "workflow",
        "workflow.build": "other",
        "executor.process": "step",
        "edge_group.process": "other",
        "message.send": "other",
    },
    facts={
        "workflow_name": ("gen_ai.workflow.name", "workflow.name", "workflow.id"),
        "step_name": ("executor.id",),
    },
)
