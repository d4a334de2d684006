"""Time limits that LangGraph enforces: what it stops for them has timed out.

Nodes in asynchronous code are cancelled, those in threads run on and their results are thrown away:
neither says that the time was up. A node's own limit is known as `NodeTimeoutError`, a step's as
the plain `TimeoutError` of the loop that runs the nodes.
"""

import logging
from collections.abc import Callable, Hashable, Sequence
from types import ModuleType
from typing import Any, Final

from opentelemetry.context import get_current

from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.frameworks._runs import Run, Runs
from toolspan.instrumentation.frameworks.langchain._configs import run_around
from toolspan.instrumentation.record import open_call_in

_log: Final = logging.getLogger("toolspan")


def hook_runner(hooks: Hooks, module: ModuleType, runs: Runs) -> None:
    """`step_timeout`: one for all nodes of a step."""

    def decorate(original: Callable[..., Any]) -> Callable[..., Any]:
        def tick(self: Any, tasks: Any, *args: Any, **kwargs: Any) -> Any:
            tasks = tuple(tasks)
            try:
                return (yield from original(self, tasks, *args, **kwargs))
            except TimeoutError as error:
                if kwargs.get("timeout") is not None:
                    _step_timed_out(runs, error, tasks)
                raise

        return tick

    def decorate_async(original: Callable[..., Any]) -> Callable[..., Any]:
        async def atick(self: Any, tasks: Any, *args: Any, **kwargs: Any) -> Any:
            tasks = tuple(tasks)
            body = original(self, tasks, *args, **kwargs)
            try:
                async for item in body:
                    yield item
            except TimeoutError as error:
                if kwargs.get("timeout") is not None:
                    _step_timed_out(runs, error, tasks)
                raise
            finally:
                await body.aclose()

        return atick

    hooks.wrap(module.PregelRunner, "tick", decorate)
    hooks.wrap(module.PregelRunner, "atick", decorate_async)


def hook_errors(hooks: Hooks, module: ModuleType, runs: Runs) -> None:
    """`add_node(timeout=)`: of one node, not in every version."""
    if not hasattr(module, "NodeTimeoutError"):
        return

    def decorate(original: Callable[..., Any]) -> Callable[..., Any]:
        def initialize(self: Any, *args: Any, **kwargs: Any) -> None:
            original(self, *args, **kwargs)
            _tell_nodes(runs, self, _current_run(), name=self.node)

        return initialize

    hooks.wrap(module.NodeTimeoutError, "__init__", decorate)


def _step_timed_out(runs: Runs, error: TimeoutError, tasks: Sequence[Any]) -> None:
    # An error that a node has raised carries a note of LangGraph's, which says in which.
    if not getattr(error, "__notes__", None):
        _tell_nodes(runs, error, run_around(tasks))


def _tell_nodes(runs: Runs, error: BaseException, graph: Any, *, name: str | None = None) -> None:
    """What is running of a graph, or of its nodes of this name, has timed out."""
    try:
        run = runs.get(graph)
        for node in () if run is None else runs.open_below(run):
            if name is None or node.call.name == name:
                runs.tell_below(node, error)
    except Exception:
        _log.debug("a time limit of LangGraph's not recorded", exc_info=True)


def _current_run() -> Hashable:
    call = open_call_in(get_current())
    return call.source.key if call is not None and isinstance(call.source, Run) else None
