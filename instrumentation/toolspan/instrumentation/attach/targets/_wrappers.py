"""Turn a target into a decorator, from the public decorators only."""

from collections.abc import Callable
from typing import Any

from toolspan.conventions.attributes import TOOLSPAN_STEP_INDEX
from toolspan.instrumentation.attach.targets._model import Kind, Origin, Source, Target
from toolspan.instrumentation.attach.targets._values import (
    FromCall,
    UnfitError,
    attribute_value,
    failure_test,
    from_call,
    from_result,
)

AnyCallable = Callable[..., Any]
Note = Callable[[str], None]


def decorated(
    target: Target,
    function: AnyCallable,
    *,
    has_receiver: bool,
    bound_name: str,
    tracer_provider: Any = None,
    note: Note,
) -> AnyCallable:
    """`function` recorded as `target` says; `note` is told of each option that does not fit it.

    `bound_name` is what it is called where it stands, for what has no good name of its own.
    """
    import toolspan.instrumentation as recording

    if target.kind is Kind.ATTEMPT:
        return recording.track_attempt(function)
    decorators: dict[Kind, AnyCallable] = {
        Kind.TOOL: recording.track_tool_call,
        Kind.AGENT: recording.track_agent_run,
        Kind.WORKFLOW: recording.track_workflow,
        Kind.STEP: recording.track_step,
        Kind.LLM: recording.track_llm_call,
    }
    options = _Options(function, has_receiver=has_receiver, note=note).of(target)
    if "name" not in options:
        if has_receiver and (target.kind is Kind.AGENT or bound_name == "__call__"):
            options["name"] = _class_of_receiver
        elif target.kind is not Kind.LLM and not _is_known_by_its_own_name(function):
            options["name"] = bound_name
    if tracer_provider is not None:
        options["tracer_provider"] = tracer_provider
    recorded: AnyCallable = decorators[target.kind](function, **options)
    return recorded


def _is_known_by_its_own_name(function: AnyCallable) -> bool:
    """Not a `functools.partial`, a lambda, or the `wrapper` that some decorator left behind."""
    name = getattr(function, "__name__", None)
    made_inside = "<locals>" in getattr(function, "__qualname__", "")
    return name is not None and name != "<lambda>" and not made_inside


class _Options:
    """The keyword options of a decorator, made of what a target declares for `function`."""

    def __init__(self, function: AnyCallable, *, has_receiver: bool, note: Note) -> None:
        self._function = function
        self._has_receiver = has_receiver
        self._note = note

    def of(self, target: Target) -> dict[str, Any]:
        """All options that `target` sets."""
        options: dict[str, Any] = {
            option: str(source.value)
            if source.origin is Origin.FIXED
            else self._text(option, source)
            for option, source in _texts(target).items()
        }
        if target.failure is not None:
            options["is_error"] = failure_test(target.failure)
        if target.fallback_group:
            options["fallback_group"] = target.fallback_group
        if target.capture_content is not None:
            options["capture_content"] = target.capture_content
        sources = dict(target.attributes)
        if target.index is not None:
            sources[TOOLSPAN_STEP_INDEX] = target.index
        known_at_end = {key for key, one in sources.items() if one.origin is Origin.RESULT}
        if sources.keys() - known_at_end:
            options["attributes"] = self._attributes(
                {key: one for key, one in sources.items() if key not in known_at_end}
            )
        if known_at_end:
            options["result_attributes"] = _result_attributes(
                {key: sources[key] for key in known_at_end}
            )
        return options

    def _reader(self, option: str, source: Source) -> FromCall:
        try:
            return from_call(source, self._function, has_receiver=self._has_receiver)
        except UnfitError as error:
            self._note(f"`{option}`: {error}")
            return lambda _args, _kwargs: None

    def _text(self, option: str, source: Source) -> FromCall:
        read = self._reader(option, source)

        def text(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str | None:
            value = attribute_value(read(args, kwargs))
            return None if value is None else str(value)

        return text

    def _attributes(self, sources: dict[str, Source]) -> FromCall:
        readers = {key: self._reader(key, source) for key, source in sources.items()}

        def attributes(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
            return _plain({key: read(args, kwargs) for key, read in readers.items()})

        return attributes


def _class_of_receiver(args: tuple[Any, ...], _kwargs: dict[str, Any]) -> str:
    """An agent is called like its class, wherever its method was defined."""
    receiver = args[0]
    return (receiver if isinstance(receiver, type) else type(receiver)).__name__


def _texts(target: Target) -> dict[str, Source]:
    """The options whose value is a text, fixed or from the call."""
    sources = {
        "name": target.name,
        "session_id": target.session,
        "conversation_id": target.conversation,
        "user_id": target.user,
        "fallback_from": target.fallback_from,
    }
    return {option: source for option, source in sources.items() if source is not None}


def _result_attributes(sources: dict[str, Source]) -> Callable[[Any], dict[str, Any]]:
    readers = {key: from_result(source) for key, source in sources.items()}
    return lambda result: _plain({key: read(result) for key, read in readers.items()})


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    plain = {key: attribute_value(value) for key, value in values.items()}
    return {key: value for key, value in plain.items() if value is not None}
