"""Google's Agent Development Kit."""

from toolspan.analytics.dialects._dialect import Dialect
from toolspan.conventions import scopes

GOOGLE_ADK = Dialect(
    name="google_adk",
    source="google-adk 1 and 2.13",
    sample="agentevals-dev+agentevals/*, demos/google_adk_demo.json",
    keys=("gcp.vertex.agent.*",),
    scopes=(scopes.GOOGLE_ADK,),
    kind_by_name={"=call_llm": "llm", "=invocation": "workflow"},
    facts={
        "session_id": ("session.id", "gcp.vertex.agent.session_id"),
        "arguments": ("gen_ai.tool.call.arguments", "gcp.vertex.agent.tool_call_args"),
        "result": ("gen_ai.tool.call.result", "gcp.vertex.agent.tool_response"),
        "user_id": ("user.id", "kagent.user_id"),
    },
)
