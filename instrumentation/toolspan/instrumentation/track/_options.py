"""The keyword options of the `track_*` decorators."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict

from opentelemetry.trace import TracerProvider

type_of_call = tuple[tuple[Any, ...], dict[str, Any]]


class CallOptions(TypedDict, total=False):
    """Options every `track_*` decorator takes.

    A callable of `(args, kwargs)` is asked on every recorded call, with `self` among the
    arguments; what it raises never reaches the host.
    """

    name: str | Callable[[tuple[Any, ...], dict[str, Any]], str]
    """The tool's, agent's, workflow's or step's name; the function's, for agents that are
    methods the class's, by default."""
    description: str
    attributes: Mapping[str, Any] | Callable[[tuple[Any, ...], dict[str, Any]], Mapping[str, Any]]
    """Further attributes of the span."""
    result_attributes: Callable[[Any], Mapping[str, Any]]
    """Attributes taken from what the function returned."""
    is_error: Callable[[Any], bool | str | None]
    """Whether what the function returned is a failure; a string is its `error.type`."""
    capture_content: bool | None
    """Record arguments and result of a tool call; None leaves it to the environment."""
    session_id: str | Callable[[tuple[Any, ...], dict[str, Any]], str | None]
    conversation_id: str | Callable[[tuple[Any, ...], dict[str, Any]], str | None]
    user_id: str | Callable[[tuple[Any, ...], dict[str, Any]], str | None]
    methods: Sequence[str]
    """Which methods to track when a class is decorated."""
    tracer_provider: TracerProvider | None


class ToolOptions(CallOptions, total=False):
    """Options of `track_tool_call`."""

    tool_type: str
    """`function` by default; `extension` and `datastore` are the other values of the standard."""
    tool_call_id: str | Callable[[tuple[Any, ...], dict[str, Any]], str | None]
    """The model provider's id of the call; never made up."""
    redact: Sequence[str]
    """Arguments, and dotted paths in them and in the result, that are not recorded:
    `customer.email`."""
    cost: float | Callable[[Any], float | None]
    """What one call costs: a fixed charge, or taken from what the function returned."""
    currency: str
    """Currency of `cost`, `USD` by default."""
    fallback_from: str | Callable[[tuple[Any, ...], dict[str, Any]], str | None]
    """The tool asked for first, when this one stands in for it."""
    fallback_group: Sequence[str]
    """Tools that stand in for each other: when this one starts below the same parent after
    another of the group failed there, it is a fallback for that one."""


class StepOptions(CallOptions, total=False):
    """Options of `track_step`."""

    index: int
    """The step's place in its workflow, from 0."""


class AnyOptions(ToolOptions, StepOptions, total=False):
    """All options together: what the shared machinery reads."""
