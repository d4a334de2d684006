"""AutoGen: agents that pass messages through a runtime."""

from toolspan.analytics.dialects._dialect import Dialect
from toolspan.conventions import scopes

AUTOGEN = Dialect(
    name="autogen",
    source="autogen-core 0.7",
    sample="demos/autogen_demo.json",
    scopes=(scopes.AUTOGEN, "autogen *"),
    kind_by_name={"autogen ": "other"},
)
