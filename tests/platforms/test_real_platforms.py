"""Phoenix and MLflow, started for real: what their own clients say about sessions comes back.

The traces are sent by `toolspan send`, annotated by the platform's own client, exported as the
platform exports, imported by `toolspan feedback import`, and joined. `make test-platforms` builds
the environments, runs this, and writes docs/results/platforms.md.
"""

import importlib.metadata
import json
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from support.cached_environments import LISTED, python_of
from support.reference import REPOSITORY
from support.servers import Server, free_ports
from support.sessions import Session, write_sessions
from toolspan.analytics import Traces, open_traces
from toolspan.launcher import main

pytestmark = pytest.mark.platforms

HERE = Path(__file__).parent
SESSIONS = 12
TIMEOUT_S = 600


class Book:
    """The rows of the result file."""

    def __init__(self) -> None:
        self.rows: list[str] = []

    def note(self, platform: str, export: Path, traces: Traces) -> None:
        for score in traces.join_report().scores:
            self.rows.append(
                f"| {platform} | {export.name} | {score['score_name']} | {score['source_kind']} | "
                f"{score['matched']} of {score['feedback']} | "
                f"{score['rated_sessions']} of {score['sessions']} | {score['no_judgement']} |"
            )

    def text(self) -> str:
        version = importlib.metadata.version("toolspan")
        return "\n".join(
            [
                "# Feedback from real platforms",
                "",
                (
                    f"{datetime.now(UTC):%Y-%m-%d}, toolspan {version}, made by `make test-platforms`: "
                    "each platform is started, gets the traces by `toolspan send`, is annotated by its "
                    "own client, and its exports are imported and joined."
                ),
                "",
                "| platform | export | score | source | matched | sessions rated | no judgement |",
                "|---|---|---|---|---|---|---|",
                *self.rows,
                "",
            ]
        )


@pytest.fixture(scope="module")
def book() -> Iterator[Book]:
    made = Book()
    yield made
    target = os.environ.get("PLATFORM_RESULTS")
    if target:
        Path(target).write_text(made.text(), encoding="utf-8")


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """Twelve sessions, of which every other one searched; nobody has rated them yet."""
    traces = tmp_path / "traces"
    traces.mkdir()
    write_sessions(traces, [Session(["base"] + ["search"] * (n % 2)) for n in range(SESSIONS)])
    (traces / "feedback.csv").unlink()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path


def version_of(name: str) -> str:
    (line,) = (
        line
        for line in (LISTED / f"{name}.in").read_text(encoding="utf-8").splitlines()
        if line.startswith((f"{name}==", f"arize-{name}=="))
    )
    return line.replace("==", " ")


def annotate(python: Path, program: str, url: str, exports: Path) -> list[dict[str, Any]]:
    """Run the platform's client; what it gave."""
    exports.mkdir()
    done = subprocess.run(
        [python, HERE / program, url, exports],
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
        cwd=REPOSITORY.parent,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    given = json.loads((exports / "given.json").read_text(encoding="utf-8"))
    assert len(given) == SESSIONS
    return given


def imported(folder: Path, *exports: Path) -> Traces:
    """The traces, with the exports imported beside them."""
    for export in exports:
        assert main(["feedback", "import", str(export), "--dir", str(folder / "traces")]) == 0
    return open_traces(folder / "traces")


def tool_calls(path: Path) -> list[tuple[Any, ...]]:
    """Every tool call, without the time of day."""
    with open_traces(path, cache=False) as traces:
        assert traces.summary.damages == []
        found = traces.sql_records(
            "SELECT trace_id, span_id, tool_name, agent_name, session_id, outcome, error_type, "
            "round(duration_ms) AS ms FROM tool_calls ORDER BY ALL"
        )
    return [tuple(row.values()) for row in found]


def values(traces: Traces, name: str) -> dict[str, float]:
    found = traces.sql_records(
        f"SELECT session_key, value FROM feedback WHERE score_name = '{name}' AND NOT is_superseded"
    )
    return {row["session_key"]: row["value"] for row in found}


def expected(number: int) -> float:
    return float(1 + number % 5)


def test_annotations_of_phoenix_find_their_sessions(folder, book, capsys) -> None:
    python = python_of("phoenix")
    port, grpc = free_ports(2)
    url = f"http://127.0.0.1:{port}"
    settings = {
        "PHOENIX_HOST": "127.0.0.1",
        "PHOENIX_PORT": str(port),
        "PHOENIX_GRPC_PORT": str(grpc),
        "PHOENIX_WORKING_DIR": str(folder / "phoenix"),
        "PHOENIX_DISABLE_AGENT_ASSISTANT": "true",
    }
    server = Server(
        [python.with_name("phoenix"), "serve"],
        log=folder / "phoenix.log",
        ready=f"{url}/healthz",
        env=settings,
        timeout_s=TIMEOUT_S,
    )
    exports = folder / "exports"
    with server:
        assert main(["send", str(folder / "traces"), "--endpoint", url, "--timeout", "60"]) == 0
        given = annotate(python, "phoenix_client.py", url, exports)
    # What it gives of the spans is what it was sent.
    sent = tool_calls(folder / "traces")
    for name in ("spans.json", "spans.parquet", "spans.csv"):
        assert tool_calls(exports / name) == sent != [], name
    files = [exports / f"{kind}_annotations.json" for kind in ("session", "trace", "span")]
    with imported(folder, *files) as traces:
        book.note(version_of("phoenix"), files[0].with_name("*_annotations.json"), traces)
        assert values(traces, "quality") == {
            item["session_id"]: expected(item["number"]) for item in given
        }
        assert set(values(traces, "polite").values()) == {0.0, 1.0}
        assert len(values(traces, "length")) == SESSIONS
        assert traces.join_report().messages() == []
    # The frame of the same annotations adds nothing: each has the id it had.
    with imported(folder, exports / "span_annotations.csv") as traces:
        assert len(values(traces, "length")) == SESSIONS
        assert traces.sql_records("SELECT count(*) AS n FROM feedback") == [{"n": 3 * SESSIONS}]
    capsys.readouterr()


def test_assessments_of_mlflow_find_their_sessions(folder, book, capsys) -> None:
    python = python_of("mlflow")
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    server = Server(
        [
            python.with_name("mlflow"),
            "server",
            "--backend-store-uri",
            f"sqlite:///{folder / 'mlflow.sqlite'}",
            "--artifacts-destination",
            folder / "artifacts",
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
            "--workers",
            "1",
        ],
        log=folder / "mlflow.log",
        ready=f"{url}/health",
        timeout_s=TIMEOUT_S,
    )
    exports = folder / "exports"
    with server:
        header = "x-mlflow-experiment-id=0"
        sent = ["send", str(folder / "traces"), "--endpoint", url, "--header", header]
        assert main([*sent, "--timeout", "60"]) == 0
        given = annotate(python, "mlflow_client.py", url, exports)
    sent = tool_calls(folder / "traces")
    for name in ("traces.jsonl", "frame.json", "frame.parquet"):
        assert tool_calls(exports / name) == sent != [], name
    with imported(folder, exports / "traces.jsonl") as traces:
        book.note(version_of("mlflow"), exports / "traces.jsonl", traces)
        # Sessions began in the order of their numbers.
        assert values(traces, "quality") == {
            f"s{item['number'] + 1}": expected(item["number"]) for item in given
        }
        assert set(values(traces, "polite").values()) == {0.0, 1.0}
        # A judge that failed has said nothing; an expectation is no judgement.
        assert set(values(traces, "broken").values()) == {None}
        assert "answer" not in {row["score_name"] for row in traces.join_report().scores}
        count = traces.sql_records("SELECT count(*) AS n FROM feedback")
    with imported(folder, exports / "frame.json") as traces:
        assert traces.sql_records("SELECT count(*) AS n FROM feedback") == count
    capsys.readouterr()
