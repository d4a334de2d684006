"""What users add to what is redacted: keys, paths, patterns, for one tool or for all."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from support.recording import Recorded, recording
from toolspan.instrumentation import add_redactions, record_feedback, track_tool_call
from toolspan.instrumentation.content import _redact, _rules, encode, paths_of

ARGUMENTS = "gen_ai.tool.call.arguments"
RESULT = "gen_ai.tool.call.result"
ORDER = {
    "customer": {"name": "Ada", "address": {"street": "Low Road", "city": "X"}},
    "rows": [{"email": "a@x", "n": 1}, {"email": "b@x", "n": 2}],
}


@pytest.fixture(autouse=True)
def _forget(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(_rules.rules, "paths", _rules.NO_PATHS)
    yield
    _redact._own_keys.clear()
    _redact.own_patterns.clear()
    _redact._by_key.clear()
    _redact.key_texts.clear()


def plain(value: object) -> Any:
    return json.loads(encode(value).text)


class AddsKeys(dict[str, bool]):
    """What is known of keys, with another thread that adds one just before more is learned."""

    def __len__(self) -> int:
        add_redactions(keys=["jotting"])
        return super().__len__()


@pytest.mark.parametrize("meanwhile", ["words", "text"])
def test_a_key_added_while_it_is_looked_at_is_secret_ever_after(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch, meanwhile: str
):
    def adds_keys(text: str) -> bool:
        add_redactions(keys=["jotting"])
        return False

    save = track_tool_call(lambda jotting: None, name="save", capture_content=True)
    with monkeypatch.context() as patch:
        if meanwhile == "words":
            patch.setattr(_redact, "_by_key", AddsKeys())
        else:
            patch.setattr(_redact, "may_hold_secret", adds_keys)
        save("for my eyes")
        if meanwhile == "words":
            assert _redact.is_secret_key("jotting")
    save("for my eyes")
    assert recorded.tree[-1]["attributes"][ARGUMENTS] == '{"jotting":"[redacted]"}'


@pytest.mark.requirement("pain.11-field-redaction", "capability.B-prune-redact-encode")
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("customer.name", {**ORDER, "customer": {**ORDER["customer"], "name": "[redacted]"}}),
        ("customer", {**ORDER, "customer": "[redacted]"}),
        (
            "customer.*",
            {**ORDER, "customer": {"name": "[redacted]", "address": "[redacted]"}},
        ),
        (
            "rows.email",
            {**ORDER, "rows": [{"email": "[redacted]", "n": 1}, {"email": "[redacted]", "n": 2}]},
        ),
        (
            "*.address.street",
            {
                **ORDER,
                "customer": {"name": "Ada", "address": {"street": "[redacted]", "city": "X"}},
            },
        ),
        ("name", ORDER),
        ("customer.name.first", ORDER),
    ],
)
def test_paths_are_redacted_where_they_lead(path: str, expected: dict[str, Any]):
    add_redactions(paths=[path])
    assert plain(ORDER) == expected


def test_paths_add_up_and_the_shorter_one_is_enough():
    add_redactions(paths=["customer.name"])
    add_redactions(paths=["customer.address.city", "rows"])
    add_redactions(paths=["rows.email"])
    assert plain(ORDER) == {
        "customer": {"name": "[redacted]", "address": {"street": "Low Road", "city": "[redacted]"}},
        "rows": "[redacted]",
    }
    assert paths_of(["a.b", "a"]) == paths_of(["a", "a.b"]) == {"a": {}}


@pytest.mark.requirement("pain.11-field-redaction")
def test_keys_are_redacted_at_any_depth_and_in_any_case(recorded: Recorded):
    @track_tool_call(capture_content=True)
    def search(diagnosis: str, query: str) -> dict[str, Any]:
        return {"rows": [{"Diagnosis": "flu"}]}

    search("flu", "q")
    assert "flu" in recorded.only["attributes"][ARGUMENTS]
    recorded.clear()
    add_redactions(keys=["DIAGNOSIS"])
    search("flu", "q")
    attributes = recorded.only["attributes"]
    assert json.loads(attributes[ARGUMENTS]) == {"diagnosis": "[redacted]", "query": "q"}
    assert json.loads(attributes[RESULT]) == {"rows": [{"Diagnosis": "[redacted]"}]}


@pytest.mark.requirement("pain.11-field-redaction", "pain.11-masking-holes")
def test_patterns_are_masked_in_content_errors_names_and_comments(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch
):
    add_redactions(patterns=[r"\b\d{6}-\d{4}\b"])

    @track_tool_call(
        capture_content=True, name=lambda args, kwargs: f"look up {args[0]}\n{'x' * 500}"
    )
    def look_up(person: str) -> str:
        raise ValueError(f"no {person} here")

    with pytest.raises(ValueError, match="850101-1234"):
        look_up("850101-1234")
    with track_tool_call("x"):
        record_feedback("quality", 1, comment="wrong for 850101-1234, token=abcdef12")
    failed, judged = recorded.tree
    assert json.loads(failed["attributes"][ARGUMENTS]) == {"person": "[redacted]"}
    assert failed["description"] == "no [redacted] here"
    assert "850101" not in str(recorded.tree)
    (event,) = judged["events"]
    assert (
        event["attributes"]["gen_ai.evaluation.explanation"] == "wrong for [redacted], [redacted]"
    )


def test_a_name_from_a_call_is_one_short_line_without_secrets(recorded: Recorded):
    @track_tool_call(name=lambda args, kwargs: args[0])
    def call(name: str) -> None: ...

    call("two\nlines \ud800")
    call("x" * 1_000)
    call("fetch sk-proj-abcdefghijklmnop")
    names = [node["attributes"]["gen_ai.tool.name"] for node in recorded.tree]
    assert names == ["two lines ?", "x" * 127 + "…", "fetch [redacted]"]


def test_one_decorator_redacts_its_own_arguments(recorded: Recorded):
    @track_tool_call(capture_content=True, redact=["note", "customer.name"])
    def order(customer: dict[str, str], note: str, amount: int) -> dict[str, str]:
        return {"note": note, "state": "done"}

    order({"name": "Ada", "city": "X"}, "private", 3)
    attributes = recorded.only["attributes"]
    assert json.loads(attributes[ARGUMENTS]) == {
        "customer": {"name": "[redacted]", "city": "X"},
        "note": "[redacted]",
        "amount": 3,
    }
    assert json.loads(attributes[RESULT]) == {"note": "[redacted]", "state": "done"}


def test_the_environment_lists_keys_and_paths(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TOOLSPAN_REDACT", "diagnosis, customer.name ,")
    with recording():
        with track_tool_call("x"):
            pass
        assert plain({"customer": {"name": "Ada", "n": 1}, "a": {"diagnosis": "flu"}}) == {
            "customer": {"name": "[redacted]", "n": 1},
            "a": {"diagnosis": "[redacted]"},
        }


def test_what_is_no_pattern_is_refused():
    with pytest.raises(ValueError, match="is no regular expression"):
        add_redactions(patterns=["("])
