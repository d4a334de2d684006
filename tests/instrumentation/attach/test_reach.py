"""What targets reach: wherever a function is defined, and whoever holds it already."""

import asyncio
import copy
import functools
import importlib
import inspect
import pickle
from collections.abc import Callable
from types import ModuleType

import pytest

from .conftest import Recorded

Module = Callable[[str, str], ModuleType]
Written = Callable[[str, str], None]

SEARCH = """
    def search(query, limit=3):
        "Find things."
        return [query] * limit
"""


@pytest.mark.requirement("capability.J-targets", "pain.also-imported-early")
def test_a_module_imported_before_the_targets(recorded: Recorded, module: Module) -> None:
    tools = module("tools_before", SEARCH)
    recorded.by({"target": "tools_before:search", "kind": "tool"})
    assert tools.search("a") == ["a", "a", "a"]
    assert recorded.names == ["execute_tool search"]


def test_a_module_imported_after_the_targets(recorded: Recorded, written: Written) -> None:
    written("tools_after", SEARCH)
    recorded.by({"target": "tools_after:search", "kind": "tool"})
    importlib.import_module("tools_after").search("a")
    assert recorded.names == ["execute_tool search"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_name_imported_from_its_module_early_or_late(
    recorded: Recorded, module: Module, written: Written, when: str
) -> None:
    written(f"tools_{when}", SEARCH)
    target = {"target": f"tools_{when}:search", "kind": "tool"}
    if when == "after":
        recorded.by(target)
    user = module(f"user_{when}", f"from tools_{when} import search as find")
    if when == "before":
        recorded.by(target)
    assert user.find("a", limit=1) == ["a"]
    assert recorded.names == ["execute_tool search"]


@pytest.mark.parametrize(
    "call",
    [
        "REGISTRY['search']('a')",
        "LIST[0]('a')",
        "TUPLE[0]('a')",
        "PARTIAL()",
        "default()",
        "closure()",
        "Holder().tool('a')",
        "list(map(search, ['a']))",
    ],
)
def test_a_function_already_held_by_somebody(recorded: Recorded, module: Module, call: str) -> None:
    holders = module(
        "holders",
        """
        import functools
        def search(query): return query
        REGISTRY = {"search": search}
        LIST = [search]
        TUPLE = (search,)
        PARTIAL = functools.partial(search, "a")
        def default(tool=search): return tool("a")
        def make():
            tool = search
            return lambda: tool("a")
        closure = make()
        class Holder:
            def __init__(self): self.tool = search
        """,
    )
    recorded.by({"target": "holders:search", "kind": "tool"})
    eval(call, vars(holders))
    assert recorded.names == ["execute_tool search"]


def test_a_bound_method_taken_before_the_targets(recorded: Recorded, module: Module) -> None:
    agents = module("agents_bound", "class Agent:\n    def search(self, q): return q")
    tools = {"search": agents.Agent().search}
    recorded.by({"target": "agents_bound:Agent.search", "kind": "tool"})
    assert tools["search"]("a") == "a"
    assert recorded.names == ["execute_tool search"]


SUBCLASSES = """
    class Base:
        def run(self): return "base"
    class Early(Base):
        def run(self): return "early " + super().run()
    class Inheriting(Base):
        pass
"""


def test_overrides_of_subclasses_made_before_and_after(recorded: Recorded, module: Module) -> None:
    agents = module("agents_sub", SUBCLASSES)
    recorded.by({"target": "agents_sub:Base.run", "kind": "agent"})

    class Late(agents.Base):  # type: ignore[misc, name-defined]
        def run(self) -> str:
            return "late"

    class Later(Late):
        def run(self) -> str:
            return "later " + super().run()

    runs = [cls().run() for cls in (agents.Base, agents.Early, agents.Inheriting, Late, Later)]
    assert runs == ["base", "early base", "base", "late", "later late"]
    assert recorded.names == [
        "invoke_agent Base",
        "invoke_agent Early",
        "invoke_agent Inheriting",
        "invoke_agent Late",
        "invoke_agent Later",
    ]


def test_a_subclass_named_by_a_target_of_its_own_keeps_its_own(
    recorded: Recorded, module: Module
) -> None:
    agents = module("agents_own", SUBCLASSES)
    recorded.by(
        {"target": "agents_own:Base.run", "kind": "agent"},
        {"target": "agents_own:Early.run", "kind": "workflow", "name": "early_birds"},
    )
    agents.Early().run()
    assert recorded.names == ["invoke_agent Early", "invoke_workflow early_birds"]


def test_an_inherited_method_is_recorded_on_the_named_class_alone(
    recorded: Recorded, module: Module
) -> None:
    agents = module("agents_inherit", SUBCLASSES)
    recorded.by({"target": "agents_inherit:Inheriting.run", "kind": "agent"})
    assert agents.Inheriting().run() == agents.Base().run() == "base"
    assert recorded.names == ["invoke_agent Inheriting"]
    recorded.stop()
    assert "run" not in vars(agents.Inheriting)


def test_a_base_class_that_watches_its_subclasses_keeps_doing_so(
    recorded: Recorded, module: Module
) -> None:
    agents = module(
        "agents_watching",
        """
        made = []
        class Base:
            def __init_subclass__(cls, *, label="", **rest):
                super().__init_subclass__(**rest)
                made.append(label)
            def run(self): return 1
        """,
    )
    recorded.by({"target": "agents_watching:Base.run", "kind": "agent"})
    type("Sub", (agents.Base,), {"run": lambda self: 2}, label="x")().run()
    assert agents.made == ["x"]
    assert recorded.names == ["invoke_agent Sub"]
    hook = vars(agents.Base)["__init_subclass__"]
    recorded.stop()
    assert vars(agents.Base)["__init_subclass__"] is not hook
    type("Sub", (agents.Base,), {}, label="y")
    assert agents.made == ["x", "y"]


def test_dynamic_dispatch_takes_the_name_from_the_call(recorded: Recorded, module: Module) -> None:
    desk = module(
        "desk",
        """
        class Desk:
            def execute(self, tool_name, *args, **kwargs): return tool_name
            def call(self, request): return request
        """,
    )
    recorded.by(
        {"target": "desk:Desk.execute", "kind": "tool", "name": {"argument": "tool_name"}},
        {"target": "desk:Desk.call", "kind": "tool", "name": {"argument": "request.tool.name"}},
    )
    desk.Desk().execute("search", 1, a=2)
    desk.Desk().execute(tool_name="fetch")
    desk.Desk().call({"tool": {"name": "shout"}})
    desk.Desk().call({})
    assert recorded.names == [
        "execute_tool search",
        "execute_tool fetch",
        "execute_tool shout",
        "execute_tool call",
    ]


def test_static_and_class_methods_coroutines_and_generators(
    recorded: Recorded, module: Module
) -> None:
    kinds = module(
        "kinds",
        """
        class Tools:
            @staticmethod
            def fixed(x): return x
            @classmethod
            def of_class(cls, x): return (cls, x)
            async def waiting(self, x): return x
            def stream(self, n):
                got = yield from range(n)
                return "end"
            async def astream(self, n):
                for i in range(n):
                    yield i
        """,
    )
    recorded.by({"target": "kinds:Tools.*", "kind": "tool"})
    tools = kinds.Tools()
    assert (tools.fixed(1), kinds.Tools.fixed(2)) == (1, 2)
    assert tools.of_class(1) == (kinds.Tools, 1)
    assert asyncio.run(tools.waiting(1)) == 1
    assert list(tools.stream(3)) == [0, 1, 2]

    async def consume() -> list[int]:
        return [item async for item in tools.astream(3)]

    assert asyncio.run(consume()) == [0, 1, 2]
    assert recorded.names == [
        "execute_tool fixed",
        "execute_tool fixed",
        "execute_tool of_class",
        "execute_tool waiting",
        "execute_tool stream",
        "execute_tool astream",
    ]
    assert inspect.iscoroutinefunction(kinds.Tools.waiting)
    assert inspect.isgeneratorfunction(kinds.Tools.stream)
    assert inspect.isasyncgenfunction(kinds.Tools.astream)


def test_generators_pass_what_is_sent_thrown_and_closed(recorded: Recorded, module: Module) -> None:
    streams = module(
        "streams",
        """
        closed = []
        async def astream():
            got = yield 1
            try:
                yield got
            except ValueError:
                yield "caught"
            finally:
                closed.append(True)
        def stream():
            got = yield 1
            try:
                yield got
            finally:
                closed.append(True)
            return "end"
        """,
    )
    recorded.by({"target": ["streams:astream", "streams:stream"], "kind": "tool"})

    async def drive() -> list[object]:
        stream = streams.astream()
        seen: list[object] = [await anext(stream), await stream.asend("sent")]
        seen.append(await stream.athrow(ValueError()))
        await stream.aclose()
        return seen

    assert asyncio.run(drive()) == [1, "sent", "caught"]
    stream = streams.stream()
    assert (next(stream), stream.send("sent")) == (1, "sent")
    with pytest.raises(StopIteration) as stop:
        next(stream)
    assert stop.value.value == "end"
    assert streams.closed == [True, True]
    assert recorded.names == ["execute_tool astream", "execute_tool stream"]


@pytest.mark.parametrize("name", ["part", "cached", "callable_object"])
def test_callables_that_are_no_functions_are_replaced_wherever_they_are_held(
    recorded: Recorded, module: Module, name: str
) -> None:
    odd = module(
        f"odd_{name}",
        """
        import functools
        def search(query, limit=1): return [query] * limit
        part = functools.partial(search, limit=2)
        cached = functools.lru_cache(search)
        class Tool:
            def __call__(self, query): return query
        callable_object = Tool()
        REGISTRY = {"part": part, "cached": cached, "callable_object": callable_object}
        LIST = [part, cached, callable_object]
        def default(part=part, cached=cached, callable_object=callable_object): return locals()
        """,
    )
    before = odd.REGISTRY[name]
    recorded.by({"target": f"odd_{name}:{name}", "kind": "tool", "name": "odd"})
    position = ["part", "cached", "callable_object"].index(name)
    for held in (getattr(odd, name), odd.REGISTRY[name], odd.LIST[position], odd.default()[name]):
        held("a")
    assert recorded.names == ["execute_tool odd"] * 4
    recorded.stop()
    assert odd.REGISTRY[name] is getattr(odd, name) is odd.LIST[position] is before


@pytest.mark.requirement("pain.also-imported-early")
def test_a_holder_that_cannot_be_changed_is_named_and_what_to_target_instead(
    recorded: Recorded, module: Module, caplog: pytest.LogCaptureFixture
) -> None:
    stuck = module(
        "stuck",
        """
        import functools
        def search(query): return query
        class Tool:
            def __call__(self): return 1
        part, tool, builtin = functools.partial(search), Tool(), functools.partial(len)
        HELD = (((part,),), ((tool,),), ((builtin,),))
        """,
    )
    recorded.by(
        *({"target": f"stuck:{name}", "kind": "tool"} for name in ("part", "tool", "builtin"))
    )
    begin = (
        "is also held by a tuple, which cannot be changed; calls made through it are not recorded"
    )
    assert caplog.messages == [
        f"targets:1: stuck:part {begin}; target stuck:search instead",
        f"targets:1: stuck:tool {begin}; target stuck:Tool.__call__ instead",
        f"targets:1: stuck:builtin {begin}",
    ]
    recorded.stop()
    recorded.by({"target": ["stuck:search", "stuck:Tool.__call__"], "kind": "tool"})
    stuck.HELD[0][0][0]("a"), stuck.HELD[1][0][0]()
    assert recorded.names == ["execute_tool search", "execute_tool Tool"]


def test_a_cached_method_is_recorded_and_stays_cached(recorded: Recorded, module: Module) -> None:
    cached = module(
        "cached_method",
        """
        import functools
        class Tool:
            @functools.lru_cache
            def look_up(self, term): return [term]
        """,
    )
    recorded.by({"target": "cached_method:Tool.look_up", "kind": "tool"})
    tool = cached.Tool()
    assert tool.look_up("a") is tool.look_up("a")
    assert recorded.names == ["execute_tool look_up", "execute_tool look_up"]


def test_wildcards_take_what_the_module_defines_and_no_private_names(
    recorded: Recorded, module: Module
) -> None:
    tools = module(
        "shop.tools_wild",
        """
        from json import loads
        def search_a(): return 1
        def search_b(): return 2
        def _search_c(): return 3
        class Desk:
            def __init__(self): self.ready = True
            def look(self): return 4
            def _inner(self): return 5
        """,
    )
    recorded.by(
        {"target": "shop.*:search_*", "kind": "tool"},
        {"target": "shop.tools_wild:*.*", "kind": "tool"},
        {"target": "shop.tools_wild:l*", "kind": "tool"},
    )
    tools.search_a(), tools.search_b(), tools._search_c(), tools.loads("1")
    tools.Desk().look(), tools.Desk()._inner()
    assert recorded.names == ["execute_tool search_a", "execute_tool search_b", "execute_tool look"]


def test_a_name_written_out_beats_a_wildcard(recorded: Recorded, module: Module) -> None:
    tools = module("ranked", "def search(): return 1\ndef fetch(): return 2")
    recorded.by(
        {"target": "ranked:*", "kind": "step"},
        {"target": "ranked:search", "kind": "tool"},
    )
    tools.search(), tools.fetch()
    assert recorded.names == ["execute_tool search", "step fetch"]


def test_a_function_decorated_by_its_author_is_left_alone(
    recorded: Recorded, module: Module
) -> None:
    tools = module(
        "decorated",
        """
        from toolspan.instrumentation import track_tool_call
        @track_tool_call(name="mine")
        def search(): return 1
        """,
    )
    before = tools.search.__code__
    recorded.by({"target": "decorated:search", "kind": "tool", "name": "other"})
    assert tools.search.__code__ is before


def test_what_a_function_looks_like_from_outside_does_not_change(
    recorded: Recorded, module: Module
) -> None:
    tools = module("looks", SEARCH)
    before = (
        inspect.signature(tools.search),
        inspect.getsource(tools.search),
        tools.search.__doc__,
        tools.search.__defaults__,
        tools.search.__name__,
        id(tools.search),
    )
    recorded.by({"target": "looks:search", "kind": "tool"})
    after = (
        inspect.signature(tools.search),
        inspect.getsource(tools.search),
        tools.search.__doc__,
        tools.search.__defaults__,
        tools.search.__name__,
        id(tools.search),
    )
    assert after == before
    assert pickle.loads(pickle.dumps(tools.search)) is tools.search


def test_uninstrument_gives_everything_back(recorded: Recorded, module: Module) -> None:
    tools = module("given_back", SEARCH + "    part = __import__('functools').partial(search)\n")
    code, part, namespace = tools.search.__code__, tools.part, set(vars(tools.search))
    recorded.by(
        {"target": "given_back:*", "kind": "tool"}, {"target": "given_back:part", "kind": "tool"}
    )
    assert tools.search.__code__ is not code
    recorded.stop()
    assert tools.search.__code__ is code
    assert tools.part is part
    assert set(vars(tools.search)) == namespace
    tools.search("a")
    assert recorded.names == []


def test_dropped_classes_are_not_kept_alive(recorded: Recorded, module: Module) -> None:
    import gc
    import weakref

    agents = module("agents_dropped", "class Base:\n    def run(self): return 1")
    recorded.by({"target": "agents_dropped:Base.run", "kind": "agent"})
    made = type("Made", (agents.Base,), {"run": lambda self: 2})
    made().run()
    alive = weakref.ref(made)
    del made
    gc.collect()
    assert alive() is None


def test_a_wrapped_function_is_recorded_at_its_outermost_layer(
    recorded: Recorded, module: Module
) -> None:
    retried = module(
        "retried",
        """
        import functools
        def retry(function):
            @functools.wraps(function)
            def wrapper(*args):
                for _ in range(3):
                    try:
                        return function(*args)
                    except ValueError:
                        continue
            return wrapper
        tries = []
        @retry
        def fetch(url):
            tries.append(url)
            if len(tries) < 3:
                raise ValueError
            return url
        """,
    )
    recorded.by({"target": "retried:fetch", "kind": "tool"})
    assert retried.fetch("a") == "a"
    assert recorded.names == ["execute_tool fetch"]


def test_functools_is_not_confused_by_a_recorded_function(
    recorded: Recorded, module: Module
) -> None:
    tools = module("wrapped_later", SEARCH)
    recorded.by({"target": "wrapped_later:search", "kind": "tool"})

    @functools.wraps(tools.search)
    def later(*args: object) -> object:
        return tools.search(*args)

    assert later("a") == ["a", "a", "a"]
    assert recorded.names == ["execute_tool search"]


def test_a_stand_in_is_in_every_other_way_what_it_stands_for(
    recorded: Recorded, module: Module
) -> None:
    odd = module(
        "odd",
        """
        import functools
        def search(query): return query
        part = functools.partial(search, "a")
        class Weather:
            unit = "C"
            def __call__(self): return self.unit
        weather = Weather()
        @functools.cache
        def look_up(query): return [query]
        class Desk:
            @functools.singledispatchmethod
            def answer(self, question): return "anything"
            @functools.lru_cache
            def count(self, what): return [what]
        """,
    )
    recorded.by(
        {"target": ["odd:part", "odd:weather", "odd:look_up"], "kind": "tool"},
        {"target": ["odd:Desk.answer", "odd:Desk.count"], "kind": "tool"},
    )
    assert isinstance(odd.part, functools.partial)
    assert (odd.part.func, odd.part()) == (odd.search, "a")
    assert isinstance(odd.weather, odd.Weather)
    odd.weather.unit = "F"
    assert odd.weather() == "F"
    assert odd.look_up("x") is odd.look_up("x")
    assert odd.look_up.cache_info().hits == 1
    odd.Desk.answer.register(int)(lambda self, number: "a number")
    desk = odd.Desk()
    assert (desk.answer("?"), desk.answer(1)) == ("anything", "a number")
    assert desk.count("x") is odd.Desk.count(desk, "x")
    desk.count.cache_clear()
    assert recorded.names == [
        *("execute_tool part", "execute_tool weather", *["execute_tool look_up"] * 2),
        *(*["execute_tool answer"] * 2, *["execute_tool count"] * 2),
    ]
    # What is copied, or sent to another process, is the thing itself.
    assert copy.copy(odd.weather).unit == copy.deepcopy(odd.weather).unit == "F"
    assert pickle.loads(pickle.dumps(odd.part))() == "a"
    assert pickle.loads(pickle.dumps(odd.weather)).unit == "F"
    recorded.stop()
    assert type(odd.part) is functools.partial
    assert type(odd.weather) is odd.Weather


def test_a_command_of_click_is_recorded_when_it_runs_and_stays_a_command(
    recorded: Recorded, module: Module
) -> None:
    app = module(
        "app_of_click",
        """
        import click
        @click.group()
        def cli(): pass
        @cli.command()
        @click.option("--name", default="x")
        def go(name): click.echo(name)
        """,
    )
    recorded.by({"target": "app_of_click:go", "kind": "workflow"})
    app.cli(["go", "--name", "y"], standalone_mode=False)
    assert recorded.names == ["invoke_workflow go"]
    recorded.stop()
    app.cli(["go"], standalone_mode=False)
    assert recorded.names == []


def test_what_a_decorator_left_nameless_is_called_like_the_place_where_it_stands(
    recorded: Recorded, module: Module
) -> None:
    tools = module(
        "nameless",
        """
        def logged(function):
            def wrapper(*args): return function(*args)
            return wrapper
        @logged
        def search(query): return query
        shorten = lambda text: text[:3]
        class Weather:
            def __call__(self): return 1
        class Desk:
            @logged
            def call(self, tool): return tool
        """,
    )
    recorded.by(
        {
            "target": ["nameless:search", "nameless:shorten", "nameless:Weather.__call__"],
            "kind": "tool",
        },
        {"target": "nameless:Desk.call", "kind": "agent"},
    )
    tools.search("a"), tools.shorten("abcd"), tools.Weather()(), tools.Desk().call("x")
    assert recorded.names == [
        *("execute_tool search", "execute_tool shorten", "execute_tool Weather"),
        "invoke_agent Desk",
    ]
