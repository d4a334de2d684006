"""`toolspan send` against receivers in this process: what arrives, and what happens when it does not."""

import gzip
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.otlp_protobuf import logs_message, records, traces_message
from support.otlp_receiver import GrpcReceiver, OtlpReceiver, Received, Receiver, Refusal
from support.programs import TIMEOUT_S
from support.servers import until
from support.traces import otlp, span, write_lines
from toolspan.exporters.send._transports import RetryableError
from toolspan.exporters.send.command import main

PROTOCOLS: dict[str, Callable[..., Any]] = {
    "grpc": GrpcReceiver,
    "http/protobuf": OtlpReceiver,
    "http/json": OtlpReceiver,
}
each_protocol = pytest.mark.parametrize("protocol", PROTOCOLS)


def event(number: int) -> dict[str, Any]:
    record = {
        "timeUnixNano": str(number),
        "body": {},
        "eventName": "gen_ai.evaluation.result",
        "attributes": [{"key": "number", "value": {"intValue": str(number)}}],
    }
    return {
        "resourceLogs": [
            {"resource": {}, "scopeLogs": [{"scope": {"name": "f"}, "logRecords": [record]}]}
        ]
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three files with 60 spans and 5 events, on lines of one record and of many."""
    folder = tmp_path / "data"
    folder.mkdir()
    write_lines(
        folder / "spans-a-h-1-x-1.jsonl", *(otlp([span("a", n, at=n)]) for n in range(1, 31))
    )
    many = otlp([span("b", n, at=n) for n in range(31, 61)], scope="other")
    write_lines(folder / "spans-b-h-2-x-1.jsonl.gz", many)
    write_lines(folder / "events-a-h-1-x-1.jsonl", *(event(n) for n in range(1, 6)))
    return folder


def spans_in(folder: Path) -> list[dict[str, Any]]:
    """What the files of the folder say, read without any code of ours."""
    lines = [
        line
        for path in sorted(folder.glob("spans*"))
        for line in (
            gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        ).splitlines()
    ]
    return records([traces_message(line) for line in lines])


class Sending:
    """Runs the command in this process; keeps its journal in a folder of the test."""

    def __init__(self, journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.journal = journal
        self._capsys = capsys
        self.out = self.err = ""

    def __call__(self, *arguments: str | Path) -> int:
        given = ["--journal", str(self.journal), "--retry-for", "20", *map(str, arguments)]
        code = main(given, prog="toolspan send")
        captured = self._capsys.readouterr()
        self.out, self.err = captured.out, captured.err
        return code


@pytest.fixture
def send(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Sending:
    monkeypatch.setattr("toolspan.exporters.send._sender._FIRST_WAIT_S", 0.01)
    return Sending(tmp_path / "journal.json", capsys)


@pytest.mark.requirement("design.2-verb-send")
@each_protocol
@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_what_arrives_is_what_the_files_say(
    folder: Path, send: Sending, protocol: str, compression: str
) -> None:
    with PROTOCOLS[protocol]() as receiver:
        arguments = ("--protocol", protocol, "--compression", compression)
        code = send(folder, "--endpoint", receiver.endpoint, *arguments)

        assert (code, send.err) == (0, "")
        assert send.out.startswith("sent 60 spans and 5 events of 3 files to http://127.0.0.1:")
        assert receiver.spans == spans_in(folder)
        assert receiver.events == records([logs_message(json.dumps(event(n))) for n in range(1, 6)])
        assert sorted(request.records for request in receiver.requests) == [5, 60]


@each_protocol
def test_requests_hold_no_more_than_asked(folder: Path, send: Sending, protocol: str) -> None:
    with PROTOCOLS[protocol]() as receiver:
        endpoint = ("--endpoint", receiver.endpoint, "--protocol", protocol)
        assert send(folder, *endpoint, "--batch", "8", "--only", "spans") == 0

        sizes = [request.records for request in receiver.requests]
        assert sizes == [8] * 7 + [4]
        assert receiver.spans == spans_in(folder)
        assert receiver.events == []


def test_large_records_go_in_requests_of_about_two_megabytes(tmp_path: Path, send: Sending) -> None:
    lines = [otlp([span("a", number, filler="x" * 600_000)]) for number in range(1, 11)]
    write_lines(tmp_path / "spans.jsonl", *lines)
    with GrpcReceiver() as receiver:
        code = send(tmp_path / "spans.jsonl", "--endpoint", receiver.endpoint, "--protocol", "grpc")

        assert (code, send.err) == (0, "")
        assert [request.records for request in receiver.requests] == [3, 3, 3, 1]


@each_protocol
def test_a_request_that_is_too_large_for_the_endpoint_is_sent_in_parts(
    folder: Path, send: Sending, protocol: str
) -> None:
    def answer(received: Received) -> Refusal | None:
        return Refusal(413, "too large") if received.size_bytes > 800 else None

    arguments: dict[str, Any] = (
        {"max_message_bytes": 800} if protocol == "grpc" else {"answer": answer}
    )
    with PROTOCOLS[protocol](**arguments) as receiver:
        endpoint = ("--endpoint", receiver.endpoint, "--protocol", protocol)
        assert (send(folder, *endpoint), send.err) == (0, "")

        assert receiver.spans == spans_in(folder)
        assert len(receiver.requests) > 4


def first_times(count: int, refusal: Refusal) -> Callable[[Received], Refusal | None]:
    """Refuses so many requests, then takes all."""
    left = [refusal] * count
    return lambda _: left.pop() if left else None


@pytest.mark.requirement("pipelines.send-retries")
@pytest.mark.parametrize(
    ("protocol", "refusal"),
    [
        ("http/protobuf", Refusal(429, "slow down", {"Retry-After": "0.01"})),
        ("http/protobuf", Refusal(503, "starting")),
        ("http/json", Refusal(502)),
        ("http/json", Refusal(504)),
        ("http/protobuf", Refusal(0)),
        ("grpc", Refusal("UNAVAILABLE", "starting")),
        ("grpc", Refusal("RESOURCE_EXHAUSTED", "slow down")),
        ("grpc", Refusal("DEADLINE_EXCEEDED", "slow")),
    ],
    ids=lambda value: str(getattr(value, "status", value)),
)
def test_a_request_is_repeated_until_it_is_taken(
    folder: Path, send: Sending, protocol: str, refusal: Refusal
) -> None:
    with PROTOCOLS[protocol](first_times(2, refusal)) as receiver:
        endpoint = ("--endpoint", receiver.endpoint, "--protocol", protocol)
        assert send(folder, *endpoint, "--only", "spans") == 0

        assert send.err == "toolspan send: a request had to be repeated 2 times\n"
        assert receiver.spans == spans_in(folder)


@pytest.mark.requirement("pipelines.send-retries")
def test_an_endpoint_that_takes_nothing_is_given_up_in_time(folder: Path, send: Sending) -> None:
    with OtlpReceiver(lambda _: Refusal(503, "busy")) as receiver:
        code = send(folder, "--endpoint", receiver.endpoint, "--retry-for", "0.3")

    assert code == 1
    assert send.out.startswith("sent 0 spans of 3 files")
    assert "takes no more: 503 Service Unavailable: busy. To go on from here" in send.err


def test_nobody_listening_is_said_plainly(folder: Path, send: Sending) -> None:
    assert send(folder, "--endpoint", "http://127.0.0.1:9", "--retry-for", "0.01") == 1
    assert "http://127.0.0.1:9 (http/protobuf) takes no more: Connection refused" in send.err


@pytest.mark.parametrize(
    ("protocol", "refusal", "said"),
    [
        ("http/protobuf", Refusal(401, "who are you?"), "401 Unauthorized: who are you?"),
        ("http/protobuf", Refusal(404, "no such page"), "404 Not Found: no such page"),
        ("grpc", Refusal("UNAUTHENTICATED", "who?"), "UNAUTHENTICATED: who?"),
    ],
    ids=lambda value: str(getattr(value, "status", "")),
)
def test_no_access_ends_it_at_once(
    folder: Path, send: Sending, protocol: str, refusal: Refusal, said: str
) -> None:
    with PROTOCOLS[protocol](lambda _: refusal) as receiver:
        endpoint = ("--endpoint", receiver.endpoint, "--protocol", protocol)
        assert send(folder, *endpoint, "--only", "spans") == 1

    assert f"takes no more: {said}" in send.err
    assert receiver.refused == 1


@each_protocol
def test_what_the_endpoint_refuses_is_counted_and_the_rest_goes_on(
    folder: Path, send: Sending, protocol: str
) -> None:
    refusal = Refusal("INVALID_ARGUMENT" if protocol == "grpc" else 400, "bad")
    with PROTOCOLS[protocol](first_times(1, refusal)) as receiver:
        endpoint = ("--endpoint", receiver.endpoint, "--protocol", protocol)
        assert send(folder, *endpoint, "--batch", "10", "--only", "spans") == 1

        assert len(receiver.spans) == 50
        assert "10 spans were refused" in send.err
        assert "bad" in send.err
        assert send.out.startswith("sent 50 spans")


@each_protocol
def test_a_partial_success_is_counted_with_what_the_endpoint_says_of_it(
    folder: Path, send: Sending, protocol: str
) -> None:
    with PROTOCOLS[protocol](first_times(1, Refusal(rejected=3, message="too old"))) as receiver:
        endpoint = ("--endpoint", receiver.endpoint, "--protocol", protocol)
        assert send(folder, *endpoint, "--only", "spans") == 1

    assert send.out.startswith("sent 57 spans")
    assert "3 spans were refused" in send.err
    assert "3 times: too old" in send.err


@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
def test_an_endpoint_without_a_service_for_events_still_gets_the_spans(
    folder: Path, send: Sending, protocol: str
) -> None:
    receiver: Receiver
    if protocol == "grpc":
        receiver = GrpcReceiver(logs=False)
    else:
        receiver = OtlpReceiver(lambda got: Refusal(404) if got.signal == "logs" else None)
    with receiver:  # type: ignore[attr-defined]
        endpoint = ("--endpoint", receiver.endpoint, "--protocol", protocol)
        assert send(folder, *endpoint, "--batch", "2") == 0

    assert receiver.spans == spans_in(folder)
    assert "5 events were left out: the endpoint has no service for them" in send.err


@pytest.mark.requirement("pipelines.send-resume")
@each_protocol
def test_an_interrupted_run_goes_on_where_it_stopped(
    folder: Path, send: Sending, protocol: str
) -> None:
    taken = 0

    def until_the_third(_: Received) -> Refusal | None:
        nonlocal taken
        taken += 1
        access = "PERMISSION_DENIED" if protocol == "grpc" else 403
        return Refusal(access) if taken == 4 else None

    with PROTOCOLS[protocol](until_the_third) as receiver:
        endpoint = ("--endpoint", receiver.endpoint, "--protocol", protocol)
        arguments = (folder, *endpoint, "--batch", "7")
        assert send(*arguments) == 1
        assert len(receiver.spans) < 30
        # Meanwhile the file is compressed, and another grows.
        plain = folder / "spans-a-h-1-x-1.jsonl"
        write_lines(folder / "spans-a-h-1-x-1.jsonl.gz", plain.read_bytes())
        plain.unlink()
        with (folder / "events-a-h-1-x-1.jsonl").open("a") as file:
            file.write(json.dumps(event(6)) + "\n")
        assert send(*arguments, "--resume") == 0

        assert receiver.spans == spans_in(folder)  # each once
        assert len(receiver.events) == 6
        assert send(*arguments, "--resume") == 0
        assert send.out.startswith("sent 0 spans")
        assert send(*arguments) == 0  # without --resume, all of it again
        assert len(receiver.spans) == 120


def test_a_run_of_other_files_forgets_nothing_of_these(folder: Path, send: Sending) -> None:
    with OtlpReceiver() as receiver:
        assert send(folder, "--endpoint", receiver.endpoint, "--only", "events") == 0
        assert send(*folder.glob("spans*"), "--endpoint", receiver.endpoint) == 0
        assert send(folder, "--endpoint", receiver.endpoint, "--resume") == 0

    assert (len(receiver.spans), len(receiver.events)) == (60, 5)


@pytest.mark.requirement("pipelines.send-resume")
def test_a_killed_run_goes_on_and_repeats_at_most_the_request_that_was_under_way(
    tmp_path: Path,
) -> None:
    lines = [otlp([span("a", number, at=number)]) for number in range(1, 2001)]
    write_lines(tmp_path / "spans.jsonl", *lines)
    command = [
        sys.executable,
        "-c",
        "import sys; from toolspan.exporters.send.command import main; sys.exit(main(sys.argv[1:]))",
        str(tmp_path / "spans.jsonl"),
        *("--batch", "10", "--journal", str(tmp_path / "journal.json")),
    ]
    with OtlpReceiver() as receiver:
        command += ["--endpoint", receiver.endpoint]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until(lambda: len(receiver.requests) >= 20, "20 requests")
        process.send_signal(signal.SIGKILL)
        process.wait(TIMEOUT_S)
        before = len(receiver.requests)
        done = subprocess.run([*command, "--resume"], capture_output=True, text=True, check=False)

        assert (done.returncode, done.stderr) == (0, "")
        assert before < 200 <= len(receiver.requests) <= 201
        assert {span["spanId"] for span in receiver.spans} == {
            span["spanId"] for span in records([traces_message(json.dumps(line)) for line in lines])
        }


def test_ctrl_c_says_how_far_it_got_and_ends_as_interrupted(tmp_path: Path) -> None:
    write_lines(tmp_path / "spans.jsonl", otlp([span("a", 1)]))
    with OtlpReceiver(lambda _: Refusal(503)) as receiver:
        process = subprocess.Popen(
            [
                *(str(Path(sys.executable).with_name("toolspan")), "send"),
                *(str(tmp_path / "spans.jsonl"), "--endpoint", receiver.endpoint),
                *("--journal", str(tmp_path / "journal.json")),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        until(lambda: receiver.refused, "the first request")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=TIMEOUT_S)

    assert process.returncode == 130
    assert out.startswith("sent 0 spans of 1 file")
    assert err.startswith(
        "toolspan send: stopped. To go on from here: the same command with --resume\n"
    )


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_ctrl_c_that_python_drops_still_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Response:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGINT)  # what the handler raises here is only printed

    def refuse(*_: object) -> Any:
        Response()
        raise RetryableError("503")

    monkeypatch.setattr("toolspan.exporters.send._http.HttpTransport.send", refuse)
    before = signal.getsignal(signal.SIGINT)
    write_lines(tmp_path / "spans.jsonl", otlp([span("a", 1)]))
    journal = ("--journal", str(tmp_path / "journal.json"), "--retry-for", "5")
    assert (
        main([str(tmp_path / "spans.jsonl"), "--endpoint", "http://localhost:1", *journal]) == 130
    )
    assert "toolspan send: stopped." in capsys.readouterr().err
    assert signal.getsignal(signal.SIGINT) is before


def test_damage_costs_its_place_and_is_told(tmp_path: Path, send: Sending) -> None:
    sound = [json.dumps(otlp([span("a", number)])) + "\n" for number in (1, 2)]
    bad = json.dumps(otlp([{**span("b", 3), "traceId": "no"}, span("c", 4)])) + "\n"
    path = tmp_path / "spans.jsonl"
    path.write_text(sound[0] + "{broken\n" + bad + "\n" + sound[1] + sound[0][:50])
    with OtlpReceiver() as receiver:
        assert send(path, "--endpoint", receiver.endpoint) == 1

        assert sorted(receiver.span_names) == ["a", "a", "c"]
    assert "2 places could not be read and were not sent" in send.err
    assert f"{path}, byte {len(sound[0])}: Expecting property name" in send.err
    assert "record 1: expected an id of 32 hexadecimal digits, found 'no'" in send.err
    assert f"{path}: the last line has no end yet, 50 bytes were left for later" in send.err


def test_a_file_that_goes_away_meanwhile_is_told_and_the_rest_is_sent(
    tmp_path: Path, send: Sending
) -> None:
    for number in (1, 2, 3):
        write_lines(tmp_path / f"spans-{number}.jsonl", otlp([span(f"{number}", number)]))

    def remove_the_second(_: Received) -> None:
        (tmp_path / "spans-2.jsonl").unlink(missing_ok=True)

    with OtlpReceiver(remove_the_second) as receiver:
        files = [tmp_path / f"spans-{number}.jsonl" for number in (1, 2, 3)]
        # A batch is sent when the next record is known, so the second is open already.
        assert send(files[0], files[2], files[1], "--endpoint", receiver.endpoint, "--batch", "1")

        assert receiver.span_names == ["1", "3"]
    assert send.out.startswith("sent 2 spans of 3 files")
    assert f"{tmp_path / 'spans-2.jsonl'}: No such file or directory" in send.err


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_cut_off_archive_is_sent_as_far_as_it_goes(
    tmp_path: Path, send: Sending, suffix: str
) -> None:
    text = "".join(
        json.dumps(otlp([span("a", n, filler=os.urandom(500).hex())])) + "\n" for n in range(1, 101)
    )
    if suffix == ".gz":
        content = gzip.compress(text.encode())
    else:
        import zstandard

        frames = [zstandard.compress(line.encode()) for line in text.splitlines(keepends=True)]
        content = b"".join(frames)
    path = tmp_path / f"spans.jsonl{suffix}"
    path.write_bytes(content[: len(content) // 2])
    with OtlpReceiver() as receiver:
        assert send(path, "--endpoint", receiver.endpoint) == 1

        assert "the archive is cut off" in send.err
        assert 30 < len(receiver.spans) < 60


def test_files_of_zstd_plain_and_framed_are_sent(tmp_path: Path, send: Sending) -> None:
    import zstandard

    lines = [json.dumps(otlp([span("a", number, at=number)])) for number in range(1, 6)]
    plain, framed = tmp_path / "spans-1.jsonl.zst", tmp_path / "spans-2.jsonl"
    plain.write_bytes(
        zstandard.compress((lines[0] + "\n" + lines[1] + "\n").encode())
        + zstandard.compress((lines[2] + "\n").encode())
    )
    frames = [zstandard.compress(line.encode()) for line in lines[3:]]
    framed.write_bytes(b"".join(len(frame).to_bytes(4, "big") + frame for frame in frames))
    with OtlpReceiver() as receiver:
        assert (send(tmp_path, "--endpoint", receiver.endpoint), send.err) == (0, "")

        assert receiver.spans == records([traces_message(line) for line in lines])


def test_headers_come_from_the_environment_and_the_command(
    folder: Path, send: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%20b,tenant=one")
    with OtlpReceiver() as receiver:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"{receiver.endpoint}/")
        assert send(folder, "--header", "tenant=two") == 0

        headers = receiver.requests[0].headers
        assert (headers["api-key"], headers["tenant"]) == ("a b", "two")
        assert headers["user-agent"] == "toolspan-send"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--endpoint", "ftp://x"], "expected an endpoint such as http://localhost:4318, found"),
        (["--endpoint", "collector:4317"], "collector:4317: say http:// or https://"),
        (["--endpoint", "http://u:p@x"], "give credentials by --header"),
        (["--endpoint", "http://x:99999"], "expected an endpoint such as"),
        (["--header", "novalue"], "expected a header as NAME=VALUE, found 'novalue'"),
        (["nowhere.jsonl"], "nowhere.jsonl: no such file or folder"),
        (["*.none"], "no file matches *.none"),
    ],
)
def test_bad_usage_is_told_in_one_line_and_ends_with_2(
    folder: Path, send: Sending, arguments: list[str], said: str
) -> None:
    if arguments[0].startswith("--"):
        arguments = [str(folder), *arguments]
    assert send(*arguments) == 2
    assert send.out == ""
    assert send.err.startswith("toolspan send: ")
    assert said in send.err
    assert send.err.count("\n") == 1


@pytest.mark.parametrize("arguments", [["--batch", "0"], ["--batch", "1.5"], ["--timeout", "x"]])
def test_a_number_that_is_none_is_bad_usage(
    folder: Path, send: Sending, arguments: list[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        send(folder, *arguments)
    assert ended.value.code == 2


def test_a_folder_without_files_is_bad_usage(tmp_path: Path, send: Sending) -> None:
    assert send(tmp_path) == 2
    assert "no span or event files in it" in send.err


def test_a_journal_that_is_none_is_no_reason_to_send_everything_again(
    folder: Path, send: Sending
) -> None:
    send.journal.write_text("[]")
    assert send(folder, "--resume") == 2
    assert "cannot resume:" in send.err


def test_a_journal_that_cannot_be_written_is_told_once_and_nothing_stops(
    folder: Path, send: Sending, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    send.journal = tmp_path / "file" / "journal.json"
    with OtlpReceiver() as receiver:
        assert send(folder, "--endpoint", receiver.endpoint, "--batch", "5") == 0
        assert len(receiver.spans) == 60
    assert send.err.count("--resume will not know how far we got") == 1


@each_protocol
def test_a_dry_run_counts_everything_and_sends_nothing(
    folder: Path, send: Sending, protocol: str
) -> None:
    with PROTOCOLS[protocol]() as receiver:
        arguments = ("--endpoint", receiver.endpoint, "--protocol", protocol, "--batch", "7")
        assert send(folder, *arguments, "--dry-run") == 0
        assert receiver.requests == []
        assert not send.journal.exists()
        said = send.out

        assert send(folder, *arguments) == 0
        sizes = [request.size_bytes for request in receiver.requests]
    where = f"{receiver.endpoint} ({protocol})"
    assert said == (
        f"would send 60 spans and 5 events of 3 files to {where} in {len(sizes)} requests, "
        f"{sum(sizes):,} bytes\n"
    )


def test_a_dry_run_finds_damage_without_an_endpoint(tmp_path: Path, send: Sending) -> None:
    write_lines(tmp_path / "spans.jsonl", otlp([span("a", 1)]), "{broken\n")
    assert send(tmp_path, "--dry-run") == 1
    assert send.out.startswith("would send 1 spans of 1 file to http://localhost:4318")
    assert "1 places could not be read" in send.err


@pytest.mark.parametrize("how", ["-", "/dev/stdin"])
def test_standard_input_is_sent_to_its_end(folder: Path, tmp_path: Path, how: str) -> None:
    source = folder / "spans-b-h-2-x-1.jsonl.gz"
    with OtlpReceiver() as receiver:
        command = f"cat {source} | toolspan send {how} --endpoint {receiver.endpoint}"
        done = subprocess.run(
            ["bash", "-euc", f"{command} --journal {tmp_path / 'journal'}"],
            env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT_S,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("sent 30 spans of 1 file")
        assert len(receiver.spans) == 30


def test_variables_of_one_signal_go_before_those_of_all(
    folder: Path, send: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    with OtlpReceiver() as traces, OtlpReceiver() as logs:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", f"{traces.endpoint}/v1/traces")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", f"{logs.endpoint}/v1/logs")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "who=all")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "who=traces")
        assert send(folder, "--only", "spans") == 0
        assert send(folder, "--only", "events") == 0

    assert (len(traces.spans), len(traces.events)) == (60, 0)
    assert (len(logs.spans), len(logs.events)) == (0, 5)
    assert traces.requests[0].headers["who"] == "traces"
    assert logs.requests[0].headers["who"] == "all"


@pytest.mark.requirement("pipelines.send-progress")
def test_a_terminal_shows_how_far_it_is_and_other_streams_show_nothing(
    folder: Path, tmp_path: Path
) -> None:
    import pty

    with OtlpReceiver() as receiver:
        ours, theirs = pty.openpty()
        done = subprocess.run(
            [
                *(str(Path(sys.executable).with_name("toolspan")), "send", str(folder)),
                *("--endpoint", receiver.endpoint, "--batch", "10"),
                *("--journal", str(tmp_path / "journal")),
            ],
            stdout=subprocess.PIPE,
            stderr=theirs,
            check=False,
            timeout=TIMEOUT_S,
        )
        os.close(theirs)
        shown = os.read(ours, 100_000).decode()
        os.close(ours)

    assert done.returncode == 0
    assert re.search(r"\[[#.]{24}\] +\d+%  \d+ records", shown)
    assert shown.endswith("\r\x1b[K")  # and takes it away
    assert b"%" not in done.stdout
