"""The collector, started for a test, and files to send."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Link, SpanKind, StatusCode

from support.collector import Collector
from toolspan.exporters import JsonlSpanProcessor, append_event


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    """The collector with this repository's configuration."""
    with Collector(tmp_path / "collector") as running:
        yield running


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of ours with everything a span and an event can hold."""
    directory = tmp_path_factory.mktemp("recorded")
    provider = TracerProvider(
        resource=Resource.create({"service.name": "agency", "words": ["ä", "海豚"]}),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(JsonlSpanProcessor(directory))
    plain = provider.get_tracer("plain")
    rich = provider.get_tracer("rich", "1.2", "https://opentelemetry.io/schemas/1.30.0", {"k": 1})
    values: dict[str, Any] = {
        "large": 2**53 + 1,
        "least": -(2**63),
        "ratio": 1e300,
        "none": [],
        "flags": [True, False],
        "deep": {"a": {"b": [1, "x", None]}},
        "binary": b"\x00\xff",
        "text": 'quote " backslash \\ newline \n emoji 🐬',
    }
    for number in range(29):
        with plain.start_as_current_span(f"parent {number}", kind=SpanKind.SERVER) as parent:
            for _ in range(5):
                with plain.start_as_current_span("child", attributes={"number": number}):
                    pass
            link = Link(parent.get_span_context(), {"why": "test"})
            with rich.start_as_current_span("rich", attributes=values, links=[link]) as span:
                span.add_event("event", {"n": 1.5}, timestamp=17)
                span.set_status(StatusCode.ERROR, "went wrong")
    provider.shutdown()
    for number in range(1, 6):
        append_event(
            directory,
            event_name="gen_ai.evaluation.result",
            attributes={"gen_ai.evaluation.score.value": number / 3},
            time_unix_nano=number,
            trace_id=number,
            span_id=None,
            resource_attributes={"service.name": "rater"},
            scope_name="toolspan.feedback",
        )
    return directory
