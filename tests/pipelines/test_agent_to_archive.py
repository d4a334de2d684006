"""From an agent through the collector into files: the same as the files the agent wrote itself."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from support.collector import Collector
from support.otlp_protobuf import logs_messages, records, traces_messages
from support.zero_code import Workplace
from toolspan.analytics import open_traces
from toolspan.exporters.send.command import main

AGENT = Path(__file__).with_name("agent.py")
SESSIONS = 3
PRIVATE = ("ada@example.org", "sk-abcdefghijklmnop1234")

# What the collector may change: content and error text.
MASKED = {"gen_ai.tool.call.arguments", "gen_ai.tool.call.result", "gen_ai.evaluation.explanation"}
MASKED |= {"exception.message", "exception.stacktrace"}

pytestmark = pytest.mark.xdist_group("agent-to-archive")


@dataclass(frozen=True)
class Run:
    """One run of the agent: its own files, and what the collector made of the same spans."""

    own: Path
    archive: Path
    done: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module", params=["grpc", "http/protobuf"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("run")
    with Collector(folder / "collector") as collector:
        is_grpc = request.param == "grpc"
        done = Workplace(folder).toolspan_run(
            AGENT,
            str(SESSIONS),
            OTEL_EXPORTER_OTLP_PROTOCOL=request.param,
            OTEL_EXPORTER_OTLP_ENDPOINT=collector.grpc_endpoint
            if is_grpc
            else collector.http_endpoint,
        )
        own = folder / "toolspan-data"
        collector.archived_spans(len(records(traces_messages(own))))
        collector.archived_events(SESSIONS)
        yield Run(own, collector.directory, done)


def without_masked(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The records without what the collector may change."""

    def cut(value: Any) -> Any:
        if isinstance(value, list):
            return [cut(item) for item in value]
        if not isinstance(value, dict):
            return value
        return {
            key: cut(item)
            for key, item in value.items()
            if key not in MASKED and not (key == "message" and "code" in value)
        }

    return cut(found)


@pytest.mark.requirement("pipelines.direct")
def test_the_agent_sends_beside_its_own_files_and_says_nothing(run: Run) -> None:
    assert (run.done.returncode, run.done.stdout, run.done.stderr) == (0, "", "")
    assert len(records(traces_messages(run.own))) == 9 * SESSIONS


@pytest.mark.requirement("design.4-collector-compatible")
def test_every_span_is_in_the_archive_as_in_the_agents_own_file(run: Run) -> None:
    own = records(traces_messages(run.own))
    archived = records(traces_messages(run.archive))
    assert without_masked(archived) == without_masked(own)


def test_every_feedback_event_is_in_the_archive_as_in_the_agents_own_file(run: Run) -> None:
    own = records(logs_messages(run.own))
    archived = records(logs_messages(run.archive))
    assert len(own) == SESSIONS
    assert without_masked(archived) == without_masked(own)


@pytest.mark.requirement("pipelines.redaction")
def test_the_archive_holds_no_private_text_and_the_rest_of_each_text(run: Run) -> None:
    own = "".join(path.read_text(encoding="utf-8") for path in sorted(run.own.glob("*.jsonl")))
    archived = "".join(path.read_text(encoding="utf-8") for path in sorted(run.archive.iterdir()))
    assert "ada@example.org" in own
    assert all(private not in archived for private in PRIVATE)
    spans = records(traces_messages(run.archive))
    texts = [
        span.get("status", {}).get("message")
        or next(iter(span.get("events", [])), {"attributes": {}})["attributes"]
        .get("exception.message", {})
        .get("stringValue")
        or span["attributes"].get("gen_ai.tool.call.result", {}).get("stringValue")
        for span in spans[:9]
    ]
    question = (
        '{"pages":["otters","żółw","海豚"],"contact":"write to **** with %s","query":"question 0"}'
    )
    assert sorted(filter(None, texts)) == sorted(
        [
            question % ("[redacted]" if "[redacted]" in own else "****"),
            "http://nowhere.invalid: refused, ask ****",
            "write to **** with ****",
            "slow",
        ]
    )


@pytest.mark.requirement("pipelines.same-tables")
def test_the_analysis_gives_the_same_tables_for_both(run: Run) -> None:
    with open_traces(run.own) as own, open_traces(run.archive) as archived:
        for table in ("tools", "agents", "feedback_summary"):
            pd.testing.assert_frame_equal(getattr(archived, table)(), getattr(own, table)())
        tools = own.tools().set_index("tool_name")
        assert tools["calls"].to_dict() == {
            "fetch": SESSIONS,
            "search": SESSIONS,
            "price": SESSIONS,
        }


def test_both_read_together_count_each_span_once(run: Run) -> None:
    with open_traces(run.own) as own, open_traces([run.own, run.archive]) as both:
        pd.testing.assert_frame_equal(both.tools(), own.tools())


@pytest.mark.requirement("pipelines.rotation-and-frames")
def test_the_analysis_reads_an_archive_of_framed_zstd(run: Run, tmp_path: Path) -> None:
    framed = {"rotation": None, "compression": "zstd"}
    exporters = {"exporters": {"file/spans": framed, "file/events": framed}}
    with Collector(tmp_path / "collector", exporters) as collector:
        arguments = ["--endpoint", collector.http_endpoint, "--journal", str(tmp_path / "journal")]
        assert main([str(run.own), *arguments]) == 0
        collector.stop()  # which writes what it has

    for name in ("spans.jsonl", "events.jsonl"):
        assert (collector.directory / name).read_bytes()[4:8] == b"\x28\xb5\x2f\xfd"
    with open_traces(run.own) as own, open_traces(collector.directory) as archived:
        for table in ("tools", "agents", "feedback_summary"):
            pd.testing.assert_frame_equal(getattr(archived, table)(), getattr(own, table)())
