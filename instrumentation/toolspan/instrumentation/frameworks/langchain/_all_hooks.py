"""Every hook into LangChain and LangGraph, for when they are there.

One callback handler, given to every run by LangChain's own mechanism for such handlers, tells of
graphs, nodes, tools and models. What it is not told (unknown tools, errors handed to the model,
retries by middleware) is seen where LangGraph's `ToolNode` answers one request of the model.
"""

from collections.abc import Callable
from contextvars import ContextVar
from importlib import import_module
from types import ModuleType
from typing import Any

from toolspan.conventions import scopes
from toolspan.instrumentation.frameworks._apart import apart, apart_async
from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.frameworks._peers import step_in_front_of
from toolspan.instrumentation.frameworks.langchain._events import Events
from toolspan.instrumentation.frameworks.langchain._models import hook_models
from toolspan.instrumentation.frameworks.langchain._requests import ToolRequests
from toolspan.instrumentation.frameworks.langchain._timeouts import hook_errors, hook_runner

_PEERS = (
    scopes.OPENINFERENCE_LANGCHAIN,
    scopes.OPENLLMETRY_LANGCHAIN,
    scopes.GENAI_LANGCHAIN,
)
_MODELS = (
    ("langchain_core.language_models.chat_models", "BaseChatModel"),
    ("langchain_core.language_models.llms", "BaseLLM"),
)


def set_all(hooks: Hooks) -> None:
    """Register the handler and hook `ToolNode`."""
    requests = ToolRequests()
    step_in_front_of(_PEERS, hooks)
    hooks.when_imported(
        "langchain_core.tracers.context", lambda module: _register(hooks, module, requests)
    )
    hooks.when_imported(
        "langchain_core.callbacks.manager", lambda module: _hook_ends(hooks, module, requests)
    )
    for name, owner in _MODELS:
        hooks.when_imported(name, _model_hook(hooks, owner, requests))
    hooks.when_imported("langgraph.pregel.main", lambda module: _hook_streams(hooks, module))
    hooks.when_imported(
        "langgraph.pregel._runner", lambda module: hook_runner(hooks, module, requests.runs)
    )
    hooks.when_imported(
        "langgraph.errors", lambda module: hook_errors(hooks, module, requests.runs)
    )
    for module_name in ("langgraph.prebuilt.tool_node", "langchain.tools.tool_node"):
        hooks.when_imported(module_name, lambda module: _hook_tool_node(hooks, module, requests))


def _model_hook(hooks: Hooks, owner: str, requests: ToolRequests) -> Callable[[ModuleType], None]:
    return lambda module: hook_models(hooks, module, owner, requests.runs)


def _register(hooks: Hooks, module: ModuleType, requests: ToolRequests) -> None:
    base = import_module("langchain_core.callbacks.base")  # LangChain is being imported itself
    handler = type("ToolspanCallbackHandler", (Events, base.BaseCallbackHandler), {})(requests)
    variable: ContextVar[Any] = ContextVar("toolspan_callback_handler", default=handler)
    module.register_configure_hook(variable, inheritable=True)
    hooks.set_hooks.append(f"{module.__name__}.register_configure_hook")

    def forget() -> None:
        registered = module._configure_hooks
        registered[:] = [hook for hook in registered if hook[0] is not variable]

    hooks.on_stop(forget)


_ENDS = (
    ("AsyncCallbackManagerForChainRun", "on_chain_end"),
    ("AsyncCallbackManagerForChainRun", "on_chain_error"),
    ("AsyncCallbackManagerForToolRun", "on_tool_end"),
    ("AsyncCallbackManagerForToolRun", "on_tool_error"),
)


def _hook_ends(hooks: Hooks, module: ModuleType, requests: ToolRequests) -> None:
    """Ends of asynchronous runs are told in a task of their own: leave where the run began."""

    def decorate(original: Callable[..., Any]) -> Callable[..., Any]:
        async def told(self: Any, *args: Any, **kwargs: Any) -> Any:
            leave = requests.leaving(getattr(self, "run_id", None))
            try:
                return await original(self, *args, **kwargs)
            finally:
                leave()

        return told

    for owner, name in _ENDS:
        if hasattr(module, owner):
            hooks.wrap(getattr(module, owner), name, decorate)


def _hook_streams(hooks: Hooks, module: ModuleType) -> None:
    """A graph that is read as a stream runs in its reader's context, between its reader's steps."""
    hooks.wrap(module.Pregel, "stream", apart)
    hooks.wrap(module.Pregel, "astream", apart_async)


def _hook_tool_node(hooks: Hooks, module: ModuleType, requests: ToolRequests) -> None:
    """LangChain 1.0 has one of its own, later versions hand on LangGraph's."""
    node = getattr(module, "_ToolNode", None) or getattr(module, "ToolNode", None)
    if getattr(node, "__module__", None) != module.__name__:
        return

    def decorate(original: Callable[..., Any]) -> Callable[..., Any]:
        def run_one(self: Any, call: Any, *args: Any, **kwargs: Any) -> Any:
            with requests.answering(self, call, (*args, *kwargs.values())) as answer:
                answer.result = original(self, call, *args, **kwargs)
                return answer.result

        return run_one

    def decorate_async(original: Callable[..., Any]) -> Callable[..., Any]:
        async def arun_one(self: Any, call: Any, *args: Any, **kwargs: Any) -> Any:
            with requests.answering(self, call, (*args, *kwargs.values())) as answer:
                answer.result = await original(self, call, *args, **kwargs)
                return answer.result

        return arun_one

    hooks.wrap(node, "_run_one", decorate)
    hooks.wrap(node, "_arun_one", decorate_async)
