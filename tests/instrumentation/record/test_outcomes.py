"""How a call ended: each row of the outcome table, as a whole span."""

import asyncio
import concurrent.futures
import subprocess
from dataclasses import dataclass
from typing import Any

import pytest

from support.recording import Recorded, tool_span
from toolspan.instrumentation import (
    Outcome,
    track_agent_run,
    track_step,
    track_tool_call,
    track_workflow,
)


def raising(error: BaseException) -> Any:
    @track_tool_call
    def search() -> None:
        raise error

    return search


def failed(outcome: str, error_type: str, description: str | None = None) -> dict[str, Any]:
    span = tool_span("search", **{"toolspan.outcome": outcome, "error.type": error_type})
    span["status"] = "ERROR"
    if description:
        span["description"] = description
    return span


class Flaky(Exception):
    pass


class ReadTimeout(Exception):
    pass


class Bubble(Exception):
    is_bubble_up = True


@pytest.mark.requirement("design.3-outcome-error", "battery.error-type", "capability.A3-error-type")
@pytest.mark.parametrize(
    ("error", "error_type"),
    [
        (ValueError("bad"), "ValueError"),
        (Flaky("bad"), f"{__name__}.Flaky"),
        (StopIteration("bad"), "StopIteration"),
        (ExceptionGroup("bad", [ReadTimeout(), ValueError()]), "ExceptionGroup"),
    ],
)
def test_an_exception_is_an_error_by_its_qualified_name(
    recorded: Recorded, error: Exception, error_type: str
):
    with pytest.raises(type(error)) as caught:
        raising(error)()
    assert caught.value is error
    assert error.__context__ is None
    text = "bad (2 sub-exceptions)" if isinstance(error, ExceptionGroup) else "bad"
    assert recorded.only == failed("error", error_type, text)


@pytest.mark.requirement("design.3-outcome-timeout")
@pytest.mark.parametrize(
    ("error", "error_type"),
    [
        (TimeoutError(), "TimeoutError"),
        (ReadTimeout(), f"{__name__}.ReadTimeout"),
        (subprocess.TimeoutExpired("sleep", 1), "subprocess.TimeoutExpired"),
        (ExceptionGroup("both", [ReadTimeout(), Bubble()]), "ExceptionGroup"),
    ],
)
def test_a_timeout_is_one_by_its_class(recorded: Recorded, error: Exception, error_type: str):
    with pytest.raises(type(error)):
        raising(error)()
    attributes = recorded.only["attributes"]
    assert (attributes["toolspan.outcome"], attributes["error.type"]) == ("timeout", error_type)
    assert recorded.only["status"] == "ERROR"


@pytest.mark.requirement(
    "design.3-outcome-cancelled",
    "design.3-outcome-interrupted",
    "capability.A3-base-exception",
    "capability.A3-bubble-up",
    "pain.03-cancelled-work",
    "pain.05-control-flow",
    "battery.keyboard-interrupt",
    "battery.cancelled-error",
)
@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (asyncio.CancelledError(), "cancelled"),
        (concurrent.futures.CancelledError(), "cancelled"),
        (KeyboardInterrupt(), "cancelled"),
        (SystemExit(1), "interrupted"),
        (Bubble("ask a human"), "interrupted"),
        (BaseExceptionGroup("all", [asyncio.CancelledError(), Bubble()]), "cancelled"),
        (ExceptionGroup("all", [Bubble(), ExceptionGroup("both", [Bubble()])]), "interrupted"),
    ],
)
def test_what_is_no_failure_leaves_the_status_unset(
    recorded: Recorded, error: BaseException, outcome: str
):
    with pytest.raises(type(error)):
        raising(error)()
    assert recorded.tree == [tool_span("search", **{"toolspan.outcome": outcome})]


@dataclass
class CallToolResult:
    content: str
    isError: bool = False


@dataclass
class ToolMessage:
    status: str


class Declares:
    is_error: bool

    def __init__(self, is_error: bool) -> None:
        self.is_error = is_error


@pytest.mark.requirement(
    "design.3-outcome-tool-error", "capability.A3-returned-failures", "pain.04-returned-failures"
)
@pytest.mark.parametrize(
    "result",
    [
        CallToolResult("no", isError=True),
        ToolMessage("error"),
        Declares(is_error=True),
        {"content": [], "isError": True},
        {"toolUseId": "1", "status": "error", "content": []},
    ],
)
def test_a_returned_failure_is_recognised(recorded: Recorded, result: object):
    @track_tool_call
    def search() -> object:
        return result

    assert search() is result
    assert recorded.only == failed("tool_error", "tool_error")


@pytest.mark.parametrize(
    "result",
    [
        CallToolResult("fine"),
        ToolMessage("success"),
        {"isError": False},
        {"status": "error"},  # may be a payload: only with a tool use id is it Strands' result
        {"error": "a word in a result"},
        "error",
        None,
    ],
)
def test_other_results_are_none(recorded: Recorded, result: object):
    @track_tool_call
    def search() -> object:
        return result

    search()
    assert recorded.tree == [tool_span("search")]


def test_only_declared_fields_of_a_result_are_read(recorded: Recorded):
    asked: list[str] = []

    class Lazy:
        def __getattr__(self, name: str) -> object:
            asked.append(name)
            raise RuntimeError(name)

    @track_tool_call
    def search() -> Lazy:
        return Lazy()

    search()
    assert asked == []
    assert recorded.tree == [tool_span("search")]


def test_a_predicate_of_the_user_judges_the_result(recorded: Recorded):
    @track_tool_call(is_error=lambda result: "quota" if result == 429 else result >= 500)
    def search(status: int) -> int:
        return status

    for status in (200, 429, 503):
        search(status)
    assert recorded.tree == [
        tool_span("search"),
        failed("tool_error", "quota"),
        failed("tool_error", "tool_error"),
    ]


@pytest.mark.requirement("design.3-outcome-attribute", "design.3-outcome-ok")
def test_every_kind_of_call_carries_its_outcome(recorded: Recorded):
    with track_workflow("w"), track_step("s"), track_agent_run("a"), track_tool_call("t"):
        pass
    assert [span.name for span in recorded.spans] == [
        "execute_tool t",
        "invoke_agent a",
        "step s",
        "invoke_workflow w",
    ]
    for span in recorded.spans:
        assert span.status.status_code.name == "UNSET"
        assert (span.attributes or {})["toolspan.outcome"] == "ok"
        assert "error.type" not in (span.attributes or {})


@pytest.mark.requirement("design.3-outcome-attribute")
@pytest.mark.parametrize("track", [track_workflow, track_step, track_agent_run, track_tool_call])
def test_every_kind_of_call_may_fail(recorded: Recorded, track: Any):
    with pytest.raises(LookupError), track("x"):
        raise LookupError("not there")
    (span,) = recorded.spans
    assert span.status.status_code.name == "ERROR"
    assert (span.attributes or {}).items() >= {
        "toolspan.outcome": "error",
        "error.type": "LookupError",
    }.items()


@pytest.mark.requirement("design.3-outcome-denied", "capability.A3-outcomes")
def test_the_host_may_say_the_outcome(recorded: Recorded):
    with track_tool_call("search") as call:
        call.set_outcome(Outcome.DENIED)
    with track_tool_call("search") as call:
        call.fail("quota", "none left")
    with track_tool_call("search") as call:
        call.set_outcome(Outcome.TIMEOUT, error_type="Deadline")
    assert recorded.tree == [
        tool_span("search", **{"toolspan.outcome": "denied"}),
        failed("tool_error", "quota", "none left"),
        failed("timeout", "Deadline"),
    ]


@pytest.mark.requirement("capability.A3-base-exception")
def test_the_context_is_restored_after_any_exception(recorded: Recorded):
    from opentelemetry import trace

    with pytest.raises(KeyboardInterrupt):
        raising(KeyboardInterrupt())()
    assert not trace.get_current_span().get_span_context().is_valid


@pytest.mark.requirement("design.3-error-text", "capability.B-error-text")
@pytest.mark.parametrize(
    ("mode", "text"),
    [
        ("", "cannot log in with [redacted] at https://[redacted]@host"),
        (
            "full",
            "cannot log in with token=abcdef123456 at https://ed:pw@host\nsecond line",
        ),
        ("off", None),
    ],
)
def test_error_text_is_redacted_full_or_off(
    monkeypatch: pytest.MonkeyPatch, mode: str, text: str | None
):
    from support.recording import recording

    monkeypatch.setenv("TOOLSPAN_ERROR_TEXT", mode)
    with recording() as recorded, pytest.raises(ValueError):
        raising(
            ValueError("cannot log in with token=abcdef123456 at https://ed:pw@host\nsecond line")
        )()
    assert recorded.only.get("description") == text


def test_an_exception_whose_text_raises_is_recorded_without(recorded: Recorded):
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    with pytest.raises(Mute):
        raising(Mute())()
    assert recorded.only["attributes"]["error.type"].endswith("Mute")
    assert "description" not in recorded.only
