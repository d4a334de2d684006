"""Content: off unless asked for, bounded, redacted, always valid JSON, and never in the way."""

import collections
import dataclasses
import datetime as dt
import decimal
import enum
import json
import pathlib
import time
import types
import typing
import uuid
from typing import Any

import attrs
import pydantic
import pytest

from support.recording import Recorded, recording, tool_span
from toolspan.instrumentation import track_tool_call
from toolspan.instrumentation.content import encode, parameter_names

ARGUMENTS = "gen_ai.tool.call.arguments"
RESULT = "gen_ai.tool.call.result"


def plain(value: object) -> Any:
    return json.loads(encode(value).text)


# --- the switch ------------------------------------------------------------------------------


@pytest.mark.requirement(
    "design.3-content-off", "capability.B-off-by-default", "battery.password-argument"
)
def test_content_is_off_by_default(recorded: Recorded):
    @track_tool_call
    def login(user: str, password: str) -> str:
        return "token"

    login("ed", password="hunter2")
    assert recorded.tree == [tool_span("login")]


@pytest.mark.requirement("design.3-content-modes")
@pytest.mark.parametrize(
    ("mode", "is_captured"),
    [
        ("true", True),
        ("True", True),
        ("SPAN_ONLY", True),
        ("span_and_event", True),
        ("EVENT_ONLY", False),
        ("NO_CONTENT", False),
        ("false", False),
        ("", False),
    ],
)
def test_every_mode_of_the_standard_switch(
    monkeypatch: pytest.MonkeyPatch, mode: str, is_captured: bool
):
    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", mode)
    with recording() as recorded:
        track_tool_call(lambda query: "page")("otters")
    attributes = recorded.only["attributes"]
    assert (ARGUMENTS in attributes, RESULT in attributes) == (is_captured, is_captured)


def test_an_unknown_mode_captures_nothing_and_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "everything")
    monkeypatch.setenv("TOOLSPAN_ERROR_TEXT", "some")
    with recording() as recorded:
        track_tool_call(lambda query: "page")("otters")
    assert ARGUMENTS not in recorded.only["attributes"]
    assert [record.getMessage().partition("=")[0] for record in caplog.records] == [
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT",
        "TOOLSPAN_ERROR_TEXT",
    ]


@pytest.mark.requirement("capability.B-per-decorator", "battery.self-not-captured")
def test_a_decorator_overrides_the_switch(monkeypatch: pytest.MonkeyPatch):
    class Tools:
        @track_tool_call(capture_content=True)
        def search(self, query: str, *more: int, **options: str) -> list[str]:
            return [query]

        @track_tool_call(capture_content=False)
        def login(self, password: str) -> None: ...

    with recording() as recorded:
        Tools().search("otters", 1, 2, site="x")
    assert recorded.tree == [
        tool_span(
            "search",
            **{
                ARGUMENTS: '{"query":"otters","more":[1,2],"site":"x"}',
                RESULT: '["otters"]',
            },
        )
    ]
    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true")
    with recording() as recorded:
        Tools().login("hunter2")
    assert recorded.tree == [tool_span("login")]


def test_arguments_are_recorded_as_they_were_before_the_call(recorded: Recorded):
    @track_tool_call(capture_content=True)
    def pop(items: list[int]) -> int:
        return items.pop()

    pop([1, 2])
    assert recorded.only["attributes"][ARGUMENTS] == '{"items":[1,2]}'


def test_no_result_is_recorded_for_a_call_that_raised(recorded: Recorded):
    @track_tool_call(capture_content=True)
    def search() -> None:
        raise ValueError

    with pytest.raises(ValueError):
        search()
    assert RESULT not in recorded.only["attributes"]


# --- what can be said ------------------------------------------------------------------------


class Colour(enum.Enum):
    RED = "r"


class Level(enum.IntEnum):
    HIGH = 3


@dataclasses.dataclass(slots=True)
class Slots:
    a: int
    b: str = "b"


@attrs.define
class Attrs:
    a: int
    secret: str = "s"
    hidden: str = attrs.field(default="h", repr=False)


@dataclasses.dataclass
class Computes:
    a: int = 1

    @property
    def a(self) -> int:  # type: ignore[no-redef]  # noqa: F811
        raise AssertionError("a property ran")

    @a.setter
    def a(self, value: object) -> None: ...


@dataclasses.dataclass
class Login:
    user: str
    password: str
    note: str = dataclasses.field(default="n", repr=False)


class Model(pydantic.BaseModel):
    user: str
    api_key: pydantic.SecretStr
    hidden: str = pydantic.Field(default="h", repr=False)
    inner: Login | None = None


class Point(typing.NamedTuple):
    x: int
    y: int


class Text(str):
    __slots__ = ()

    def __str__(self) -> str:
        raise RuntimeError

    def __getitem__(self, key: object) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (1, 1),
        (1.5, 1.5),
        ("é…", "é…"),
        ([1, (2, "x")], [1, [2, "x"]]),
        ({"a": {"b": None}}, {"a": {"b": None}}),
        ({3}, [3]),
        (collections.deque([1]), [1]),
        (collections.OrderedDict(a=1), {"a": 1}),
        (types.MappingProxyType({"a": 1}), {"a": 1}),
        (
            {1: "a", None: "b", (1, 2): "c", 1.5: "d"},
            {"1": "a", "None": "b", "[1, 2]": "c", "1.5": "d"},
        ),
        ({1: "a", "1": "b"}, {"1": "a", "1#1": "b"}),
        ({"sk-proj-abcdefghijklmnop": 1}, {"[redacted]": 1}),
        ({"b", "a", "c"}, ["a", "b", "c"]),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (2**63 - 1, 2**63 - 1),
        (2**63, "<int of 64 bits>"),
        (10**5000, "<int of 16610 bits>"),
        (b"secret", "<bytes of 6 bytes>"),
        (bytearray(3), "<bytearray of 3 bytes>"),
        (memoryview(b"abc"), "<memoryview of 3 bytes>"),
        (Colour.RED, f"<{__name__}.Colour.RED>"),
        (Level.HIGH, f"<{__name__}.Level.HIGH>"),
        (Text("abc"), "abc"),
        (Point(1, 2), {"x": 1, "y": 2}),
        (dt.date(2026, 1, 2), "2026-01-02"),
        (decimal.Decimal("1.50"), "1.50"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (pathlib.PurePosixPath("/a/b"), "/a/b"),
        (object(), "<object>"),
        (Login, "<type>"),
        (plain, "<function>"),
        (iter([1]), "<list_iterator>"),
        (ValueError("secret"), "<ValueError>"),
        ("lone \ud800 surrogate", "lone ? surrogate"),
        (Login("ed", "hunter2"), {"user": "ed", "password": "[redacted]", "note": "[redacted]"}),
        (Slots(1), {"a": 1, "b": "b"}),
        (Attrs(1), {"a": 1, "secret": "[redacted]", "hidden": "[redacted]"}),
        (Computes(), {"a": None}),
        (
            Model(user="ed", api_key=pydantic.SecretStr("k"), inner=Login("x", "y")),
            {
                "user": "ed",
                "api_key": "[redacted]",
                "hidden": "[redacted]",
                "inner": {"user": "x", "password": "[redacted]", "note": "[redacted]"},
            },
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_become_plain_data(value: object, expected: object):
    assert plain(value) == expected


@pytest.mark.requirement("battery.nan-and-tuple-key")
def test_nan_and_tuple_keys_do_not_cost_the_rest(recorded: Recorded):
    @track_tool_call(capture_content=True)
    def search(query: dict[Any, Any]) -> None: ...

    search({"a": float("nan"), (1, 2): "pair", "b": 1})
    found = json.loads(recorded.only["attributes"][ARGUMENTS])["query"]
    assert found["a"] == "nan"
    assert found["b"] == 1


@pytest.mark.requirement("battery.evil-argument", "pain.12-serializer-safety")
def test_hostile_objects_are_only_named(recorded: Recorded):
    class Evil:
        def __getattribute__(self, name: str) -> object:
            raise RuntimeError(name)

        def __repr__(self) -> str:
            raise RuntimeError

        __str__ = __hash__ = __eq__ = __len__ = __iter__ = __bool__ = __repr__  # type: ignore[assignment]

    class EvilDict(dict[str, int]):
        def items(self) -> Any:
            raise RuntimeError

        __iter__ = __len__ = keys = items  # type: ignore[assignment]

    class EvilList(list[int]):
        def __iter__(self) -> Any:
            raise RuntimeError

        __len__ = __iter__

    evil = Evil()

    @track_tool_call(capture_content=True)
    def search(*things: object) -> object:
        return evil

    assert search(evil, EvilDict(a=1), EvilList([1])) is evil
    attributes = recorded.only["attributes"]
    (named, mapping, items) = json.loads(attributes[ARGUMENTS])["things"]
    assert named.endswith("Evil>")
    assert (mapping, items) == ({"a": 1}, [1])
    assert json.loads(attributes[RESULT]).endswith("Evil>")


def test_iterators_are_not_consumed(recorded: Recorded):
    @track_tool_call(capture_content=True)
    def search(items: Any, lines: Any) -> list[int]:
        return [*items, *lines]

    assert search((n for n in (1, 2)), map(int, "34")) == [1, 2, 3, 4]
    assert json.loads(recorded.only["attributes"][ARGUMENTS]) == {
        "items": "<generator>",
        "lines": "<map>",
    }


@pytest.mark.requirement("battery.cyclic-argument", "pain.12-serializer-safety")
def test_cycles_and_depth_are_cut():
    cyclic: dict[str, Any] = {"a": 1}
    cyclic["self"] = cyclic
    assert plain(cyclic) == {"a": 1, "self": "<cycle>"}
    deep: list[Any] = []
    for _ in range(10_000):
        deep = [deep]
    assert encode(deep).text.count("[") == 8
    twice = [1]
    assert plain([twice, twice]) == [[1], [1]], "the same thing twice is no cycle"


# --- bounds ----------------------------------------------------------------------------------


@pytest.mark.requirement("battery.large-argument", "pain.10-huge-payloads", "design.3-content-size")
def test_large_content_is_cut_and_says_how_large_it_was(recorded: Recorded):
    @track_tool_call(capture_content=True)
    def search(text: str, rows: list[int]) -> str:
        return text

    search("x" * 1_000_000, list(range(10_000)))
    attributes = recorded.only["attributes"]
    found = json.loads(attributes[ARGUMENTS])
    assert found["text"].endswith("…[+998000]")
    assert found["rows"][-1] == "…[+9950]"
    assert len(attributes[ARGUMENTS]) < 3_000
    assert attributes["toolspan.content.size"] >= 2_010_000


@pytest.mark.parametrize(
    "value",
    [
        "\x00" * 1_000_000,
        ["\x00" * 5_000] * 5_000,
        {f"k{n}": ["y" * 100] * 100 for n in range(1_000)},
        [[[[["z" * 3_000] * 60] * 60] * 60] * 60] * 60,
    ],
)
def test_whatever_comes_the_text_is_valid_and_bounded(value: object):
    found = encode(value)
    json.loads(found.text)
    assert len(found.text) <= 16_384
    assert not found.is_whole


def test_large_arguments_cost_little():
    rows = [{"a": n, "b": "x" * 100} for n in range(10_000)]
    text = "x" * 1_000_000
    encode(text)

    def best(value: object) -> float:
        times = []
        for _ in range(20):
            start = time.perf_counter()
            encode(value)
            times.append(time.perf_counter() - start)
        return min(times)

    assert best(text) < 0.0005
    assert best(rows) < 0.005


# --- secrets ---------------------------------------------------------------------------------


@pytest.mark.requirement("battery.password-argument", "pain.11-field-redaction")
@pytest.mark.parametrize(
    "key",
    ["password", "dbPassword", "API_KEY", "x-api-key", "authorization", "refresh_token", "apiKey"],
)
def test_secrets_are_redacted_by_key_at_any_depth(key: str):
    assert plain({"a": [{key: "hunter2"}]}) == {"a": [{key: "[redacted]"}]}


@pytest.mark.parametrize("key", ["max_tokens", "tokens", "author", "keyboard", "compass", "spin"])
def test_harmless_keys_are_kept(key: str):
    assert plain({key: 5}) == {key: 5}


@pytest.mark.requirement("pain.11-field-redaction", "pain.11-masking-holes")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("use sk-proj-abcdefghijklmnop now", "use [redacted] now"),
        ("ghp_abcdefghijklmnopqrstuvwx", "[redacted]"),
        ("AKIAABCDEFGHIJKLMNOP", "[redacted]"),
        ("eyJhbGciOiJIUzI1.eyJzdWIiOiIx.c2lnbmF0dXJl", "[redacted]"),
        ("postgres://ed:hunter2@db/x", "postgres://[redacted]@db/x"),
        ("Authorization: Bearer abcdefgh12345", "Authorization: [redacted]"),
        ("password=hunter2&x=1", "[redacted]&x=1"),
        ('{"api_key": "abc123"}', '{"[redacted]"}'),
        ("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----", "[redacted]"),
        ("the secretary of the token ring", "the secretary of the token ring"),
    ],
)
def test_secrets_are_masked_by_what_they_look_like(text: str, expected: str):
    assert plain(text) == expected


# --- the hash --------------------------------------------------------------------------------


def hashes(*calls: tuple[tuple[Any, ...], dict[str, Any]]) -> list[Any]:
    @track_tool_call
    def search(query: object, limit: int = 3) -> None: ...

    with recording(content_hash=True) as recorded:
        for args, kwargs in calls:
            search(*args, **kwargs)
    return [node["attributes"].get("toolspan.tool_call.arguments_hash") for node in recorded.tree]


@pytest.mark.requirement("design.3-arguments-hash")
def test_equal_arguments_have_equal_hashes_however_they_are_passed():
    first, by_name, other, nested, nested_again = hashes(
        (("otters", 5), {}),
        ((), {"limit": 5, "query": "otters"}),
        (("otters", 6), {}),
        (([{"a": 1}],), {}),
        (([{"a": 1}],), {}),
    )
    assert len(first) == 16
    int(first, 16)
    assert first == by_name != other
    assert nested == nested_again != first


@pytest.mark.requirement("design.3-arguments-hash")
def test_keywords_hash_equally_in_any_order():
    @track_tool_call
    def search(query: str, *, limit: int = 3, deep: bool = False, **more: object) -> None: ...

    with recording(content_hash=True) as recorded:
        search("otters", limit=5, deep=True, sea=1, land=2)
        search("otters", land=2, deep=True, sea=1, limit=5)
        search(query="otters", sea=1, land=2, limit=5, deep=True)
        search("otters", limit=5, deep=True, sea=2, land=1)
        for arguments in ({"a": 1, "b": 2}, {"b": 2, "a": 1}, {1: 2, "a": 1}, {"a": 1, 1: 2}):
            with track_tool_call("by a model") as call:
                call.set_arguments(arguments)  # type: ignore[arg-type]
    found = [node["attributes"]["toolspan.tool_call.arguments_hash"] for node in recorded.tree]
    assert found[0] == found[1] == found[2] != found[3]
    assert found[4] == found[5] != found[6] == found[7]


class Name(enum.StrEnum):
    QUERY = "query"
    SEA = "sea"


@pytest.mark.requirement("design.3-arguments-hash")
@pytest.mark.parametrize("capture", [False, True])
def test_names_that_are_more_than_text_hash_like_text(capture: bool):
    @track_tool_call(capture_content=capture)
    def search(query: object, **more: object) -> None: ...

    with recording(content_hash=True) as recorded:
        for value in ("otters", 1 << 70, ["otters"]):
            search(value)
            search(query=value)
            search(**{Name.QUERY: value})
            search(value, sea=1, land=2)
            search(value, land=2, **{Name.SEA: 1})
    found = [node["attributes"]["toolspan.tool_call.arguments_hash"] for node in recorded.tree]
    for one, by_name, enumerated, more, more_enumerated in zip(*[iter(found)] * 5, strict=True):
        assert one == by_name == enumerated != more == more_enumerated
    assert len(set(found)) == 6
    assert all((ARGUMENTS in node["attributes"]) is capture for node in recorded.tree)


def test_equal_dicts_and_sets_hash_equally_whatever_their_order():
    one, two = hashes(
        (({"a": 1, "b": {"x", "y", "z"}},), {}), (({"b": {"z", "y", "x"}, "a": 1},), {})
    )
    assert one == two


@pytest.mark.requirement("design.3-arguments-hash")
def test_the_hash_can_be_shared_by_a_key_or_switched_off(monkeypatch: pytest.MonkeyPatch):
    call = (("otters",), {})
    monkeypatch.setenv("TOOLSPAN_HASH_KEY", "shared")
    (with_key,) = hashes(call)
    monkeypatch.setenv("TOOLSPAN_HASH_KEY", "other")
    (with_other,) = hashes(call)
    monkeypatch.setenv("TOOLSPAN_HASH_KEY", "shared")
    assert hashes(call) == [with_key] != [with_other]
    monkeypatch.setenv("TOOLSPAN_ARGUMENTS_HASH", "off")
    assert hashes(call) == [None]


# --- names -----------------------------------------------------------------------------------


def test_arguments_are_named_without_binding():
    def function(
        self: object, a: int, /, b: int = 2, *rest: int, c: int = 3, **more: int
    ) -> None: ...

    names = parameter_names(function, is_method=True)
    assert names.of((object(), 1), {}) == {"a": 1}
    assert names.of((object(), 1, 2, 3, 4), {"c": 5, "d": 6}) == {
        "a": 1,
        "b": 2,
        "rest": (3, 4),
        "c": 5,
        "d": 6,
    }
    assert parameter_names(iter, is_method=False).of((1, 2), {}) == {"args": (1, 2)}
