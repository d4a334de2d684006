"""The vocabularies of libraries that emit spans: one small declarative file each.

To add one: write `your_dialect.py` with a `Dialect`, put it in `DIALECTS` in the place its
detection deserves (the first that fits names the span's dialect), and add a sample to the tests.
`docs/how-to/add-a-dialect.md` walks through it.
"""

from toolspan.analytics.dialects._compile import Vocabulary, name_prefixes
from toolspan.analytics.dialects._dialect import FACTS, Dialect
from toolspan.analytics.dialects.ag2 import AG2
from toolspan.analytics.dialects.agent_framework import AGENT_FRAMEWORK
from toolspan.analytics.dialects.any_agent import ANY_AGENT
from toolspan.analytics.dialects.autogen import AUTOGEN
from toolspan.analytics.dialects.claude_code import CLAUDE_CODE
from toolspan.analytics.dialects.gen_ai import GEN_AI
from toolspan.analytics.dialects.google_adk import GOOGLE_ADK
from toolspan.analytics.dialects.haystack import HAYSTACK
from toolspan.analytics.dialects.koog import KOOG
from toolspan.analytics.dialects.langfuse import LANGFUSE
from toolspan.analytics.dialects.mcp import MCP
from toolspan.analytics.dialects.mlflow import MLFLOW
from toolspan.analytics.dialects.openinference import OPENINFERENCE, OPENINFERENCE_OPENAI_AGENTS
from toolspan.analytics.dialects.openllmetry import OPENLLMETRY, OPENLLMETRY_MODELS
from toolspan.analytics.dialects.pydantic_ai import PYDANTIC_AI
from toolspan.analytics.dialects.semantic_kernel import SEMANTIC_KERNEL
from toolspan.analytics.dialects.strands import STRANDS
from toolspan.analytics.dialects.toolspan import TOOLSPAN
from toolspan.analytics.dialects.unverified import UNVERIFIED
from toolspan.analytics.dialects.vercel import VERCEL

# In order of detection. Langfuse comes late: its exports add its own words to spans of others,
# whose emitters know better. The last are read on any span.
DIALECTS: tuple[Dialect, ...] = (
    CLAUDE_CODE,
    MLFLOW,
    *UNVERIFIED,
    OPENINFERENCE_OPENAI_AGENTS,
    OPENINFERENCE,
    OPENLLMETRY,
    PYDANTIC_AI,
    VERCEL,
    GOOGLE_ADK,
    OPENLLMETRY_MODELS,
    STRANDS,
    AGENT_FRAMEWORK,
    SEMANTIC_KERNEL,
    AUTOGEN,
    AG2,
    ANY_AGENT,
    KOOG,
    HAYSTACK,
    LANGFUSE,
    MCP,
    TOOLSPAN,
    GEN_AI,
)

__all__ = ["DIALECTS", "FACTS", "Dialect", "Vocabulary", "name_prefixes"]
