"""The how-to pages of pipelines: their commands run, in a user's folder, against real programs."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.collector import CONFIG, Collector, CollectorProgram, validate
from support.jaeger import Jaeger
from support.otlp_protobuf import records, traces_messages
from support.otlp_receiver import GrpcReceiver, OtlpReceiver
from support.post import post
from support.prometheus import RULES
from support.reference import REPOSITORY
from support.servers import prometheus_program, until
from support.traces import otlp, tool

HOW_TO = REPOSITORY / "docs" / "how-to"
PAGES = ["collector", "send", "jaeger", "tempo", "prometheus-grafana", "sampling", "privacy"]

AGENT = """\
from toolspan.instrumentation import record_feedback, session, track_agent_run, track_tool_call


@track_tool_call
def search(query):
    return f"pages on {query}"


@track_agent_run(name="researcher")
def answer(question):
    return search(question)


for number in range(3):
    with session(f"chat-{number}"):
        answer("otters")
record_feedback("quality", 0.5, session_id="chat-0", source="human")
"""

BLOCK = re.compile(
    r"(?:<!-- file: (?P<file>\S+) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


def text_of(page: str) -> str:
    return (HOW_TO / f"{page}.md").read_text(encoding="utf-8")


def table(page: str, heading: str) -> list[list[str]]:
    """The rows of the table whose first column has this heading."""
    found = re.search(
        rf"^\| {re.escape(heading)} \|.*\n\|[-| ]+\|\n((?:\|.*\n)+)", text_of(page), re.MULTILINE
    )
    assert found, heading
    rows = [re.split(r"(?<!\\)\|", line.strip())[1:-1] for line in found[1].splitlines()]
    return [[cell.strip() for cell in row] for row in rows]


class User:
    """Somebody who does what a page says, in a folder with an `agent.py`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        (folder / "agent.py").write_text(AGENT, encoding="utf-8")
        (folder / "deploy").symlink_to(REPOSITORY / "deploy")
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTHON", "OTEL_", "TOOLSPAN_"))
        }
        path = [str(Path(sys.executable).parent), self.environment["PATH"]]
        self.environment["PATH"] = os.pathsep.join(path)
        self.environment["XDG_STATE_HOME"] = str(folder / "state")

    def follow(self, page: str, instead: Mapping[str, str] | None = None) -> str:
        """Run every `sh` block of the page as one script; what they printed.

        `instead` says what stands for an address or folder of the page.
        """
        printed = ""
        exported = ""
        for match in BLOCK.finditer(text_of(page)):
            text = match["text"]
            if match["file"]:
                (self.folder / match["file"]).write_text(text, encoding="utf-8")
            if match["language"] != "sh":
                continue
            for old, new in (instead or {}).items():
                text = text.replace(old, new)
            text = re.sub(r"^pip install .*$", "", text, flags=re.MULTILINE)
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", exported + text],
                cwd=self.folder,
                env=self.environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
            )
            assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
            assert "Traceback" not in done.stderr
            exported += "".join(re.findall(r"^export .*\n", text, re.MULTILINE))
            printed += done.stdout + done.stderr
        return printed

    @property
    def spans(self) -> list[dict[str, Any]]:
        return records(traces_messages(self.folder / "toolspan-data"))


@pytest.fixture
def user(tmp_path: Path) -> User:
    return User(tmp_path / "home")


@pytest.fixture
def recorded(user: User) -> User:
    """A user who has recorded the agent already."""
    command = ["toolspan", "run", "--", "python", "agent.py"]
    subprocess.run(command, cwd=user.folder, env=user.environment, check=True, timeout=60)
    return user


@pytest.mark.requirement("pipelines.how-to")
def test_collect_from_many_agents(user: User, collector: Collector) -> None:
    printed = user.follow(
        "collector",
        {
            "http://localhost:4318": collector.http_endpoint,
            "/var/lib/otelcol/toolspan": str(collector.directory),
        },
    )

    assert len(user.spans) == 6
    # What `opentelemetry-instrument` recorded as well was sent, and is in no file of the agent.
    assert len(collector.archived_spans(12)) == 12
    assert printed.count("search") >= 3
    assert (user.folder / "report.html").exists()


@pytest.mark.requirement("pipelines.how-to")
def test_send_recorded_files(recorded: User) -> None:
    with OtlpReceiver() as http, GrpcReceiver() as grpc:
        printed = recorded.follow(
            "send",
            {"http://localhost:4318": http.endpoint, "http://localhost:4317": grpc.endpoint},
        )
        assert len(http.spans) == 12
        assert grpc.spans == recorded.spans
        assert len(http.events) == 1
    example = next(m["text"] for m in BLOCK.finditer(text_of("send")) if m["language"] == "text")
    first = printed.splitlines()[0]
    told = re.sub(r"127\.0\.0\.1:\d+", "localhost:4318", first)
    assert re.sub(r"[\d.]+ s$", "0.1 s", told) == example.strip()
    assert "would send 6 spans and 1 events of 2 files to http://localhost:4318" in printed
    assert printed.splitlines()[-1].startswith("sent 0 spans")


@pytest.mark.requirement("pipelines.how-to")
def test_look_at_traces_in_jaeger(user: User, tmp_path: Path) -> None:
    with Jaeger(tmp_path / "jaeger") as jaeger:
        printed = user.follow("jaeger", {"http://localhost:4317": jaeger.grpc_endpoint})

        assert "1 events were left out: the endpoint has no service for them" in printed
        found = jaeger.found_by("agent", **{"gen_ai.tool.name": "search"})
        assert len(found) == 3


def test_look_at_traces_in_tempo(user: User) -> None:
    """The ways in; `test_tempo.py` has what Tempo makes of it."""
    with OtlpReceiver() as receiver:
        user.follow("tempo", {"http://localhost:4318": receiver.endpoint})
        assert len(receiver.spans) == 12
        assert receiver.events == []


@pytest.mark.requirement("pipelines.how-to")
def test_tool_calls_in_prometheus_and_grafana(user: User) -> None:
    promtool = prometheus_program("promtool")
    user.environment["PATH"] += os.pathsep + str(promtool.parent)
    # `test_prometheus.py` runs the longer tests; once is enough.
    printed = user.follow("prometheus-grafana", {" deploy/prometheus/days.test.yml": ""})

    assert "1 rule files found" in printed
    assert "Unit Testing:  deploy/prometheus/rules.test.yml\n  SUCCESS" in printed


def test_sampling_and_what_it_does_to_statistics(user: User) -> None:
    example = [m["text"] for m in BLOCK.finditer(text_of("sampling")) if m["language"] == "text"]
    assert user.follow("sampling") == "".join(example)


@pytest.mark.requirement("pipelines.how-to")
def test_privacy(user: User) -> None:
    user.follow("privacy")
    written = "".join(
        path.read_text(encoding="utf-8")
        for path in (user.folder / "toolspan-data").glob("spans-*.jsonl")
    )
    assert "u-4711" in written
    assert "a private question" not in written
    assert "ada@example.org" not in written

    user.environment["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "true"
    user.follow("privacy")
    (tool_call, *_) = user.spans[::-1]
    assert "a private question" in str(tool_call["attributes"])


# --- what the pages say of configurations ---


def yaml_blocks(page: str) -> Iterator[str]:
    for match in BLOCK.finditer(text_of(page)):
        if match["language"] == "yaml":
            yield match["text"]


def test_a_second_configuration_is_laid_over_the_first(tmp_path: Path) -> None:
    (text,) = yaml_blocks("collector")
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    assert validate(CONFIG, path).returncode == 0


def test_a_rule_of_ones_own_masks_in_spans_and_their_events(tmp_path: Path) -> None:
    """The page's rule, put where the page says."""
    (rule,) = re.findall(r"\(`(&staff_numbers .*?)`\)", text_of("privacy"))
    config = tmp_path / "collector-config.yaml"
    text = CONFIG.read_text(encoding="utf-8")
    text = text.replace(
        "          - set(status.message, cache",
        f"          - {rule}\n          - set(status.message, cache",
    )
    text = text.replace(
        "          - *put_back\n", "          - *staff_numbers\n          - *put_back\n"
    )
    config.write_text(text, encoding="utf-8")
    made = tool("ask", 1, gen_ai__tool__call__result="P-123456 is ill")
    event = {"key": "exception.message", "value": {"stringValue": "no P-123456"}}
    made["events"] = [{"name": "exception", "attributes": [event]}]

    with Collector(tmp_path / "collector", config=config) as collector:
        post(collector.http_endpoint, otlp([made]))
        (archived,) = collector.archived_spans(1)
    assert "P-123456" not in str(archived)
    assert "**** is ill" in str(archived)
    assert "no ****" in str(archived)


def test_all_content_can_be_deleted(tmp_path: Path) -> None:
    (text,) = yaml_blocks("privacy")
    pipelines = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))["service"]["pipelines"]
    with_it = {
        name: {
            "processors": [
                each
                for processor in pipeline["processors"]
                for each in (
                    (processor, "transform/no_content")
                    if processor == "transform/redact"
                    else (processor,)
                )
            ]
        }
        for name, pipeline in pipelines.items()
    }
    overrides = {**yaml.safe_load(text), "service": {"pipelines": with_it}}
    content = {
        "gen_ai__tool__call__arguments": '{"q": "otters"}',
        "gen_ai__tool__call__result": "otters",
        "gen_ai__input__messages": "otters",
        "gen_ai__system_instructions": "otters",
    }
    with Collector(tmp_path, overrides) as collector:
        post(collector.http_endpoint, otlp([tool("search", 1, session__id="s-1", **content)]))
        (archived,) = collector.archived_spans(1)
    assert "otters" not in str(archived)
    assert archived["attributes"]["session.id"] == {"stringValue": "s-1"}


def test_the_variables_of_the_page_are_those_of_the_configuration() -> None:
    told = {row[0].strip("`"): row[1].strip("`") for row in table("collector", "variable")}
    text = CONFIG.read_text(encoding="utf-8")
    assert told == dict(re.findall(r"\$\{env:(\w+):-([^}]+)\}", text))


def test_the_alerts_of_the_page_are_those_of_the_rules() -> None:
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    alerts = [rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule]
    assert [row[0].strip("`") for row in table("prometheus-grafana", "alert")] == alerts


def test_the_options_of_send_are_all_on_its_page(capsys: pytest.CaptureFixture[str]) -> None:
    from toolspan.exporters.send.command import main

    with pytest.raises(SystemExit):
        main(["--help"])
    options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help"}
    assert {option for option in options if option not in text_of("send")} == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    for link in re.findall(r"\]\((?!http)([^)#]+)", text_of(page)):
        assert (HOW_TO / link).exists(), link


def test_replay_by_the_collector_needs_no_more_than_its_page_says(
    recorded: User, tmp_path: Path
) -> None:
    replay = REPOSITORY / "deploy" / "collector" / "replay.yaml"
    with OtlpReceiver() as receiver:
        env = {
            "TOOLSPAN_DIR": str(recorded.folder / "toolspan-data"),
            "OTLP_ENDPOINT": receiver.endpoint,
        }
        with CollectorProgram(tmp_path / "collector", replay, env=env):
            until(lambda: len(receiver.spans) == 6, "all spans replayed")
