"""What the collector's archive keeps, masks, leaves out, and how it gets over a crash."""

import json
import signal
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from support.collector import Collector
from support.otlp_protobuf import records, traces_message, traces_messages
from support.post import post
from support.servers import until
from support.traces import attributes, otlp, span, tool
from toolspan.analytics import open_traces


def one_by_one(collector: Collector, first: int, count: int) -> None:
    """Spans `first` to `first + count - 1`, each in a request of its own."""
    for number in range(first, first + count):
        post(collector.http_endpoint, otlp([tool("search", number, at=number)]))


def numbers(found: list[dict[str, Any]]) -> list[int]:
    """The span ids as the numbers they were made from."""
    import base64

    return [int.from_bytes(base64.b64decode(record["spanId"])) for record in found]


PRIVATE = [
    ("mail bob.smith+x@mail.example.co.uk now", "mail **** now"),
    ("key sk-proj-abcdefghijklmnop.", "key ****."),
    ("ghp_abcdefghijklmnopqrstuvwxyz012345", "****"),
    ("AKIAIOSFODNN7EXAMPLE", "****"),
    ("Authorization: Bearer abcdef.ghijkl-123==", "Authorization: Bearer ****"),
    ("postgres://admin:hunter2@db/prod", "postgres://****@db/prod"),
    ('{"password": "hunter2", "user": "ada"}', '{"password": "****", "user": "ada"}'),
    ('{\\"api_key\\":\\"hunter2\\"}', '{\\"api_key\\":\\"****\\"}'),
    ("PASSWORD=hunter2 ./run", "PASSWORD=**** ./run"),
    ("paid with 4111 1111 1111 1111", "paid with ****"),
    (
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
        "****",
    ),
    (
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----\nafter",
        "****\nafter",
    ),
]
HARMLESS = [
    "order 1795511744276293780 at 09:15, version 2.0.1, otters@home",
    "the token count is high; max_tokens 4096",
    "https://example.org/a/b?c=d#e",
    "asked at 1700000000000 for 12345678901234",
    "żółw 海豚 $1 ${2} %s \\d",
]


@pytest.mark.requirement("pipelines.redaction")
def test_private_text_is_masked_wherever_people_and_tools_write(collector: Collector) -> None:
    texts = [text for text, _ in PRIVATE] + HARMLESS
    keys = (
        "gen_ai.tool.call.result",
        "input.value",
        "gen_ai.prompt.0.content",
        "langfuse.observation.output",
    )
    spans = []
    for number, text in enumerate(texts, start=1):
        made = span("x", number, at=number, error="E", message=text)
        made["attributes"] += attributes(dict.fromkeys(keys, text))
        made["events"] = [
            {"name": "exception", "attributes": attributes({"exception.stacktrace": text})}
        ]
        spans.append(made)
    post(collector.http_endpoint, otlp(spans))

    wanted = [masked for _, masked in PRIVATE] + HARMLESS
    archived = collector.archived_spans(len(texts))
    for record, want in zip(archived, wanted, strict=True):
        found = {key: record["attributes"][key]["stringValue"] for key in keys}
        found["status"] = record["status"]["message"]
        found["event"] = record["events"][0]["attributes"]["exception.stacktrace"]["stringValue"]
        assert found == dict.fromkeys((*keys, "status", "event"), want)


def test_structured_content_is_masked_in_all_its_depth(collector: Collector) -> None:
    made = span("x", 1)
    inner = {"kvlistValue": {"values": attributes({"to": "ada@example.org", "n": 2})}}
    made["attributes"] = [
        {"key": "gen_ai.tool.call.arguments", "value": {"arrayValue": {"values": [inner]}}}
    ]
    post(collector.http_endpoint, otlp([made]))

    (record,) = collector.archived_spans(1)
    content = record["attributes"]["gen_ai.tool.call.arguments"]["stringValue"]
    assert json.loads(content) == [{"to": "****", "n": 2}]


@pytest.mark.requirement("pipelines.redaction")
def test_ids_names_and_our_own_values_are_never_touched(collector: Collector) -> None:
    private = "ada@example.org"
    made = span(f"ask {private}", 1, message=None)
    kept = {
        "session.id": private,
        "user.id": private,
        "gen_ai.conversation.id": private,
        "gen_ai.tool.name": private,
        "gen_ai.agent.name": private,
        "gen_ai.tool.call.id": "sk-abcdefghijklmnop",
        "toolspan.workflow": private,
        "toolspan.step": private,
        "toolspan.fallback.from": private,
        "toolspan.tool.cost.amount": 0.1,
        "error.type": private,
    }
    made["attributes"] = attributes(kept)
    sent = otlp([made], scope=private, resource={"service.name": private, "host.name": private})
    post(collector.http_endpoint, sent)

    assert collector.archived_spans(1) == records([traces_message(json.dumps(sent))])


@pytest.mark.requirement("pipelines.events-apart")
def test_only_events_get_into_the_archive_not_the_applications_log(collector: Collector) -> None:
    def log(number: int, **more: Any) -> dict[str, Any]:
        return {"timeUnixNano": str(number), "attributes": [], **more}

    kept = [
        log(1, eventName="gen_ai.evaluation.result"),
        log(2, attributes=attributes({"event.name": "gen_ai.evaluation.result"})),
    ]
    left_out = [log(3, body={"stringValue": "a log line"}), log(4, severityText="INFO")]
    document = {
        "resourceLogs": [
            {"resource": {}, "scopeLogs": [{"scope": {}, "logRecords": kept + left_out}]}
        ]
    }
    post(collector.http_endpoint, document)
    post(
        collector.http_endpoint,
        {"resourceLogs": [{"scopeLogs": [{"logRecords": [{**kept[0], "timeUnixNano": "5"}]}]}]},
    )

    times = [event["timeUnixNano"] for event in collector.archived_events(3)]
    assert times == ["1", "2", "5"]


@pytest.mark.requirement("pipelines.restart")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["stopped", "killed"])
def test_a_restart_loses_nothing_that_was_written(tmp_path: Path, how: int) -> None:
    with Collector(tmp_path) as collector:
        one_by_one(collector, 1, 20)
        collector.archived_spans(20)
        before = (collector.directory / "spans.jsonl").read_bytes()
        collector.stop(how)
        collector.start()
        one_by_one(collector, 21, 5)

        assert numbers(collector.archived_spans(25)) == list(range(1, 26))
        assert (collector.directory / "spans.jsonl").read_bytes().startswith(before)


@pytest.mark.requirement("pipelines.restart")
def test_a_span_that_was_accepted_is_in_the_file_when_the_collector_is_killed(
    tmp_path: Path,
) -> None:
    with Collector(tmp_path) as collector:
        for number in range(1, 31):
            one_by_one(collector, number, 1)  # the answer comes after the write
        collector.kill()

        assert numbers(records(traces_messages(collector.directory))) == list(range(1, 31))


@pytest.mark.requirement("pipelines.rotation-and-frames")
def test_rotated_files_are_read_with_the_current_one(tmp_path: Path) -> None:
    filler = "x" * 40_000
    with Collector(tmp_path, env={"TOOLSPAN_ARCHIVE_MB": "1"}) as collector:
        for number in range(1, 81):
            made = tool("search", number, at=number, filler=filler)
            post(collector.http_endpoint, otlp([made]))
        archived = collector.archived_spans(80)

    files = sorted(path.name for path in collector.directory.glob("spans*.jsonl"))
    assert numbers(archived) == list(range(1, 81))
    assert len(files) == 4
    assert files[-1] == "spans.jsonl"
    with open_traces(collector.directory) as traces:
        assert traces.tools()["calls"].tolist() == [80]


@pytest.mark.parametrize(("days", "left"), [(None, 110), ("30", 0)], ids=["default", "30 days"])
def test_no_archived_file_is_deleted_unless_asked(
    tmp_path: Path, days: str | None, left: int
) -> None:
    archive = tmp_path / "archive"
    archive.mkdir(mode=0o700)
    old = [archive / f"spans-2020-01-01T00-00-00.{number:03}-size.jsonl" for number in range(110)]
    for path in old:
        path.write_text("")
    env = {"TOOLSPAN_ARCHIVE_MB": "1", **({"TOOLSPAN_ARCHIVE_DAYS": days} if days else {})}
    with Collector(tmp_path, env=env) as collector:
        for _ in range(2):
            post(collector.http_endpoint, otlp([tool("search", 1, filler="x" * 600_000)]))

        def rotated_and_cleaned() -> bool:
            there = set(archive.iterdir())
            return len(there - set(old)) == 2 and len(there & set(old)) == left

        until(rotated_and_cleaned, f"a rotation, and {left} of the old files")


def test_the_archive_is_a_folder_for_its_owner_alone(collector: Collector) -> None:
    one_by_one(collector, 1, 1)
    collector.archived_spans(1)
    assert collector.directory.stat().st_mode & 0o777 == 0o700


def test_a_batch_larger_than_the_grpc_default_is_accepted(collector: Collector) -> None:
    import grpc

    message = traces_message(json.dumps(otlp([tool("search", 1, filler="x" * 6_000_000)])))
    with grpc.insecure_channel(collector.grpc_endpoint.removeprefix("http://")) as channel:
        export = channel.unary_unary("/opentelemetry.proto.collector.trace.v1.TraceService/Export")
        export(message.SerializeToString(), timeout=30)

    (record,) = collector.archived_spans(1)
    assert len(record["attributes"]["filler"]["stringValue"]) == 6_000_000


def test_unreachable_trace_stores_hold_up_neither_the_archive_nor_the_metrics(
    tmp_path: Path,
) -> None:
    nowhere = {"JAEGER_OTLP_ENDPOINT": "127.0.0.1:9", "TEMPO_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    now = {"processors": {"tail_sampling": {"decision_wait": "10ms"}}}
    with Collector(tmp_path, now, env={**nowhere, "TOOLSPAN_SAMPLE_PERCENT": "100"}) as collector:
        for number in range(1, 21):
            made = tool("search", number, trace=number, toolspan__tool_call__layer="logical")
            post(collector.http_endpoint, otlp([made]))
        collector.archived_spans(20)
        until(lambda: 20.0 in collector.metrics().values(), "20 calls counted")


def test_what_cannot_be_written_is_refused_for_later_and_told_to_prometheus(tmp_path: Path) -> None:
    collector = Collector(tmp_path)
    # As a full disk: no file of the collector may grow beyond 64 KiB.
    collector.command = ["bash", "-c", 'ulimit -f 64; exec "$@"', "bash", *collector.command]
    with collector:

        def answer(number: int) -> int:
            body = json.dumps(otlp([tool("search", number, filler="x" * 20_000)])).encode()
            request = urllib.request.Request(
                f"{collector.http_endpoint}/v1/traces", body, {"Content-Type": "application/json"}
            )
            try:
                with urllib.request.urlopen(request, timeout=30) as taken:
                    return int(taken.status)
            except urllib.error.HTTPError as refused:
                return refused.code

        # 503 is what exporters, and `toolspan send`, try again.
        assert [answer(number) for number in range(1, 7)] == [200, 200, 200, 503, 503, 503]
        failed = 'otelcol_exporter_send_failed_spans{exporter="file/spans"}'
        until(lambda: collector.own_metrics().get(failed) == 3, "three spans that failed")
