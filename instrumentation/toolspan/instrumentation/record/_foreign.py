"""What we add to spans of other libraries."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.context import Context
from opentelemetry.trace import SpanKind

from toolspan.conventions import scopes
from toolspan.conventions.attributes import (
    GEN_AI_AGENT_NAME,
    GEN_AI_CONVERSATION_ID,
    GEN_AI_INPUT_MESSAGES,
    GEN_AI_OPERATION_NAME,
    GEN_AI_OUTPUT_MESSAGES,
    GEN_AI_SYSTEM_INSTRUCTIONS,
    GEN_AI_TOOL_CALL_ARGUMENTS,
    GEN_AI_TOOL_CALL_RESULT,
    GEN_AI_TOOL_NAME,
    GEN_AI_WORKFLOW_NAME,
    MCP_METHOD_NAME,
    TOOLSPAN_STEP,
    TOOLSPAN_TOOL_CALL_LAYER,
)
from toolspan.conventions.layers import Layer
from toolspan.conventions.operations import (
    EXECUTE_TOOL,
    INVOKE_AGENT,
    INVOKE_WORKFLOW,
    KIND_BY_OPERATION,
    MCP_TOOLS_CALL,
)
from toolspan.instrumentation.content import safe_name
from toolspan.instrumentation.record._context import IDENTITY_KEY, identity_in, open_call_in
from toolspan.instrumentation.record._identity import Identity
from toolspan.instrumentation.record._kinds import Kind

if TYPE_CHECKING:  # the SDK need not be installed, and takes its time to import
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope

# Kinds of work for whose spans the conventions list `gen_ai.conversation.id`.
_IN_A_CONVERSATION = frozenset({"llm", "tool", "agent", "workflow"})
# Operations that the conventions let a span's name begin with, and no other library's do.
_NAMING = frozenset({EXECUTE_TOOL, INVOKE_AGENT, INVOKE_WORKFLOW, "generate_content"})

_BELOW: Final = {
    "agent": (GEN_AI_AGENT_NAME, Identity.in_agent),
    "step": (TOOLSPAN_STEP, Identity.in_step),
    "workflow": (GEN_AI_WORKFLOW_NAME, Identity.in_workflow),
}
CONTENT_NAMES: Final = frozenset(
    {
        GEN_AI_INPUT_MESSAGES,
        GEN_AI_OUTPUT_MESSAGES,
        GEN_AI_SYSTEM_INSTRUCTIONS,
        GEN_AI_TOOL_CALL_ARGUMENTS,
        GEN_AI_TOOL_CALL_RESULT,
        "gen_ai.system.message",
        "gen_ai.user.message",
        "gen_ai.assistant.message",
        "gen_ai.tool.message",
        "gen_ai.choice",
        "gen_ai.client.inference.operation.details",
    }
)
"""Attributes and events that hold content, by their names today and until 2025."""


def gen_ai_identity(
    attributes: Mapping[str, Any], context: Context, name: str = ""
) -> dict[str, Any]:
    """Conversation and agent, for a span whose operation the conventions list them for."""
    kind = kind_of_work(attributes, name)
    if kind not in _IN_A_CONVERSATION:
        return {}
    identity = identity_in(context)
    added: dict[str, Any] = {}
    if identity.conversation_id is not None:
        added[GEN_AI_CONVERSATION_ID] = identity.conversation_id
    if kind == "tool" and identity.agent is not None:
        added[GEN_AI_AGENT_NAME] = identity.agent
    return added


def kind_of_work(attributes: Mapping[str, Any], name: str = "") -> str | None:
    """What a span says it describes: `tool`, `agent`, `llm`, ...; None where it does not say.

    Some libraries tell the operation only later: until then the first word of the name does.
    """
    operation = attributes.get(GEN_AI_OPERATION_NAME)
    if operation is None:
        operation, _, subject = name.partition(" ")
        if operation not in _NAMING or not subject:
            return None
    return KIND_BY_OPERATION.get(str(operation))


def in_agent_of(attributes: Mapping[str, Any], context: Context) -> Context | None:
    """The context below the agent run that a span with these attributes describes, if it does."""
    agent = attributes.get(GEN_AI_AGENT_NAME)
    if kind_of_work(attributes) != "agent" or not isinstance(agent, str) or not agent:
        return None
    return Context({**context, IDENTITY_KEY: identity_in(context).in_agent(agent)})


def identity_below(
    identity: Identity, kind: str | None, attributes: Mapping[str, Any], name: str | None
) -> Identity:
    """The identity of what is below a span that describes this kind of work.

    `name` is what the work is called, where the span's attributes do not say.
    """
    if kind not in _BELOW:
        return identity
    key, below = _BELOW[kind]
    said = attributes.get(key) or name
    return below(identity, safe_name(said)) if isinstance(said, str) and said else identity


def tool_status_of(attributes: Mapping[str, Any]) -> object:
    """How Strands says that a tool call ended; None where it has not said so."""
    return attributes.get("gen_ai.tool.status")


def conversation_of(attributes: Mapping[str, Any]) -> str | None:
    """The conversation that a span says it belongs to."""
    conversation = attributes.get(GEN_AI_CONVERSATION_ID)
    return conversation if isinstance(conversation, str) and conversation else None


def foreign_tool_call_attributes(
    name: str,
    kind: SpanKind,
    attributes: Mapping[str, Any],
    scope: "InstrumentationScope | None",
    context: Context,
) -> dict[str, Any]:
    """The layer of a tool call span of another library; empty for other spans."""
    tool = tool_described_by(name, attributes, scope)
    if tool is None:
        return {}
    if kind is SpanKind.SERVER:
        return {TOOLSPAN_TOOL_CALL_LAYER: Layer.SERVER.value}
    call = open_call_in(context)
    is_enclosed = call is not None and call.prepared.kind is Kind.TOOL and call.is_open
    if not is_enclosed or call is None:
        return {TOOLSPAN_TOOL_CALL_LAYER: Layer.LOGICAL.value}
    if kind is SpanKind.CLIENT:
        return {TOOLSPAN_TOOL_CALL_LAYER: Layer.CLIENT.value}
    if call.name == tool:
        return {TOOLSPAN_TOOL_CALL_LAYER: Layer.DUPLICATE.value}
    return {TOOLSPAN_TOOL_CALL_LAYER: Layer.LOGICAL.value}  # a tool that calls another tool


def attributes_of(span: object) -> Mapping[str, Any]:
    """The attributes of a live span as far as its implementation shows them."""
    found = getattr(span, "attributes", None)
    return found if isinstance(found, Mapping) else {}


def tool_described_by(
    name: str, attributes: Mapping[str, Any], scope: "InstrumentationScope | None"
) -> str | None:
    """The tool that a span describes a call of, as far as its start says."""
    is_mcp_call = attributes.get(MCP_METHOD_NAME) == MCP_TOOLS_CALL
    if is_mcp_call or kind_of_work(attributes, name) == "tool":
        tool = attributes.get(GEN_AI_TOOL_NAME)
        return tool if isinstance(tool, str) else name.rpartition(" ")[2]
    if scope is not None and scope.name == scopes.MCP_PYTHON_SDK:
        prefix = f"{scopes.MCP_SDK_CLIENT_SPAN_PREFIX}{MCP_TOOLS_CALL} "
        if name.startswith(prefix):
            return name.removeprefix(prefix)
    return None
