"""AutoGen: agents that pass messages through a runtime."""

from toolspan.analytics.dialects._dialect import Dialect

AUTOGEN = Dialect(
    name="autogen",
    source="autogen-core 0.7",
    sample="demos/autogen_demo.json",
    scopes=("autogen-core", "autogen *"),
    kind_by_name={"autogen ": "other"},
)
