"""`toolspan feedback import`: what is written, what is said."""

import json
import stat
from pathlib import Path

import pytest


@pytest.fixture
def traces(newsletter: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "traces"
    folder.mkdir()
    (folder / "spans.jsonl").write_bytes((newsletter / "spans.jsonl").read_bytes())
    return folder


def test_ratings_of_a_table_reach_the_traces(cli, traces, tmp_path) -> None:
    ratings = tmp_path / "ratings.csv"
    ratings.write_text("session_id,score\nnews-001,4\nnews-003,2\nnews-999,5\nnews-004,\n")
    assert cli("feedback", "import", ratings, "--dir", traces) == 0
    (written,) = traces.glob("events-imported-ratings-*.jsonl")
    assert cli.out.splitlines() == [
        f"{ratings} (csv): 3 feedback (score 3)",
        "  columns: session_id=session_id, value=score",
        "  left out: 1 with no judgement",
        f"  written: {written}",
        "score (unknown): 2 of 3 match; 2 of 4 sessions rated",
        "Note: 1 feedback row matches no session (1 unknown session id). See report.unmatched.",
    ]
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    document = json.loads(written.read_text().splitlines()[0])
    record = document["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0]
    assert record["eventName"] == "gen_ai.evaluation.result"


def test_importing_twice_changes_nothing(cli, traces, tmp_path) -> None:
    ratings = tmp_path / "ratings.csv"
    ratings.write_text("session_id,score\nnews-001,4\n")
    for _ in range(2):
        assert cli("feedback", "import", ratings, "--dir", traces) == 0
    assert len(list(traces.glob("events-imported-*"))) == 1
    assert "score (unknown): 1 of 1 match" in cli.out


def test_a_dry_run_writes_nothing_and_says_the_same(cli, traces, tmp_path) -> None:
    ratings = tmp_path / "ratings.csv"
    ratings.write_text("chat,stars\nnews-001,4\n")
    arguments = ("feedback", "import", ratings, "--dir", traces, "--map", "session_id=chat")
    assert cli(*arguments, "--dry-run", "--format", "json") == 0
    said = json.loads(cli.out)
    assert said["imported"][0]["written"] is None
    assert said["imported"][0]["feedback"] == 1
    assert said["join"][0]["matched"] == 1
    assert list(traces.glob("events*")) == []


def test_traces_may_come_later(cli, tmp_path) -> None:
    ratings = tmp_path / "ratings.csv"
    ratings.write_text("session_id,score\nnews-001,4\n")
    folder = tmp_path / "new" / "folder"
    assert cli("feedback", "import", ratings, "--dir", folder) == 0
    assert f"No traces in {folder} to join with yet." in cli.out
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_bad_input_is_one_line(cli, tmp_path) -> None:
    nothing = tmp_path / "nothing.csv"
    assert cli("feedback", "import", nothing) == 2
    assert cli.err == f"toolspan: {nothing}: no such file or folder\n"
    nothing.write_text("a,b\n1,2\n")
    assert cli("feedback", "import", nothing, "--dir", tmp_path) == 2
    assert "which column holds a session?" in cli.err
    assert cli("feedback", "import", nothing, "--map", "x=1") == 2
    assert "no field 'x' to map a column to" in cli.err


def test_events_need_no_import(cli, newsletter) -> None:
    assert cli("feedback", "import", newsletter / "events.jsonl") == 2
    assert "it holds OpenTelemetry events, which need no import" in cli.err
