"""From how a call ended to its outcome and error type."""

import sys
from typing import Any, Final

from toolspan.conventions.attributes import ERROR_TYPE_OTHER
from toolspan.conventions.outcomes import TOOL_ERROR_TYPE, Outcome

# A timeout by its name: every HTTP client and SDK has a class of its own.
_TIMEOUT_ENDINGS: Final = (
    "Timeout",
    "TimeoutError",
    "TimeoutException",
    "TimeoutExpired",
    "TimedOut",
    "DeadlineExceeded",
)
_TIMEOUT_ROOTS: Final = frozenset({"Exception", "BaseException", "OSError", "RuntimeError"})

# Exceptions by which frameworks steer, by qualified name; a class attribute `is_bubble_up`
# (LangGraph) says so itself.
_CONTROL_FLOW: Final = frozenset(
    {
        "langgraph.errors.GraphBubbleUp",
        "langgraph.errors.GraphInterrupt",
        "pydantic_ai.exceptions.CallDeferred",
        "pydantic_ai.exceptions.ApprovalRequired",
        "google.adk.errors.LongRunningInterrupt",
        "strands.types.interrupt.InterruptException",
        "strands.interrupt.InterruptException",
    }
)
# By name too: importing asyncio takes longer than all of this package.
_CANCELLED: Final = frozenset(
    {
        "asyncio.exceptions.CancelledError",
        "concurrent.futures._base.CancelledError",
        "trio.Cancelled",
        "trio._core._exceptions.Cancelled",
    }
)

_by_class: Final[dict[type[BaseException], tuple[Outcome, str]]] = {}
_MOST_CLASSES: Final = 4096


_GROUPS: Final = frozenset({BaseExceptionGroup, ExceptionGroup})
_MOST_IN_GROUP: Final = 100
_GRAVITY: Final = (
    Outcome.ERROR,
    Outcome.TOOL_ERROR,
    Outcome.TIMEOUT,
    Outcome.CANCELLED,
    Outcome.INTERRUPTED,
    Outcome.DENIED,
    Outcome.ABANDONED,
    Outcome.OK,
)
_TOLD: Final = "__toolspan_outcome__"
_NOTHING: Final[dict[str, Any]] = {}


def tell_outcome(error: BaseException, outcome: Outcome, error_type: str) -> None:
    """Say what this one exception means, where its class does not: a timeout sent as an error code.

    Every call it passes through on its way up then ends with this outcome.
    """
    try:
        error.__dict__[_TOLD] = outcome, error_type
    except AttributeError:  # an exception with slots
        return


def outcome_of_exception(error: BaseException) -> tuple[Outcome, str]:
    """The outcome of a call that raised `error`, and its `error.type`.

    The type is the exception's qualified name, builtins unqualified, as `exception.type` has it.
    """
    told = getattr(error, "__dict__", _NOTHING).get(_TOLD)
    if told is not None:
        return told  # type: ignore[no-any-return]
    kind = type(error)
    known = _by_class.get(kind)
    if known is None:
        known = _classify(kind), error_type_of(kind)
        if len(_by_class) < _MOST_CLASSES:  # classes made at run time must not fill the memory
            _by_class[kind] = known
    if kind in _GROUPS:
        return _outcome_of_group(error), known[1]  # type: ignore[arg-type]
    return known


def _outcome_of_group(group: BaseExceptionGroup[BaseException]) -> Outcome:
    """The gravest outcome in it: a group of cancelled tasks is no failure, whatever its class."""
    outcomes = [outcome_of_exception(each)[0] for each in group.exceptions[:_MOST_IN_GROUP]]
    return min(outcomes, key=_GRAVITY.index)


def error_type_of(kind: type[BaseException]) -> str:
    """The qualified name of an exception class, builtins unqualified."""
    module = getattr(kind, "__module__", None)
    name = getattr(kind, "__qualname__", None)
    if not isinstance(name, str):
        return ERROR_TYPE_OTHER
    return name if module in (None, "builtins") else f"{module}.{name}"


def _classify(kind: type[BaseException]) -> Outcome:
    names = {error_type_of(base) for base in kind.__mro__}
    # KeyboardInterrupt: a person stopped the program. GeneratorExit: the consumer stopped reading.
    if issubclass(kind, (KeyboardInterrupt, GeneratorExit)) or names & _CANCELLED:
        return Outcome.CANCELLED
    if getattr(kind, "is_bubble_up", False) is True or names & _CONTROL_FLOW:
        return Outcome.INTERRUPTED
    if issubclass(kind, SystemExit):
        return Outcome.INTERRUPTED
    if _is_timeout(kind):
        return Outcome.TIMEOUT
    return Outcome.ERROR


def _is_timeout(kind: type[BaseException]) -> bool:
    if issubclass(kind, TimeoutError):
        return True
    return any(
        base.__name__.endswith(_TIMEOUT_ENDINGS)
        for base in kind.__mro__
        if base.__name__ not in _TIMEOUT_ROOTS
    )


PLAIN: Final = frozenset({str, int, float, bool, bytes, list, tuple, set, type(None)})
_flag_by_class: Final[dict[type, str | None]] = {}


def returned_failure(result: object) -> str | None:
    """The `error.type` of a failure that was returned instead of raised, else None.

    Known without being told: MCP's `isError` (object or mapping), `is_error`, and the `status`
    of LangChain's `ToolMessage` and Strands' tool result. Only declared fields are read, so that
    no host object computes anything for us.
    """
    kind = type(result)
    if kind in PLAIN:
        return None
    if issubclass(kind, dict):
        return TOOL_ERROR_TYPE if _mapping_says_failure(result) else None  # type: ignore[arg-type]
    try:
        flag = _flag_by_class[kind]
    except KeyError:
        flag = _failure_flag(kind)
        if len(_flag_by_class) < _MOST_CLASSES:
            _flag_by_class[kind] = flag
    if flag is None:
        return None
    try:
        value: Any = getattr(result, flag)
    except Exception:  # a host object may raise anything
        return None
    return TOOL_ERROR_TYPE if value is True or (flag == "status" and value == "error") else None


def _mapping_says_failure(result: dict[str, Any]) -> bool:
    if dict.get(result, "isError") is True:
        return True
    return dict.get(result, "status") == "error" and dict.__contains__(result, "toolUseId")


def _failure_flag(kind: type) -> str | None:
    """The declared field of `kind` that says whether the call failed."""
    declared: set[str] = set()
    for base in kind.__mro__:
        declared.update(vars(base).get("__annotations__", ()))
        declared.update(vars(base).get("__dataclass_fields__", ()))
        slots = vars(base).get("__slots__", ())
        declared.update((slots,) if isinstance(slots, str) else slots)
        declared.update(vars(base).get("_fields", ()))
    if sys.version_info >= (3, 14):  # annotations are computed lazily there
        declared.update(getattr(kind, "model_fields", None) or ())
    for flag in ("isError", "is_error"):
        if flag in declared:
            return flag
    if kind.__name__ == "ToolMessage" and "status" in declared:
        return "status"
    return None
