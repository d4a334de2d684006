"""What may stand in a targets file, and what is said about a mistake in it."""

import textwrap
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from toolspan.instrumentation.attach import ToolspanInstrumentor
from toolspan.instrumentation.attach.targets import read_targets

from .conftest import Recorded

Module = Callable[[str, str], ModuleType]


def read(tmp_path: Path, text: str, name: str = "targets.yaml") -> tuple[int, list[str]]:
    path = tmp_path / name
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    targets, mistakes = read_targets(path)
    return len(targets), [str(one).removeprefix(f"{tmp_path}/") for one in mistakes]


@pytest.mark.parametrize(
    ("text", "usable", "mistakes"),
    [
        (
            "targets: [",
            0,
            ["targets.yaml:1: expected YAML: expected the node content, but found '<stream end>'"],
        ),
        ("", 0, ["targets.yaml:1: expected `targets:` with a list of entries; found nothing"]),
        (
            "- target: a:b",
            0,
            [
                (
                    "targets.yaml:1: expected `targets:` with a list of entries; "
                    "found [{'target': 'a:b'}]"
                )
            ],
        ),
        (
            "targets: {a: 1}",
            0,
            ["targets.yaml:1: `targets` must be a list of entries; found {'a': 1}"],
        ),
        (
            "targets:\n- agent:run",
            0,
            [
                "targets.yaml:2: expected an entry with `target` and `kind`; found 'agent:run'",
            ],
        ),
        (
            "targets:\n- target: agent.Agent.run\n  kind: tool",
            0,
            [
                (
                    "targets.yaml:2: `target` must read `module:Class.method` or `module:function`; "
                    "found 'agent.Agent.run'"
                )
            ],
        ),
        (
            "targets:\n- kind: tool\n",
            0,
            ["targets.yaml:2: `target` is missing: `module:Class.method` or `module:function`"],
        ),
        (
            "targets:\n- target: a:b\n  kind: tol\n",
            0,
            [
                (
                    "targets.yaml:3: `kind` must be one of tool, agent, workflow, step, llm, attempt; "
                    "found 'tol' (did you mean 'tool'?)"
                )
            ],
        ),
        (
            "targets:\n- target: a:b\n  kind: tool\n  nam: x\n  index: 1\n",
            1,
            [
                "targets.yaml:4: 'nam' is not known here (did you mean 'name'?)",
                "targets.yaml:5: `index` is for kind step, not tool",
            ],
        ),
        (
            "targets:\n- target: a:b\n  kind: tool\n  name: {from: x}\n  capture_content: yes please",
            1,
            [
                (
                    "targets.yaml:4: expected a fixed value or `{argument: NAME}` or "
                    "`{attribute: NAME}`; found {'from': 'x'}"
                ),
                "targets.yaml:5: `capture_content` must be true or false; found 'yes please'",
            ],
        ),
        (
            "targets:\n- target: a:b\n  kind: tool\n  failure:\n    result: status\n",
            1,
            [
                (
                    "targets.yaml:4: `failure` needs exactly one of equals, not_equals, in, truthy, "
                    "falsy, matches; found 0"
                )
            ],
        ),
        (
            "targets:\n- target: a:b\n  kind: tool\n  failure: {matches: '('}\n",
            1,
            [
                (
                    "targets.yaml:4: `matches` must be a regular expression: "
                    "missing ), unterminated subpattern at position 0"
                )
            ],
        ),
        (
            "targets:\n- target: a:b\n  kind: tool\n  fallback_group: [one]\n  kind: agent",
            1,
            [
                "targets.yaml:5: 'kind' stands here a second time",
                (
                    "targets.yaml:4: `fallback_group` must be a list of two or more tool names; "
                    "found ['one']"
                ),
            ],
        ),
        (
            "tagets: []\ntargets: []",
            0,
            ["targets.yaml:1: 'tagets' is not known here (did you mean 'targets'?)"],
        ),
    ],
)
def test_a_mistake_says_file_line_and_what_was_expected(
    tmp_path: Path, text: str, usable: int, mistakes: list[str]
) -> None:
    assert read(tmp_path, text) == (usable, mistakes)


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system ['true']", "!Custom x"])
def test_yaml_tags_are_never_executed(tmp_path: Path, tag: str) -> None:
    usable, mistakes = read(tmp_path, f"targets: {tag}")
    assert usable == 0
    assert len(mistakes) == 1


def test_a_file_that_cannot_be_read_is_one_mistake(tmp_path: Path) -> None:
    targets, mistakes = read_targets(tmp_path / "none.yaml")
    assert targets == []
    assert [str(one) for one in mistakes] == [
        f"{tmp_path}/none.yaml:1: cannot be read: No such file or directory"
    ]
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    assert [one.message for one in read_targets(binary)[1]] == ["expected UTF-8 text"]


def test_toml_tables_are_read_and_their_mistakes_have_lines(tmp_path: Path) -> None:
    text = """
        [project]
        name = "shop"

        [[tool.toolspan.targets]]
        target = "shop.agent:Agent.run"
        kind = "agent"

        [[tool.toolspan.targets]]
        target = "shop.tools:search"
        kind = "tol"
        """
    assert read(tmp_path, text, "pyproject.toml") == (
        1,
        [
            (
                "pyproject.toml:11: `kind` must be one of tool, agent, workflow, step, llm, attempt; "
                "found 'tol' (did you mean 'tool'?)"
            )
        ],
    )
    assert read(tmp_path, "a = 1\nb = ?", "pyproject.toml")[1] == [
        "pyproject.toml:2: expected TOML: Invalid value (at line 2, column 5)"
    ]
    assert read(tmp_path, "[project]", "pyproject.toml")[1] == [
        "pyproject.toml:1: expected `[[tool.toolspan.targets]]` tables; found none"
    ]


def test_the_host_goes_on_when_every_entry_is_wrong(
    recorded: Recorded, caplog: pytest.LogCaptureFixture
) -> None:
    recorded.by({"target": "x", "kind": "tool"}, {"target": "a:b", "kind": "x"})
    assert [message.split(":")[0] for message in caplog.messages] == ["toolspan targets"] * 2
    assert ToolspanInstrumentor().is_instrumented_by_opentelemetry


def test_a_target_that_does_not_fit_says_so_and_records_what_it_can(
    recorded: Recorded, module: Module, caplog: pytest.LogCaptureFixture
) -> None:
    tools = module(
        "unfit",
        """
        LIMIT = 3
        class Tool:
            @property
            def ready(self): return True
        def search(query): return query
        """,
    )
    recorded.by(
        {"target": "unfit:search", "kind": "tool", "name": {"argument": "tool"}},
        {"target": "unfit:LIMIT", "kind": "tool"},
        {"target": "unfit:Tool", "kind": "tool"},
        {"target": "unfit:Tool.ready", "kind": "tool"},
        {"target": "unfit:search", "kind": "tool", "user": {"attribute": "user"}},
    )
    tools.search("a")
    assert recorded.names == ["execute_tool search"]
    assert caplog.messages == [
        "targets:1: unfit:search: `name`: no argument is called 'tool'; there are: query",
        "targets:1: unfit:LIMIT is int data, not a function",
        "targets:1: unfit:Tool is a class; name the method that is called, as `module:Class.run`",
        "targets:1: unfit:Tool.ready is a property; name a method",
    ]


def test_every_option_reaches_the_span(recorded: Recorded, module: Module) -> None:
    shop = module(
        "shop_options",
        """
        from dataclasses import dataclass
        from enum import Enum
        class Status(Enum):
            FAILED = "failed"
        @dataclass
        class Config:
            name: str = "Bilbo"
        class Agent:
            config = Config()
            def run(self, request): return self.use("search", retries=0)
            def use(self, tool, retries): return {"status": Status.FAILED, "code": "E7", "n": [1]}
        """,
    )
    recorded.by(
        {
            "target": "shop_options:Agent.run",
            "kind": "agent",
            "name": {"attribute": "config.name"},
            "session": {"argument": "request.session"},
            "conversation": {"argument": "request.thread"},
            "user": {"argument": "request.user"},
        },
        {
            "target": "shop_options:Agent.use",
            "kind": "tool",
            "name": {"argument": "tool"},
            "attributes": {
                "shop.fixed": 1,
                "shop.retries": {"argument": "retries"},
                "shop.agent": {"attribute": "config.name"},
                "shop.first": {"result": "n.0"},
                "shop.object": {"attribute": "config"},
            },
            "failure": {"result": "status", "equals": "failed", "error_type": {"result": "code"}},
            "capture_content": True,
        },
    )
    shop.Agent().run({"session": "s1", "thread": "t1", "user": 7})
    tool, agent = recorded.spans
    identity = {
        "gen_ai.agent.name": "Bilbo",
        "gen_ai.conversation.id": "t1",
        "session.id": "s1",
        "toolspan.agent": "Bilbo",
        "user.id": "7",
    }
    assert dict(agent.attributes or {}) == {
        "gen_ai.operation.name": "invoke_agent",
        "toolspan.outcome": "ok",
        **identity,
    }
    attributes = dict(tool.attributes or {})
    assert len(str(attributes.pop("toolspan.tool_call.arguments_hash"))) == 16
    assert attributes.pop("gen_ai.tool.call.arguments") == '{"tool":"search","retries":0}'
    assert "FAILED" in str(attributes.pop("gen_ai.tool.call.result"))
    assert attributes == {
        "error.type": "E7",
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "search",
        "gen_ai.tool.type": "function",
        "shop.agent": "Bilbo",
        "shop.first": 1,
        "shop.fixed": 1,
        "shop.retries": 0,
        "toolspan.outcome": "tool_error",
        "toolspan.tool_call.layer": "logical",
        **identity,
    }


@pytest.mark.parametrize(
    ("test", "result", "fails"),
    [
        ({"result": "status", "equals": "bad"}, {"status": "bad"}, True),
        ({"result": "status", "equals": "bad"}, {"status": "good"}, False),
        ({"result": "status", "not_equals": "good"}, {"status": "bad"}, True),
        ({"result": "status", "in": ["bad", "ugly"]}, {"status": "ugly"}, True),
        ({"result": "error", "truthy": True}, {"error": "x"}, True),
        ({"result": "error", "truthy": True}, {}, False),
        ({"result": "items", "falsy": True}, {"items": []}, True),
        ({"result": "text", "matches": "^Error"}, {"text": "Error: x"}, True),
        ({"matches": "^Error"}, "Error: x", True),
        ({"equals": 0}, 1, False),
        ("mcp", {"isError": True}, True),
        ("mcp", {"is_error": False}, False),
    ],
)
def test_a_returned_failure_is_a_failure(
    recorded: Recorded, module: Module, test: object, result: object, fails: bool
) -> None:
    tools = module("failing", f"def search(): return {result!r}")
    recorded.by({"target": "failing:search", "kind": "tool", "failure": test})
    tools.search()
    (span,) = recorded.spans
    assert (span.attributes or {})["toolspan.outcome"] == ("tool_error" if fails else "ok")


def test_fallbacks_attempts_steps_workflows_and_models(recorded: Recorded, module: Module) -> None:
    shop = module(
        "shop_kinds",
        """
        class Shop:
            model = "small-1"
            def work(self):
                for number, step in enumerate(["find"]):
                    self.step(step, number)
            def step(self, name, number):
                try:
                    first()
                except ValueError:
                    second()
                self.think("x")
            def think(self, prompt): return {"usage": {"in": 3, "out": 4}}
        def first(): raise ValueError
        def second():
            for attempt in range(2):
                try:
                    return one_try(attempt)
                except ValueError:
                    continue
        def one_try(attempt):
            if attempt == 0:
                raise ValueError
            return "ok"
        """,
    )
    recorded.by(
        {"target": "shop_kinds:Shop.work", "kind": "workflow", "name": "sell"},
        {
            "target": "shop_kinds:Shop.step",
            "kind": "step",
            "name": {"argument": "name"},
            "index": {"argument": "number"},
        },
        {
            "target": ["shop_kinds:first", "shop_kinds:second"],
            "kind": "tool",
            "fallback_group": ["first", "second"],
        },
        {"target": "shop_kinds:one_try", "kind": "attempt"},
        {
            "target": "shop_kinds:Shop.think",
            "kind": "llm",
            "name": {"attribute": "model"},
            "attributes": {
                "gen_ai.usage.input_tokens": {"result": "usage.in"},
                "gen_ai.usage.output_tokens": {"result": "usage.out"},
            },
        },
    )
    shop.Shop().work()
    spans = {span.name: dict(span.attributes or {}) for span in recorded.spans}
    assert list(spans) == [
        "execute_tool first",
        "attempt second",
        "execute_tool second",
        "chat small-1",
        "step find",
        "invoke_workflow sell",
    ]
    assert spans["execute_tool second"]["toolspan.fallback.from"] == "first"
    assert spans["execute_tool second"]["toolspan.attempt.count"] == 2
    assert spans["step find"]["toolspan.step.index"] == 0
    assert spans["chat small-1"] == {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "small-1",
        "gen_ai.usage.input_tokens": 3,
        "gen_ai.usage.output_tokens": 4,
        "toolspan.outcome": "ok",
        "toolspan.step": "find",
        "toolspan.workflow": "sell",
    }


def test_a_hostile_object_on_the_way_to_a_value_never_reaches_the_host(
    recorded: Recorded, module: Module
) -> None:
    hostile = module(
        "hostile",
        """
        class Evil:
            def __getattr__(self, name): raise RuntimeError(name)
            def __bool__(self): raise RuntimeError
        def search(request): return Evil()
        """,
    )
    recorded.by(
        {
            "target": "hostile:search",
            "kind": "tool",
            "name": {"argument": "request.name"},
            "session": {"argument": "request.session"},
            "attributes": {"a": {"argument": "request.a"}, "b": {"result": "b"}},
            "failure": {"truthy": True},
        }
    )
    hostile.search(hostile.Evil())
    assert recorded.names == ["execute_tool search"]
