"""Every framework there are hooks for: what `toolspan doctor` goes through."""

from toolspan.instrumentation.frameworks._hooks import Hooks


def known_hooks() -> list[Hooks]:
    """The hooks of every instrumentor of ours, set or not."""
    from toolspan.instrumentation.frameworks.agno import HOOKS as AGNO_HOOKS
    from toolspan.instrumentation.frameworks.claude_agent_sdk import HOOKS as CLAUDE_AGENT_SDK_HOOKS
    from toolspan.instrumentation.frameworks.crewai import HOOKS as CREWAI_HOOKS
    from toolspan.instrumentation.frameworks.dspy import HOOKS as DSPY_HOOKS
    from toolspan.instrumentation.frameworks.haystack import HOOKS as HAYSTACK_HOOKS
    from toolspan.instrumentation.frameworks.langchain import HOOKS as LANGCHAIN_HOOKS
    from toolspan.instrumentation.frameworks.llama_index import HOOKS as LLAMA_INDEX_HOOKS
    from toolspan.instrumentation.frameworks.mcp import HOOKS as MCP_HOOKS
    from toolspan.instrumentation.frameworks.native.ag2 import HOOKS as AG2_HOOKS
    from toolspan.instrumentation.frameworks.native.agent_framework import (
        HOOKS as AGENT_FRAMEWORK_HOOKS,
    )
    from toolspan.instrumentation.frameworks.native.anthropic import HOOKS as ANTHROPIC_HOOKS
    from toolspan.instrumentation.frameworks.native.autogen import HOOKS as AUTOGEN_HOOKS
    from toolspan.instrumentation.frameworks.native.google_adk import HOOKS as GOOGLE_ADK_HOOKS
    from toolspan.instrumentation.frameworks.native.pydantic_ai import HOOKS as PYDANTIC_AI_HOOKS
    from toolspan.instrumentation.frameworks.native.semantic_kernel import (
        HOOKS as SEMANTIC_KERNEL_HOOKS,
    )
    from toolspan.instrumentation.frameworks.native.strands import HOOKS as STRANDS_HOOKS
    from toolspan.instrumentation.frameworks.openai_agents import HOOKS as OPENAI_AGENTS_HOOKS
    from toolspan.instrumentation.frameworks.smolagents import HOOKS as SMOLAGENTS_HOOKS

    return [
        MCP_HOOKS,
        OPENAI_AGENTS_HOOKS,
        LANGCHAIN_HOOKS,
        SMOLAGENTS_HOOKS,
        PYDANTIC_AI_HOOKS,
        GOOGLE_ADK_HOOKS,
        STRANDS_HOOKS,
        AGENT_FRAMEWORK_HOOKS,
        ANTHROPIC_HOOKS,
        LLAMA_INDEX_HOOKS,
        AGNO_HOOKS,
        HAYSTACK_HOOKS,
        DSPY_HOOKS,
        AG2_HOOKS,
        AUTOGEN_HOOKS,
        SEMANTIC_KERNEL_HOOKS,
        CLAUDE_AGENT_SDK_HOOKS,
        CREWAI_HOOKS,
    ]
