"""Each budget of recording has a row in the benchmarks, with its baseline; no test looks at a clock."""

import inspect
from typing import Any

import pytest
from benchmarks import bench_recording
from benchmarks.harness import Row

from support.recording import Recorded, recording
from toolspan.instrumentation import track_tool_call

SPAN = "`start_as_current_span` with the same attributes, by hand in a wrapper"
CLOSURE = "a plain `functools.wraps` closure"


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> dict[str, Row]:
    """The rows of a run that calls everything once and measures nothing."""

    def once(case: Any, baseline: Any, **_: Any) -> tuple[float, float]:
        case()
        baseline()
        return 1.0, 1000.0

    monkeypatch.setattr(bench_recording, "ratio", once)
    with recording():
        return {row.what: row for row in bench_recording.run("quick")}


@pytest.mark.requirement(
    "design.7-decorated-call",
    "design.7-decorated-call-content",
    "design.7-decorated-call-everything",
    "design.7-disabled-call",
    "design.7-large-argument",
    "capability.A5-budgets",
)
def test_each_budget_has_a_row_with_its_baseline(rows: dict[str, Row]):
    assert {what: (row.baseline, row.must, row.aim) for what, row in rows.items() if row.must} == {
        "decorated call: no meter, no identity, content off": (SPAN, 1.1, 0.85),
        "decorated call with arguments and result captured": (SPAN, 1.3, 1.0),
        "decorated call with content, metrics and identity": (SPAN, 1.9, 1.5),
        "decorated call without an SDK": (CLOSURE, 3, 1.1),
        "decorated call with the SDK disabled": (CLOSURE, 3, 1.1),
        "decorated call with a 1 MB argument captured": ("0.1 ms", 1.0, None),
    }


def test_the_baseline_has_the_attributes_that_the_decorator_records():
    def keys(function: Any, provider: Any) -> set[str]:
        function("hello world", limit=3)
        (span,) = provider.spans
        provider.clear()
        return set(span.attributes or {})

    from benchmarks.recording_workload import ATTRIBUTES, CONTENT, hand_written, search

    with recording(content_hash=True) as recorded:
        tracer = recorded.provider.get_tracer("by hand")
        assert keys(track_tool_call(search), recorded) == keys(
            hand_written(tracer, ATTRIBUTES), recorded
        )
        assert keys(track_tool_call(search, capture_content=True), recorded) == keys(
            hand_written(tracer, {**ATTRIBUTES, **CONTENT}), recorded
        )


@pytest.mark.requirement("capability.A5-static-work")
def test_signature_and_kind_are_worked_out_at_decoration(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch
):
    class Searcher:
        @track_tool_call(capture_content=True)
        def search(self, query: str, *more: str, limit: int = 3, **rest: object) -> str:
            return query

    def too_late(*_: object, **__: object) -> Any:
        raise AssertionError("worked out again on a call")

    for name in ("signature", "isgeneratorfunction", "iscoroutinefunction", "unwrap", "getmembers"):
        monkeypatch.setattr(inspect, name, too_late)
    monkeypatch.setattr(inspect.Signature, "bind", too_late)
    assert Searcher().search("otters", "gliders", limit=2, sea=True) == "otters"
    (span,) = recorded.tree
    assert span["attributes"]["gen_ai.tool.call.arguments"] == (
        '{"query":"otters","more":["gliders"],"limit":2,"sea":true}'
    )


@pytest.fixture
def recorded() -> Any:
    with recording() as found:
        yield found
