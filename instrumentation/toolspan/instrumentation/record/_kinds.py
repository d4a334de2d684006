"""The kinds of work we record, and the attributes each starts with.

The `gen_ai.*` attributes of our spans are set in this package and nowhere else.
"""

from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.trace import SpanKind

from toolspan.conventions.attributes import (
    GEN_AI_AGENT_DESCRIPTION,
    GEN_AI_AGENT_NAME,
    GEN_AI_OPERATION_NAME,
    GEN_AI_PROVIDER_NAME,
    GEN_AI_REQUEST_MODEL,
    GEN_AI_TOOL_DESCRIPTION,
    GEN_AI_TOOL_NAME,
    GEN_AI_TOOL_TYPE,
    GEN_AI_WORKFLOW_NAME,
    TOOLSPAN_STEP,
    TOOLSPAN_STEP_INDEX,
    TOOLSPAN_TOOL_CALL_LAYER,
)
from toolspan.conventions.layers import Layer
from toolspan.conventions.operations import CHAT, EXECUTE_TOOL, INVOKE_AGENT, INVOKE_WORKFLOW

if TYPE_CHECKING:
    from toolspan.instrumentation.record._measured import Series


class Kind(Enum):
    """What one call is; the value is the first word of its span's name."""

    TOOL = EXECUTE_TOOL
    AGENT = INVOKE_AGENT
    WORKFLOW = INVOKE_WORKFLOW
    STEP = "step"
    LLM = CHAT


_NAME_ATTRIBUTE: Final = {
    Kind.TOOL: GEN_AI_TOOL_NAME,
    Kind.AGENT: GEN_AI_AGENT_NAME,
    Kind.WORKFLOW: GEN_AI_WORKFLOW_NAME,
    Kind.STEP: TOOLSPAN_STEP,
    Kind.LLM: GEN_AI_REQUEST_MODEL,
}


class Prepared:
    """What is known of a call before it happens: made once per name, shared by all its calls.

    `is_registered`: the name was given by a person and not taken from the call.
    """

    __slots__ = (
        "attributes",
        "is_registered",
        "kind",
        "measured",
        "name",
        "operation",
        "span_kind",
        "span_name",
    )

    def __init__(
        self,
        kind: Kind,
        name: str,
        *,
        description: str | None = None,
        tool_type: str | None = None,
        index: int | None = None,
        provider: str | None = None,
        attributes: Mapping[str, Any] | None = None,
        is_registered: bool = True,
    ) -> None:
        self.kind = kind
        self.operation = kind.value
        self.name = name
        self.measured: dict[str | None, Series] = {}
        """By agent, where the durations of its calls go, once there is one."""
        self.is_registered = is_registered
        self.span_kind = SpanKind.CLIENT if kind is Kind.LLM else SpanKind.INTERNAL
        is_unnamed = kind is Kind.LLM and name == kind.value
        self.span_name = kind.value if is_unnamed else f"{kind.value} {name}"
        self.attributes: dict[str, Any] = dict(attributes or {})
        if kind is not Kind.STEP:  # the conventions know no operation for a step
            self.attributes[GEN_AI_OPERATION_NAME] = kind.value
        if not is_unnamed:
            self.attributes[_NAME_ATTRIBUTE[kind]] = name
        if kind is Kind.TOOL:
            self.attributes[GEN_AI_TOOL_TYPE] = tool_type or "function"
            self.attributes[TOOLSPAN_TOOL_CALL_LAYER] = Layer.LOGICAL.value
            if description:
                self.attributes[GEN_AI_TOOL_DESCRIPTION] = description
        elif kind is Kind.AGENT and description:
            self.attributes[GEN_AI_AGENT_DESCRIPTION] = description
        elif kind is Kind.STEP and index is not None:
            self.attributes[TOOLSPAN_STEP_INDEX] = index
        elif kind is Kind.LLM and provider:
            self.attributes[GEN_AI_PROVIDER_NAME] = provider
