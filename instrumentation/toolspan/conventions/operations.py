"""What kind of work a span describes: tool call, agent run, workflow, step or LLM call."""

from typing import Final

EXECUTE_TOOL: Final = "execute_tool"
INVOKE_AGENT: Final = "invoke_agent"
INVOKE_WORKFLOW: Final = "invoke_workflow"
CHAT: Final = "chat"

MCP_TOOLS_CALL: Final = "tools/call"

# Every value of `gen_ai.operation.name` seen in the wild, by the kind of work it names.
KIND_BY_OPERATION: Final[dict[str, str]] = {
    "execute_tool": "tool",
    "tool_call": "tool",  # Gemini CLI
    "invoke_agent": "agent",
    "agent_call": "agent",  # Gemini CLI
    "invoke_workflow": "workflow",
    "handle_conversation_turn": "workflow",
    "invoke_swarm": "workflow",  # Strands
    "invoke_graph": "workflow",  # Strands
    "plan": "step",
    "invoke_node": "step",  # Google ADK
    "agent_step": "step",  # Vercel AI SDK 7
    "execute_task": "step",  # OpenLLMetry
    "compact_events": "step",  # Google ADK
    "chat": "llm",
    "generate_content": "llm",
    "text_completion": "llm",
    "completion": "llm",
    "generate": "llm",
    "response": "llm",
    "llm_call": "llm",  # Gemini CLI
    "llm_request": "llm",  # OpenLLMetry
    "call_llm": "llm",  # any-agent
}
