"""Real Jaeger: what was sent, by whichever way, is what its query API gives back.

One thing excepted: Jaeger's memory keeps no schema URLs.
"""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.collector import Collector
from support.jaeger import Jaeger
from support.otlp_protobuf import records, traces_messages, without_schema_urls
from support.post import post
from support.traces import otlp, tool
from support.zero_code import Workplace
from toolspan.exporters.send.command import main

AGENT = Path(__file__).with_name("agent.py")


@pytest.fixture
def jaeger(tmp_path: Path) -> Iterator[Jaeger]:
    with Jaeger(tmp_path / "jaeger") as running:
        yield running


def spans_in(directory: Path) -> list[dict[str, Any]]:
    return without_schema_urls(records(traces_messages(directory)))


def trace_ids(spans: list[dict[str, Any]]) -> set[str]:
    return {base64.b64decode(span["traceId"]).hex() for span in spans}


@pytest.mark.requirement("pipelines.jaeger", "pipelines.send-exact")
@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
def test_files_that_were_sent_are_what_jaeger_gives_back(
    jaeger: Jaeger,
    recorded: Path,
    protocol: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    endpoint = jaeger.grpc_endpoint if protocol == "grpc" else jaeger.http_endpoint
    arguments = ("--endpoint", endpoint, "--protocol", protocol)
    code = main([str(recorded), *arguments, "--journal", str(tmp_path / "journal")])

    assert code == 0
    assert "5 events were left out: the endpoint has no service for them" in capsys.readouterr().err
    sent = spans_in(recorded)
    assert jaeger.spans(trace_ids(sent), len(sent)) == sent


def test_an_agent_sends_to_jaeger_beside_its_files_and_both_say_the_same(
    jaeger: Jaeger, tmp_path: Path
) -> None:
    done = Workplace(tmp_path).toolspan_run(
        AGENT,
        "2",
        OTEL_EXPORTER_OTLP_PROTOCOL="grpc",
        OTEL_EXPORTER_OTLP_ENDPOINT=jaeger.grpc_endpoint,
        OTEL_LOGS_EXPORTER="none",  # Jaeger has no place for events; the files keep them
        OTEL_METRICS_EXPORTER="none",
    )

    assert (done.returncode, done.stderr) == (0, "")
    sent = spans_in(tmp_path / "toolspan-data")
    assert len(sent) == 18
    assert jaeger.spans(trace_ids(sent), len(sent)) == sent


def test_a_trace_is_found_by_tool_outcome_and_session(jaeger: Jaeger, tmp_path: Path) -> None:
    Workplace(tmp_path).toolspan_run(
        AGENT,
        "2",
        OTEL_SERVICE_NAME="agency",
        OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf",
        OTEL_EXPORTER_OTLP_ENDPOINT=jaeger.http_endpoint,
        OTEL_LOGS_EXPORTER="none",
        OTEL_METRICS_EXPORTER="none",
    )
    spans = spans_in(tmp_path / "toolspan-data")
    jaeger.spans(trace_ids(spans), len(spans))

    def traces_with(key: str, value: str) -> set[str]:
        wanted = {"stringValue": value}
        return trace_ids([span for span in spans if span["attributes"].get(key) == wanted])

    for key, value, count in [
        ("gen_ai.tool.name", "fetch", 2),
        ("toolspan.outcome", "error", 2),
        ("session.id", "chat-1", 1),
    ]:
        wanted = traces_with(key, value)
        assert len(wanted) == count
        assert jaeger.found_by("agency", **{key: value}) == wanted
    assert jaeger.found_by("agency", **{"gen_ai.tool.name": "nothing"}) == set()


def test_the_collector_passes_on_the_redacted_spans_that_are_in_its_archive(
    jaeger: Jaeger, tmp_path: Path
) -> None:
    everything = {
        "TOOLSPAN_SAMPLE_PERCENT": "100",
        "TOOLSPAN_DECISION_WAIT": "1s",
        "JAEGER_OTLP_ENDPOINT": jaeger.grpc_endpoint.removeprefix("http://"),
        "TEMPO_OTLP_ENDPOINT": jaeger.http_endpoint,
    }
    no_second_store: dict[str, Any] = {
        "service": {"pipelines": {"traces/backend": {"exporters": ["otlp_grpc/jaeger"]}}}
    }
    with Collector(tmp_path / "collector", no_second_store, env=everything) as collector:
        Workplace(tmp_path).toolspan_run(
            AGENT,
            "2",
            OTEL_EXPORTER_OTLP_PROTOCOL="grpc",
            OTEL_EXPORTER_OTLP_ENDPOINT=collector.grpc_endpoint,
        )
        archived = collector.archived_spans(18)
        found = jaeger.spans(trace_ids(archived), len(archived))

    assert found == without_schema_urls(archived)
    assert "ada@example.org" not in str(found)


@pytest.mark.requirement("pipelines.sample")
def test_of_unremarkable_traces_jaeger_gets_a_share_and_of_failed_ones_all(
    jaeger: Jaeger, tmp_path: Path
) -> None:
    env = {
        "TOOLSPAN_SAMPLE_PERCENT": "10",
        "TOOLSPAN_DECISION_WAIT": "1s",
        "JAEGER_OTLP_ENDPOINT": jaeger.grpc_endpoint.removeprefix("http://"),
    }
    only_jaeger: dict[str, Any] = {
        "service": {"pipelines": {"traces/backend": {"exporters": ["otlp_grpc/jaeger"]}}}
    }
    with Collector(tmp_path / "collector", only_jaeger, env=env) as collector:
        # The share is taken by a hash of the trace id, so these are spread, and the same each time.
        spans = [
            tool(
                "search",
                number,
                trace=number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128,
                ms=60_000 if number % 20 == 1 else 100,
                error="TimeoutError" if number % 20 == 0 else None,
            )
            for number in range(1, 401)
        ]
        post(collector.http_endpoint, otlp(spans))
        archived = collector.archived_spans(400)
        failed = {span["traceId"] for span in spans if span["status"]}
        slow = {span["traceId"] for span in spans[::20]}
        remarkable = failed | slow
        assert len(remarkable) == 40
        jaeger.spans(remarkable, len(remarkable))
        rest = {span["traceId"] for span in spans} - remarkable
        passed_on = [trace for trace in rest if jaeger.trace(trace)]

    assert len(archived) == 400
    assert 10 < len(passed_on) < 80  # 36 of 360 are expected
