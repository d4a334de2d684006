"""Every hook into llama-index, for when it is there.

Its own dispatcher tells what begins and ends, to handlers that a program may replace. It is
listened to where it is told.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any

from toolspan.conventions import scopes
from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.frameworks._peers import step_in_front_of
from toolspan.instrumentation.frameworks.llama_index._listener import Listener, guarded


def set_all(hooks: Hooks) -> None:
    """Hook what is there of this version."""
    listener = Listener()
    step_in_front_of((scopes.OPENINFERENCE_LLAMA_INDEX,), hooks)
    hooks.when_imported(
        "llama_index_instrumentation.dispatcher", lambda m: _hook(hooks, m, listener)
    )


def _hook(hooks: Hooks, module: ModuleType, listener: Listener) -> None:
    for name, tell in (
        ("span_enter", listener.entered),
        ("span_exit", listener.left),
        ("span_drop", listener.dropped),
        ("event", listener.happened),
    ):
        hooks.wrap(module.Dispatcher, name, _telling(tell))


def _telling(tell: Callable[..., None]) -> Callable[..., Any]:
    def decorate(original: Callable[..., Any]) -> Callable[..., Any]:
        def told(self: Any, *args: Any, **kwargs: Any) -> Any:
            guarded(tell, *args, **kwargs)
            return original(self, *args, **kwargs)

        return told

    return decorate
