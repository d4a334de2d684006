"""Real Tempo where `TEMPO_BIN` names one: what was sent is what its query API gives back.

One thing excepted: Tempo keeps no schema URLs. `data/tempo` holds what Tempo 3.0.3 answered when it
was sent `spans.jsonl`, so that the form of its answers is known where there is no Tempo.
"""

import base64
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.collector import Collector
from support.otlp_protobuf import records, traces_messages, without_schema_urls
from support.servers import until
from support.tempo import CONFIG, Tempo, spans_of_answer, tempo_program
from support.zero_code import Workplace
from toolspan.exporters.send.command import main

AGENT = Path(__file__).with_name("agent.py")
DATA = Path(__file__).with_name("data") / "tempo"


@pytest.fixture
def tempo(tmp_path: Path) -> Iterator[Tempo]:
    with Tempo(tmp_path / "tempo") as running:
        yield running


def spans_in(directory: Path) -> list[dict[str, Any]]:
    return without_schema_urls(records(traces_messages(directory)))


def trace_ids(spans: list[dict[str, Any]]) -> set[str]:
    return {base64.b64decode(span["traceId"]).hex() for span in spans}


@pytest.mark.parametrize("answer", ["traces-v1.json", "traces-v2.json"])
def test_what_tempo_answered_once_is_what_it_had_been_sent(answer: str) -> None:
    document = json.loads((DATA / answer).read_text(encoding="utf-8"))
    sent = spans_in(DATA)

    assert len(sent) == 7
    assert spans_of_answer(document) == sent


def test_tempo_accepts_the_configuration() -> None:
    command = [tempo_program(), "-config.verify=true", f"-config.file={CONFIG}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
def test_files_that_were_sent_are_what_tempo_gives_back(
    tempo: Tempo, recorded: Path, protocol: str, tmp_path: Path
) -> None:
    endpoint = tempo.grpc_endpoint if protocol == "grpc" else tempo.http_endpoint
    arguments = ("--endpoint", endpoint, "--protocol", protocol, "--only", "spans")
    assert main([str(recorded), *arguments, "--journal", str(tmp_path / "journal")]) == 0

    sent = spans_in(recorded)
    assert tempo.spans(trace_ids(sent), len(sent)) == sent


def test_the_collector_passes_on_what_traceql_finds(tempo: Tempo, tmp_path: Path) -> None:
    everything = {
        "TOOLSPAN_SAMPLE_PERCENT": "100",
        "TOOLSPAN_DECISION_WAIT": "1s",
        "TEMPO_OTLP_ENDPOINT": tempo.http_endpoint,
    }
    only_tempo: dict[str, Any] = {
        "service": {"pipelines": {"traces/backend": {"exporters": ["otlp_http/tempo"]}}}
    }
    with Collector(tmp_path / "collector", only_tempo, env=everything) as collector:
        Workplace(tmp_path).toolspan_run(
            AGENT,
            "2",
            OTEL_EXPORTER_OTLP_PROTOCOL="grpc",
            OTEL_EXPORTER_OTLP_ENDPOINT=collector.grpc_endpoint,
        )
        archived = collector.archived_spans(18)
        assert tempo.spans(trace_ids(archived), len(archived)) == without_schema_urls(archived)

    wanted = trace_ids(archived)
    failed = '{ span.gen_ai.tool.name = "fetch" && status = error }'
    many = '{ span.toolspan.tool_call.layer = "logical" } | count() > 2'
    for query in (failed, '{ span.toolspan.outcome = "error" }', many):
        until(lambda query=query: tempo.found_by(query) == wanted, query)
    one = '{ span.session.id = "chat-1" }'
    until(lambda: len(tempo.found_by(one)) == 1, one)
    assert tempo.found_by('{ span.gen_ai.tool.name = "nothing" }') == set()
