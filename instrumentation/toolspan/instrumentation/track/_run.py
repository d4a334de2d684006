"""What a wrapper drives, and how it comes by it."""

from collections.abc import Callable
from typing import Any, Protocol

from opentelemetry.context import Context


class Run(Protocol):
    """What a wrapper drives: a call of its own, or one layer of a call opened further out."""

    @property
    def context(self) -> Context | None:
        """To be attached while the function runs; None leaves the current one."""

    def end_with_result(self, result: object, *, judged: str | bool | None = None) -> None:
        """The function returned."""

    def end_with_exception(self, error: BaseException) -> None:
        """The function raised."""


Begin = Callable[[tuple[Any, ...], dict[str, Any]], Run | None]
"""Opens what is to be recorded of a call with these arguments, None for nothing."""
Finish = Callable[[Run, object], None]
"""Ends it with what the function returned."""
