"""Every kind of callable, decorated without losing what it was."""

import asyncio
import functools
import gc
import inspect
import pickle
from collections.abc import AsyncGenerator, Awaitable, Generator, Iterator
from typing import Any

import pytest

from support.recording import Recorded, tool_span
from toolspan.instrumentation import track_agent_run, track_step, track_tool_call, track_workflow

CALLED = [tool_span("search")]


@track_tool_call
def search(query: str, /, limit: int = 5, *rest: str, deep: bool = False, **more: int) -> str:
    """Search for it."""
    return f"{query}{limit}{rest}{deep}{more}"


@pytest.mark.requirement("capability.A1-nothing-lost")
def test_signature_name_docstring_and_pickling_stay(recorded: Recorded):
    assert (
        str(inspect.signature(search))
        == "(query: str, /, limit: int = 5, *rest: str, deep: bool = False, **more: int) -> str"
    )
    assert search.__name__ == "search"
    assert search.__doc__ == "Search for it."
    assert search.__module__ == __name__
    assert pickle.loads(pickle.dumps(search)) is search
    assert search("q", 1, "r", deep=True, m=2) == "q1('r',)True{'m': 2}"
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        search()  # type: ignore[call-arg]


@pytest.mark.requirement("capability.A1-every-callable", "battery.above-classmethod")
@pytest.mark.parametrize("order", ["above", "below"])
@pytest.mark.parametrize("kind", [staticmethod, classmethod])
def test_static_and_class_methods_in_either_order(recorded: Recorded, order: str, kind: Any):
    def search(*args: object) -> tuple[object, ...]:
        return args

    decorated = track_tool_call(kind(search)) if order == "above" else kind(track_tool_call(search))

    class Tools:
        method = decorated

    first = (Tools,) if kind is classmethod else ()
    assert Tools.method(1) == (*first, 1)
    assert Tools().method(2) == (*first, 2)
    assert isinstance(inspect.getattr_static(Tools, "method"), kind)
    assert recorded.tree == CALLED * 2


def test_methods_get_their_object(recorded: Recorded):
    class Tools:
        @track_tool_call
        def search(self, query: str) -> tuple[object, str]:
            return self, query

    tools = Tools()
    assert tools.search("q") == (tools, "q")
    assert Tools.search(tools, "q") == (tools, "q")
    assert recorded.tree == CALLED * 2


def test_bound_methods_can_be_tracked(recorded: Recorded):
    class Tools:
        def search(self) -> "Tools":
            return self

    tools = Tools()
    assert track_tool_call(tools.search)() is tools
    assert track_agent_run(tools.search)() is tools
    assert [node["name"] for node in recorded.tree] == [
        "execute_tool search",
        "invoke_agent Tools",
    ]


def test_a_callable_that_cannot_be_compared_can_be_tracked(recorded: Recorded):
    class Search:
        __hash__ = None  # type: ignore[assignment]

        def __eq__(self, other: object) -> bool:
            raise TypeError("an expression is neither true nor false")

        def __call__(self, query: str) -> str:
            return query

    assert track_tool_call(Search())("q") == "q"
    assert recorded.tree == [tool_span("Search")]


@pytest.mark.requirement("battery.callable-and-partial")
def test_callable_objects_and_partials(recorded: Recorded):
    class search:
        def __call__(self, query: str) -> str:
            return query

    class asearch(search):
        async def __call__(self, query: str) -> str:  # type: ignore[override]
            return query

    def plain(prefix: str, query: str) -> str:
        return prefix + query

    assert track_tool_call(search())("q") == "q"
    decorated = track_tool_call(asearch())
    assert inspect.iscoroutinefunction(decorated)
    assert asyncio.run(decorated("q")) == "q"
    assert track_tool_call(functools.partial(plain, "p"))("q") == "pq"
    assert track_tool_call(len)("abc") == 3
    assert [node["name"] for node in recorded.tree] == [
        "execute_tool search",
        "execute_tool asearch",
        "execute_tool plain",
        "execute_tool len",
    ]


def test_a_partial_of_a_decorated_function_and_partialmethods_work(recorded: Recorded):
    class Tools:
        @track_tool_call
        def search(self, query: str, limit: int) -> tuple[str, int]:
            return query, limit

        few = functools.partialmethod(search, limit=1)

    assert Tools().few("q") == ("q", 1)
    assert functools.partial(Tools().search, "q")(2) == ("q", 2)
    assert recorded.tree == CALLED * 2


@pytest.mark.requirement("capability.A1-every-callable")
def test_chosen_methods_of_a_class(recorded: Recorded):
    @track_tool_call(methods=["search", "fetch", "make"])
    class Tools:
        def search(self) -> str:
            return "found"

        async def fetch(self) -> str:
            return "page"

        @classmethod
        def make(cls) -> "Tools":
            return cls()

        def helper(self) -> str:
            return "quiet"

    tools = Tools.make()
    assert tools.search() == "found"
    assert asyncio.run(tools.fetch()) == "page"
    assert tools.helper() == "quiet"
    assert isinstance(Tools, type)
    assert [node["name"] for node in recorded.tree] == [
        "execute_tool make",
        "execute_tool search",
        "execute_tool fetch",
    ]


def test_inherited_methods_are_tracked_on_the_class_alone(recorded: Recorded):
    class Base:
        def run(self) -> int:
            return 1

    @track_agent_run(methods=["run"])
    class Agent(Base): ...

    Base().run()
    assert recorded.tree == []
    Agent().run()
    assert recorded.outline() == [["invoke_agent Agent", "ok"]]


def test_classes_need_the_names_of_their_methods():
    class Tools: ...

    with pytest.raises(TypeError, match="name its methods"):
        track_tool_call(Tools)
    with pytest.raises(TypeError, match="has no method 'serach'"):
        track_tool_call(methods=["serach"])(Tools)
    with pytest.raises(TypeError, match="needs a class"):
        track_tool_call(methods=["x"])(lambda: None)


def test_coroutine_functions_stay_so(recorded: Recorded):
    @track_tool_call
    async def search(query: str) -> str:
        await asyncio.sleep(0)
        return query

    assert inspect.iscoroutinefunction(search)
    assert asyncio.run(search("q")) == "q"
    assert recorded.tree == CALLED


@pytest.mark.requirement("battery.sync-returning-awaitable")
def test_a_call_that_returns_a_coroutine_lasts_until_it_is_awaited(recorded: Recorded):
    async def work() -> str:
        await asyncio.sleep(0)
        inner()
        return "done"

    @track_step(name="inner")
    def inner() -> None: ...

    @track_tool_call
    def search() -> Awaitable[str]:
        return work()

    async def main() -> None:
        coroutine = search()
        assert inspect.iscoroutine(coroutine)
        assert recorded.tree == []
        assert await coroutine == "done"

    asyncio.run(main())
    assert recorded.outline() == [["execute_tool search", "ok", [["step inner", "ok"]]]]


def test_a_call_that_returns_a_task_lasts_until_it_is_done(recorded: Recorded):
    async def work(fail: bool) -> str:
        await asyncio.sleep(0)
        if fail:
            raise ValueError("bad")
        return "done"

    @track_tool_call
    def search(fail: bool = False) -> asyncio.Task[str]:
        return asyncio.get_running_loop().create_task(work(fail))

    async def main() -> None:
        task = search()
        assert isinstance(task, asyncio.Task)
        assert await task == "done"
        with pytest.raises(ValueError, match="bad"):
            await search(fail=True)
        late = search()
        late.cancel()
        with pytest.raises(asyncio.CancelledError):
            await late

    asyncio.run(main())
    assert [node["attributes"]["toolspan.outcome"] for node in recorded.tree] == [
        "ok",
        "error",
        "cancelled",
    ]


def test_a_call_that_returns_a_generator_lasts_until_it_is_read(recorded: Recorded):
    def work() -> Generator[int, None, None]:
        yield 1
        yield 2

    async def awork() -> AsyncGenerator[int, None]:
        yield 1

    @track_tool_call
    def search() -> Iterator[int]:
        return work()

    @track_tool_call(name="search")
    def asearch() -> AsyncGenerator[int, None]:
        return awork()

    items = search()
    assert next(items) == 1
    assert recorded.tree == []
    assert list(items) == [2]

    async def main() -> list[int]:
        return [item async for item in asearch()]

    assert asyncio.run(main()) == [1]
    assert recorded.tree == CALLED * 2


def test_a_returned_generator_nobody_reads_ends_abandoned(recorded: Recorded):
    @track_tool_call
    def search() -> Iterator[int]:
        return (number for number in range(3))

    search()
    gc.collect()
    assert recorded.tree == [tool_span("search", **{"toolspan.outcome": "abandoned"})]


@pytest.mark.requirement("battery.picklable-result")
def test_results_are_the_very_objects_the_function_returned(recorded: Recorded):
    given: list[object] = [object(), [1], iter([1]), map(str, [1]), {"a": 1}]

    @track_tool_call(capture_content=True)
    def search(number: int) -> object:
        return given[number]

    for number, thing in enumerate(given):
        assert search(number) is thing
    assert list(given[2]) == [1]  # type: ignore[call-overload]
    assert pickle.loads(pickle.dumps(search(4))) == {"a": 1}


def test_a_coroutine_dropped_unfinished_is_abandoned_and_leaves_no_context(recorded: Recorded):
    @track_tool_call
    async def search() -> None:
        await asyncio.Event().wait()

    async def main() -> None:
        coroutine = search()
        coroutine.send(None)
        coroutine.close()

    asyncio.run(main())
    assert recorded.tree == [tool_span("search", **{"toolspan.outcome": "abandoned"})]


@pytest.mark.requirement("capability.A1-bare-and-called", "capability.A1-context-managers")
@pytest.mark.parametrize(
    ("decorator", "prefix"),
    [
        (track_tool_call, "execute_tool"),
        (track_agent_run, "invoke_agent"),
        (track_workflow, "invoke_workflow"),
        (track_step, "step"),
    ],
)
def test_every_decorator_is_bare_called_named_and_a_block(
    recorded: Recorded, decorator: Any, prefix: str
):
    def work() -> int:
        return 1

    assert decorator(work)() == 1
    assert decorator()(work)() == 1
    assert decorator(name="work")(work)() == 1
    assert decorator("work")(work)() == 1
    assert decorator(work, name="work")() == 1
    with decorator("work") as call:
        assert call.name == "work"

    async def block() -> None:
        async with decorator("work"):
            await asyncio.sleep(0)

    asyncio.run(block())
    assert [node["name"] for node in recorded.tree] == [f"{prefix} work"] * 7
    assert {node["attributes"]["toolspan.outcome"] for node in recorded.tree} == {"ok"}
