"""`toolspan send` into real programs, and real programs that read our files: nothing changes."""

from pathlib import Path
from typing import Any

import pytest

from support.collector import Collector, CollectorProgram
from support.otlp_protobuf import logs_messages, records, traces_messages
from support.otlp_receiver import GrpcReceiver, OtlpReceiver
from support.reference import REPOSITORY
from support.rotel import Rotel
from support.servers import until
from toolspan.exporters.send.command import main

SPANS = 203
REPLAY = REPOSITORY / "deploy" / "collector" / "replay.yaml"


def send(recorded: Path, endpoint: str, protocol: str, tmp_path: Path) -> None:
    arguments = ("--endpoint", endpoint, "--protocol", protocol, "--batch", "50")
    assert main([str(recorded), *arguments, "--journal", str(tmp_path / "journal")]) == 0


@pytest.mark.requirement("pipelines.send-exact")
@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf", "http/json"])
def test_the_collector_archives_exactly_what_was_sent(
    recorded: Path, protocol: str, tmp_path: Path
) -> None:
    with Collector(tmp_path) as collector:
        is_grpc = protocol == "grpc"
        endpoint = collector.grpc_endpoint if is_grpc else collector.http_endpoint
        send(recorded, endpoint, protocol, tmp_path)

        assert collector.archived_spans(SPANS) == records(traces_messages(recorded))
        assert collector.archived_events(5) == records(logs_messages(recorded))


@pytest.mark.requirement("pipelines.send-exact")
@pytest.mark.parametrize("onward", ["grpc", "http"])
@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
def test_rotel_passes_on_exactly_what_was_sent(
    recorded: Path, protocol: str, onward: str, tmp_path: Path
) -> None:
    receiver: Any = GrpcReceiver() if onward == "grpc" else OtlpReceiver()
    with receiver, Rotel(tmp_path, receiver.endpoint, protocol=onward) as rotel:
        is_grpc = protocol == "grpc"
        endpoint = rotel.grpc_endpoint if is_grpc else rotel.http_endpoint
        send(recorded, endpoint, protocol, tmp_path)

        until(lambda: len(receiver.spans) >= SPANS, "all spans passed on")
        until(lambda: len(receiver.events) >= 5, "all events passed on")
        assert receiver.spans == records(traces_messages(recorded))
        assert receiver.events == records(logs_messages(recorded))


@pytest.mark.requirement(
    "design.4-collector-compatible", "capability.K-standard-lines", "pipelines.replay"
)
def test_the_collector_replays_our_files_unchanged(recorded: Path, tmp_path: Path) -> None:
    with OtlpReceiver() as receiver:
        env = {"TOOLSPAN_DIR": str(recorded), "OTLP_ENDPOINT": receiver.endpoint}
        with CollectorProgram(tmp_path, REPLAY, env=env):
            until(lambda: len(receiver.spans) >= SPANS, "all spans replayed")
            until(lambda: len(receiver.events) >= 5, "all events replayed")

    assert receiver.spans == records(traces_messages(recorded))
    assert receiver.events == records(logs_messages(recorded))


def test_an_archive_framed_by_the_collector_is_read(recorded: Path, tmp_path: Path) -> None:
    framed = {"exporters": {"file/spans": {"rotation": None, "compression": "zstd"}}}
    with Collector(tmp_path / "c", framed) as collector, OtlpReceiver() as receiver:
        send(recorded, collector.http_endpoint, "http/protobuf", tmp_path)
        collector.stop()
        archive = collector.directory / "spans.jsonl"
        assert archive.read_bytes()[4:8] == b"\x28\xb5\x2f\xfd"
        send(archive, receiver.endpoint, "http/protobuf", tmp_path)

        assert receiver.spans == records(traces_messages(recorded))
