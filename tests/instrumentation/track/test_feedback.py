"""Feedback in each of its situations, as whole events."""

import logging
import sys
import types
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import _logs, trace
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import (
    InMemoryLogRecordExporter,
    SimpleLogRecordProcessor,
)
from opentelemetry.trace import SpanContext, TraceFlags

from support.recording import Recorded
from toolspan.instrumentation import record_feedback, session, track_agent_run, track_tool_call
from toolspan.instrumentation.track import _feedback, feedback_command

TRACE = "70015ba0000000000000000000000001"
SPAN = SpanContext(int(TRACE, 16), 0x70015BA000000101, is_remote=True, trace_flags=TraceFlags(1))


@pytest.fixture(autouse=True)
def _complains_again() -> None:
    _feedback._complain_once.cache_clear()


class Events:
    """What a LoggerProvider was given."""

    def __init__(self) -> None:
        self.memory = InMemoryLogRecordExporter()
        self.provider = LoggerProvider(shutdown_on_exit=False)
        self.provider.add_log_record_processor(SimpleLogRecordProcessor(self.memory))

    @property
    def all(self) -> list[dict[str, Any]]:
        return [
            {
                "event": data.log_record.event_name,
                "scope": data.instrumentation_scope.name,
                "attributes": dict(data.log_record.attributes or {}),
                "trace_id": data.log_record.trace_id,
                "span_id": data.log_record.span_id,
            }
            for data in self.memory.get_finished_logs()
        ]

    @property
    def only(self) -> dict[str, Any]:
        (event,) = self.all
        return event


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> Events:
    found = Events()
    monkeypatch.setattr(_logs._internal, "_LOGGER_PROVIDER", found.provider)
    return found


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What would be written into events files; the writer itself has tests of its own."""
    lines: list[dict[str, Any]] = []

    def append_event(directory: Path, **event: Any) -> Path:
        if directory.name == "full":
            raise OSError(28, "No space left on device")
        lines.append({"directory": directory, **event})
        return directory / "events-x.jsonl"

    module = types.ModuleType("toolspan.exporters")
    module.append_event = append_event  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "toolspan.exporters", module)
    return lines


@pytest.mark.requirement(
    "design.3-feedback-event",
    "design.3-feedback-attributes",
    "capability.I-event",
    "capability.I-targets",
)
def test_feedback_on_a_session_is_the_standard_event(events: Events):
    assert (
        record_feedback(
            "quality",
            0.8,
            session_id="news-001",
            source="llm",
            evaluator="judge",
            evaluator_version="3",
            comment="well sourced",
            id="fb-01",
            scale=(0, 1),
            direction="higher",
        )
        == "fb-01"
    )
    assert events.only == {
        "event": "gen_ai.evaluation.result",
        "scope": "toolspan.feedback",
        "attributes": {
            "gen_ai.evaluation.name": "quality",
            "gen_ai.evaluation.score.value": 0.8,
            "gen_ai.evaluation.explanation": "well sourced",
            "session.id": "news-001",
            "toolspan.feedback.id": "fb-01",
            "toolspan.feedback.target_kind": "session",
            "toolspan.feedback.value_kind": "numeric",
            "toolspan.feedback.source_kind": "llm",
            "toolspan.feedback.source_id": "judge",
            "toolspan.feedback.evaluator_version": "3",
            "toolspan.feedback.scale_min": 0.0,
            "toolspan.feedback.scale_max": 1.0,
            "toolspan.feedback.direction": "higher",
        },
        "trace_id": 0,
        "span_id": 0,
    }


@pytest.mark.parametrize(
    ("given", "attributes"),
    [
        (
            {"value": True},
            {
                "gen_ai.evaluation.score.value": 1.0,
                "gen_ai.evaluation.score.label": "true",
                "toolspan.feedback.value_kind": "boolean",
            },
        ),
        (
            {"label": "good"},
            {
                "gen_ai.evaluation.score.label": "good",
                "toolspan.feedback.value_kind": "categorical",
            },
        ),
        (
            {"value": 3, "label": "fair"},
            {
                "gen_ai.evaluation.score.value": 3.0,
                "gen_ai.evaluation.score.label": "fair",
                "toolspan.feedback.value_kind": "numeric",
            },
        ),
    ],
)
def test_values_are_numbers_booleans_or_labels(
    events: Events, given: dict[str, Any], attributes: dict[str, Any]
):
    record_feedback("quality", session_id="s", id="1", **given)
    assert events.only["attributes"] == {
        "gen_ai.evaluation.name": "quality",
        "session.id": "s",
        "toolspan.feedback.id": "1",
        "toolspan.feedback.target_kind": "session",
        "toolspan.feedback.source_kind": "human",
        **attributes,
    }


@pytest.mark.requirement("capability.I-targets", "design.3-feedback-late", "pain.20-late-feedback")
@pytest.mark.parametrize(
    ("target", "kind", "trace_id", "span_id"),
    [
        ({"trace_id": TRACE}, "trace", SPAN.trace_id, 0),
        ({"trace_id": SPAN.trace_id}, "trace", SPAN.trace_id, 0),
        ({"span": SPAN}, "span", SPAN.trace_id, SPAN.span_id),
        ({"tool_call_id": "call_1"}, "tool_call", 0, 0),
    ],
)
def test_feedback_finds_a_target_that_ended_long_ago(
    events: Events, target: dict[str, Any], kind: str, trace_id: int, span_id: int
):
    assert record_feedback("quality", 1, **target)
    event = events.only
    assert event["attributes"]["toolspan.feedback.target_kind"] == kind
    assert event["attributes"].get("gen_ai.tool.call.id") == target.get("tool_call_id")
    assert (event["trace_id"], event["span_id"]) == (trace_id, span_id)


def test_without_a_target_it_is_about_the_current_session_and_span(
    events: Events, recorded: Recorded
):
    with session("s"), track_agent_run("a") as call:
        record_feedback("quality", 1)
    with track_agent_run("a") as second:
        record_feedback("quality", 1)
    first_event, second_event = events.all
    assert first_event["attributes"]["session.id"] == "s"
    assert first_event["attributes"]["toolspan.feedback.target_kind"] == "session"
    assert first_event["span_id"] == call.span.get_span_context().span_id
    assert second_event["attributes"]["toolspan.feedback.target_kind"] == "span"
    assert second_event["span_id"] == second.span.get_span_context().span_id


def test_a_live_span_gives_its_session(events: Events, recorded: Recorded):
    with session("s"), track_tool_call("search") as call:
        pass
    record_feedback("quality", 1, span=call.span)
    assert events.only["attributes"]["session.id"] == "s"


@pytest.mark.requirement("design.3-feedback-idempotent", "capability.I-late-idempotent")
def test_the_id_is_kept_or_made(events: Events):
    record_feedback("quality", 1, session_id="s", id="x")
    record_feedback("quality", 1, session_id="s", id="x")
    made = {record_feedback("quality", 1, session_id="s") for _ in range(2)}
    ids = [event["attributes"]["toolspan.feedback.id"] for event in events.all]
    assert ids[:2] == ["x", "x"]
    assert set(ids[2:]) == made
    assert len(made) == 2


# --- a TracerProvider only -------------------------------------------------------------------


def test_on_an_open_span_it_is_an_event(recorded: Recorded):
    with track_agent_run("a"):
        assert record_feedback("quality", 1, id="1")
    (event,) = recorded.only["events"]
    assert event["name"] == "gen_ai.evaluation.result"
    assert event["attributes"]["toolspan.feedback.id"] == "1"


def test_on_a_span_that_ended_it_is_a_span_that_links_to_it(recorded: Recorded):
    assert record_feedback("quality", 1, span=SPAN, id="1")
    (span,) = recorded.spans
    assert span.name == "gen_ai.evaluation.result"
    assert (span.attributes or {})["toolspan.feedback.id"] == "1"
    assert span.context is not None
    assert span.context.trace_id == SPAN.trace_id
    assert span.parent is not None
    assert span.parent.span_id == SPAN.span_id
    (link,) = span.links
    assert link.context == SPAN


def test_on_a_session_it_is_a_span_with_the_session(recorded: Recorded):
    assert record_feedback("quality", 1, session_id="s")
    assert recorded.only["attributes"]["session.id"] == "s"


def test_with_a_directory_the_file_is_preferred_to_a_span(
    recorded: Recorded, written: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TOOLSPAN_DIR", "data")
    assert record_feedback("quality", 1, session_id="s")
    assert recorded.tree == []
    assert [line["directory"] for line in written] == [Path("data")]


# --- no OpenTelemetry at all -----------------------------------------------------------------


@pytest.mark.requirement("design.3-feedback-late")
def test_without_any_provider_the_file_is_written(
    written: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("OTEL_SERVICE_NAME", "newsletter")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "a=b%20c,service.name=other,broken")
    assert record_feedback("quality", 0.5, span=SPAN, dir=tmp_path, id="1") == "1"
    (line,) = written
    assert line.pop("time_unix_nano") > 1_700_000_000 * 10**9
    assert line == {
        "directory": tmp_path,
        "event_name": "gen_ai.evaluation.result",
        "attributes": {
            "gen_ai.evaluation.name": "quality",
            "gen_ai.evaluation.score.value": 0.5,
            "toolspan.feedback.id": "1",
            "toolspan.feedback.target_kind": "span",
            "toolspan.feedback.value_kind": "numeric",
            "toolspan.feedback.source_kind": "human",
        },
        "trace_id": SPAN.trace_id,
        "span_id": SPAN.span_id,
        "resource_attributes": {"service.name": "newsletter", "a": "b c"},
        "scope_name": "toolspan.feedback",
    }


def test_an_explicit_directory_wins_over_providers(
    written: list[dict[str, Any]], events: Events, tmp_path: Path
):
    assert record_feedback("quality", 1, session_id="s", dir=tmp_path)
    assert events.all == []
    assert len(written) == 1


def test_with_nothing_to_record_it_there_is_one_log_line(caplog: pytest.LogCaptureFixture):
    assert record_feedback("quality", 1, session_id="s") is False
    assert record_feedback("quality", 1, session_id="s") is False
    (record,) = caplog.records
    assert "no OpenTelemetry provider" in record.getMessage()


def test_a_trace_alone_cannot_be_put_on_a_span(recorded: Recorded):
    assert record_feedback("quality", 1, trace_id=TRACE) is False
    assert recorded.tree == []


def test_a_full_disk_is_one_log_line(
    written: list[dict[str, Any]], caplog: pytest.LogCaptureFixture
):
    assert record_feedback("quality", 1, session_id="s", dir="full") is False
    assert "No space left" in caplog.text


def test_a_configured_directory_that_cannot_be_written_is_one_log_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    in_the_way = tmp_path / "in the way"
    in_the_way.touch()
    monkeypatch.setenv("TOOLSPAN_DIR", str(in_the_way))
    assert record_feedback("quality", 1, session_id="s") is False
    (record,) = caplog.records
    assert record.getMessage().startswith(f"feedback not recorded: cannot write into {in_the_way}")


def test_a_logger_provider_without_processors_is_passed_over(
    written: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
):
    provider = LoggerProvider(shutdown_on_exit=False)
    monkeypatch.setattr(_logs._internal, "_LOGGER_PROVIDER", provider)
    monkeypatch.setenv("TOOLSPAN_DIR", "data")
    logger = provider.get_logger("x")
    if not hasattr(logger, "enabled"):
        pytest.skip("this OpenTelemetry cannot say whether a logger hands records on")
    assert record_feedback("quality", 1, session_id="s")
    assert len(written) == 1


@pytest.mark.requirement("capability.A4-manners")
@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "needs a value or a label"),
        ({"value": float("nan")}, "must be finite"),
        ({"value": "0.8"}, "must be a number or a boolean, found str"),
        ({"value": 1, "source": "robot"}, "source must be one of human, llm, code, unknown"),
        ({"value": 1, "direction": "up"}, "direction must be one of"),
        ({"value": 1, "scale": (1, 0)}, "scale must be"),
        ({"value": 1, "trace_id": "xyz"}, "expected a trace id"),
    ],
)
def test_what_is_no_feedback_is_refused_in_the_log(
    events: Events, caplog: pytest.LogCaptureFixture, given: dict[str, Any], says: str
):
    target = {} if "trace_id" in given else {"session_id": "s"}
    assert record_feedback("quality", **target, **given) is False
    assert says in caplog.text
    assert events.all == []


def test_about_nothing_is_refused(events: Events, caplog: pytest.LogCaptureFixture):
    assert record_feedback("quality", 1) is False
    assert "it is about nothing" in caplog.text


def test_a_provider_that_raises_does_not_reach_the_host(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    class Raises(_logs.LoggerProvider):
        def get_logger(self, *args: object, **kwargs: object) -> Any:
            raise RuntimeError("from a provider")

    monkeypatch.setattr(_logs._internal, "_LOGGER_PROVIDER", Raises())
    assert record_feedback("quality", 1, session_id="s") is False
    assert logging.getLevelName(caplog.records[0].levelno) == "WARNING"


# --- from a shell ----------------------------------------------------------------------------


def command(*arguments: str) -> int:
    try:
        return feedback_command.main(arguments, prog="toolspan feedback add")
    except SystemExit as stopped:
        return int(stopped.code or 0)


def test_the_command_writes_the_same(
    written: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    code = command(
        *("--session", "s", "--name", "quality", "--value", "0.8", "--comment", "good"),
        *("--scale", "0", "1", "--direction", "higher", "--source", "code"),
        *("--evaluator", "check", "--evaluator-version", "2", "--id", "fb-1"),
        *("--dir", str(tmp_path)),
    )
    assert code == 0
    assert capsys.readouterr().out == "fb-1\n"
    (line,) = written
    assert line["directory"] == tmp_path
    assert line["attributes"] == {
        "gen_ai.evaluation.name": "quality",
        "gen_ai.evaluation.score.value": 0.8,
        "gen_ai.evaluation.explanation": "good",
        "session.id": "s",
        "toolspan.feedback.id": "fb-1",
        "toolspan.feedback.target_kind": "session",
        "toolspan.feedback.value_kind": "numeric",
        "toolspan.feedback.source_kind": "code",
        "toolspan.feedback.source_id": "check",
        "toolspan.feedback.evaluator_version": "2",
        "toolspan.feedback.scale_min": 0.0,
        "toolspan.feedback.scale_max": 1.0,
        "toolspan.feedback.direction": "higher",
    }


@pytest.mark.parametrize(
    ("value", "attributes"),
    [
        ("true", ("boolean", 1.0, "true")),
        ("False", ("boolean", 0.0, "false")),
        ("3", ("numeric", 3.0, None)),
        ("good", ("categorical", None, "good")),
    ],
)
def test_the_command_reads_booleans_numbers_and_words(
    written: list[dict[str, Any]], value: str, attributes: tuple[object, ...]
):
    assert command("--session", "s", "--name", "quality", "--value", value) == 0
    found = written[0]["attributes"]
    assert (
        found["toolspan.feedback.value_kind"],
        found.get("gen_ai.evaluation.score.value"),
        found.get("gen_ai.evaluation.score.label"),
    ) == attributes
    assert written[0]["directory"] == Path("toolspan-data")


def test_the_command_names_a_span_by_both_ids(written: list[dict[str, Any]]):
    target = ("--trace", TRACE, "--span", f"{SPAN.span_id:016x}")
    assert command(*target, "--name", "quality", "--label", "good") == 0
    assert (written[0]["trace_id"], written[0]["span_id"]) == (SPAN.trace_id, SPAN.span_id)
    assert written[0]["attributes"]["toolspan.feedback.target_kind"] == "span"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "required: --name"),
        (("--name", "q", "--value", "1"), "say what it is about"),
        (("--session", "s", "--name", "q"), "needs a value or a label"),
        (("--session", "s", "--name", "q", "--value", "nan"), "must be finite"),
        (("--span", "12", "--name", "q", "--value", "1"), "--span needs --trace"),
        (("--trace", "x", "--span", "12", "--name", "q", "--value", "1"), "expected ids of"),
        (("--trace", "x", "--name", "q", "--value", "1"), "expected a trace id"),
        (("--session", "s", "--name", "q", "--value", "1", "--source", "x"), "invalid choice"),
        (("--session", "s", "--name", "q", "--value", "1", "--dir", "full"), "No space left"),
    ],
)
def test_bad_usage_is_one_line_and_exit_code_2(
    written: list[dict[str, Any]],
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    arguments: tuple[str, ...],
    says: str,
):
    assert command(*arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert says in captured.err + caplog.text
    assert "Traceback" not in captured.err
    assert not trace.get_current_span().is_recording()
