"""Duration histograms: upstream's names and buckets, once per logical call."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry import metrics
from opentelemetry.sdk.metrics import AlwaysOnExemplarFilter, MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from support.recording import Recorded, needs_util_genai, recording
from toolspan.instrumentation import (
    Outcome,
    record_tool_call,
    session,
    track_agent_run,
    track_attempt,
    track_llm_call,
    track_step,
    track_tool_call,
    track_workflow,
)
from toolspan.instrumentation.metrics import DURATION_BUCKETS, DURATION_METRICS, _bounded
from toolspan.instrumentation.record import _measured, _plain_tool


class Measured:
    def __init__(self) -> None:
        self.reader = InMemoryMetricReader()
        self.provider = MeterProvider([self.reader], shutdown_on_exit=False)

    def points(self) -> dict[str, list[tuple[dict[str, Any], int]]]:
        """Attributes and count of each point, by metric."""
        data = self.reader.get_metrics_data()
        found: dict[str, list[tuple[dict[str, Any], int]]] = {}
        for resource in data.resource_metrics if data else ():
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    assert metric.unit == "s"
                    found[metric.name] = [
                        (dict(point.attributes or {}), point.count)  # type: ignore[union-attr]
                        for point in metric.data.data_points
                    ]
        return found


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Iterator[Measured]:
    found = Measured()
    monkeypatch.setattr(metrics._internal, "_METER_PROVIDER", found.provider)
    monkeypatch.setattr(_bounded, "_seen", set())
    yield found
    found.provider.shutdown()


@pytest.mark.requirement("capability.G-upstream-names", "design.3-metrics-once")
def test_each_kind_has_its_histogram(measured: Measured, recorded: Recorded):
    @track_tool_call
    @track_tool_call
    def search() -> None: ...

    with track_workflow("news"), track_step("gather"), track_agent_run("researcher"):
        search()
        with track_llm_call("gpt-5"):
            pass
    assert measured.points() == {
        "gen_ai.execute_tool.duration": [
            (
                {
                    "gen_ai.tool.name": "search",
                    "gen_ai.tool.type": "function",
                    "gen_ai.agent.name": "researcher",
                },
                1,
            )
        ],
        "gen_ai.invoke_agent.duration": [({"gen_ai.agent.name": "researcher"}, 1)],
        "gen_ai.invoke_workflow.duration": [({"gen_ai.workflow.name": "news"}, 1)],
        "gen_ai.client.operation.duration": [
            ({"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-5"}, 1)
        ],
    }


@pytest.mark.requirement("design.3-metrics-once")
def test_attempts_are_not_measured_apart(measured: Measured, recorded: Recorded):
    @track_attempt
    def once(fail: bool) -> None:
        if fail:
            raise TimeoutError

    @track_tool_call
    def fetch() -> None:
        with pytest.raises(TimeoutError):
            once(True)
        once(False)

    fetch()
    ((_, count),) = measured.points()["gen_ai.execute_tool.duration"]
    assert count == 1


def test_failures_carry_their_type_and_other_ends_their_outcome(
    measured: Measured, recorded: Recorded
):
    for outcome in Outcome:
        with track_tool_call("search") as call:
            call.set_outcome(outcome)
    said = [
        (attributes.get("error.type"), attributes.get("toolspan.outcome"), count)
        for attributes, count in measured.points()["gen_ai.execute_tool.duration"]
    ]
    assert sorted(said, key=str) == [
        ("_OTHER", None, 3),
        (None, "abandoned", 1),
        (None, "cancelled", 1),
        (None, "denied", 1),
        (None, "interrupted", 1),
        (None, None, 1),
    ]


def test_calls_that_are_sampled_out_are_measured(measured: Measured):
    with recording(sampler=ALWAYS_OFF) as recorded, track_tool_call("search"):
        pass
    assert recorded.tree == []
    assert len(measured.points()["gen_ai.execute_tool.duration"]) == 1


def test_a_finished_call_is_measured_by_its_own_times(measured: Measured, recorded: Recorded):
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    record_tool_call("search", start_time=start, end_time=start + dt.timedelta(seconds=3))
    data = measured.reader.get_metrics_data()
    assert data is not None
    (metric,) = data.resource_metrics[0].scope_metrics[0].metrics
    (point,) = metric.data.data_points
    assert point.sum == 3.0  # type: ignore[union-attr]
    assert list(point.explicit_bounds) == list(DURATION_BUCKETS["execute_tool"])  # type: ignore[union-attr]
    (exemplar,) = point.exemplars
    assert exemplar.span_id == recorded.spans[0].context.span_id  # type: ignore[union-attr]


@pytest.mark.requirement("capability.G-upstream-names")
def test_the_first_span_of_a_second_and_slower_ones_are_exemplars(
    measured: Measured, recorded: Recorded, monkeypatch: pytest.MonkeyPatch
):
    milliseconds = iter([0, 1, 10, 11, 20, 80, 1_002, 1_003, 500, 501])
    for module in (_plain_tool, _measured):
        monkeypatch.setattr(module, "time_ns", lambda: next(milliseconds) * 1_000_000)
    shown = []
    search = track_tool_call(lambda: None, name="search")
    for _ in range(5):
        search()
        data: Any = measured.reader.get_metrics_data()
        (point,) = data.resource_metrics[0].scope_metrics[0].metrics[0].data.data_points
        shown.append([exemplar.span_id for exemplar in point.exemplars])
    first, _quick, slow, later, before = (span.context.span_id for span in recorded.spans)  # type: ignore[union-attr]
    assert shown == [[first], [], [slow], [later], [before]]  # the last: the clock was set back


def test_where_every_measurement_is_an_exemplar_each_leads_to_its_span(
    measured: Measured, recorded: Recorded, monkeypatch: pytest.MonkeyPatch
):
    reader = InMemoryMetricReader()
    provider = MeterProvider(
        [reader], exemplar_filter=AlwaysOnExemplarFilter(), shutdown_on_exit=False
    )
    monkeypatch.setattr(metrics._internal, "_METER_PROVIDER", provider)
    milliseconds = iter([0, 9, 10, 11])  # the second is neither slower nor in another second
    for module in (_plain_tool, _measured):
        monkeypatch.setattr(module, "time_ns", lambda: next(milliseconds) * 1_000_000)
    search = track_tool_call(lambda: None, name="search")
    for _ in range(2):
        search()
        data: Any = reader.get_metrics_data()
        (point,) = data.resource_metrics[0].scope_metrics[0].metrics[0].data.data_points
        (exemplar,) = point.exemplars
        assert exemplar.span_id == recorded.spans[-1].context.span_id  # type: ignore[union-attr]
    provider.shutdown()


@pytest.mark.requirement("capability.G-bounded-names")
def test_names_that_a_model_makes_up_are_bounded(
    measured: Measured, recorded: Recorded, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(_bounded, "_MOST_NAMES", 3)

    @track_tool_call(name=lambda args, kwargs: args[0])
    def call_tool(name: str) -> None: ...

    @track_tool_call
    def registered() -> None: ...

    for number in range(10):
        call_tool(f"made up {number}")
    call_tool("made up 1")
    registered()
    counts = {
        attributes["gen_ai.tool.name"]: count
        for attributes, count in measured.points()["gen_ai.execute_tool.duration"]
    }
    assert counts == {
        "made up 0": 1,
        "made up 1": 2,
        "made up 2": 1,
        "_OTHER": 7,
        "registered": 1,
    }


def test_a_meter_provider_that_raises_does_not_reach_the_host(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    class Raises(metrics.MeterProvider):
        def get_meter(self, *args: Any, **kwargs: Any) -> Any:
            raise RuntimeError

    monkeypatch.setattr(metrics._internal, "_METER_PROVIDER", Raises())
    with track_tool_call("search"):
        pass
    with track_tool_call("search"):
        pass
    assert len(caplog.records) == 1
    assert len(recorded.spans) == 2


def test_session_and_user_are_no_metric_attributes(measured: Measured, recorded: Recorded):
    with session("s", user_id="u"), track_tool_call("search"):
        pass
    assert "s" not in str(measured.points().values()).replace("search", "").split("'")


@pytest.mark.requirement("capability.G-upstream-names")
def test_names_and_buckets_are_those_of_util_genai():
    needs_util_genai()
    from opentelemetry.util.genai import _instruments as upstream

    assert (
        DURATION_METRICS["execute_tool"],
        DURATION_METRICS["invoke_agent"],
        DURATION_METRICS["invoke_workflow"],
    ) == (
        upstream._GEN_AI_EXECUTE_TOOL_DURATION,
        upstream._GEN_AI_INVOKE_AGENT_DURATION,
        upstream._GEN_AI_INVOKE_WORKFLOW_DURATION,
    )
    assert list(DURATION_BUCKETS["execute_tool"]) == upstream._GEN_AI_EXECUTE_TOOL_DURATION_BUCKETS
    assert list(DURATION_BUCKETS["invoke_agent"]) == upstream._GEN_AI_INVOKE_AGENT_DURATION_BUCKETS
    assert (
        list(DURATION_BUCKETS["invoke_workflow"])
        == upstream._GEN_AI_INVOKE_WORKFLOW_DURATION_BUCKETS
    )
