"""`toolspan correlate`: for people in a terminal, for programs, and for those who did nothing wrong."""

import csv
import io
import json
from pathlib import Path

import pytest

from support.sessions import Session, write_sessions
from toolspan.analytics.cli import correlate as command
from toolspan.analytics.findings import EXPOSURES, VERDICTS


@pytest.fixture
def rated(tmp_path) -> tuple[Path, ...]:
    """Eighty sessions; those with `extra` score one less, `rare` is in two of them."""
    sessions = []
    for number in range(80):
        tools = ["base"] * (1 + number % 3) + ["extra"] * (number // 3 % 2)
        tools += ["rare"] * (number in (4, 9))
        score = 4 - (number // 3 % 2) + (number * 7 % 10) / 20
        sessions.append(Session(tools, score))
    return write_sessions(tmp_path, sessions)


def test_a_score_has_a_heading_a_table_and_sentences(cli, rated) -> None:
    spans, scores = rated
    assert cli("correlate", spans, "--feedback", scores) == 0
    heading, blank, titles, _, *rest = cli.out.splitlines()
    assert heading.startswith("quality (human): 80 of 80 sessions rated, continuous, mean 3.7")
    assert heading.endswith("compared within like length; 1 of 3 could be tested (permutation)")
    assert blank == ""
    assert titles.split()[:3] == ["exposure", "verdict", "difference"]
    assert rest[0].split()[:2] == ["extra", "supported"]
    assert any(line.startswith("- supported: Sessions using 'extra' scored") for line in rest)
    assert rest[-1] == "- not enough data for 2 more (--all shows why)"


def test_all_and_one_name_show_why_there_is_not_enough(cli, rated) -> None:
    spans, scores = rated
    assert cli("correlate", spans, "--feedback", scores, "--all") == 0
    assert "Every rated session uses 'base': there is nothing to compare with." in cli.out
    assert cli("correlate", spans, "--feedback", scores, "--name", "rare") == 0
    assert "Not enough rated sessions to relate 'rare' to 'quality': 2 used it" in cli.out
    assert "extra" not in cli.out


@pytest.mark.requirement("analytics.02-correlate")
def test_json_has_at_least_the_promised_columns(cli, rated) -> None:
    spans, scores = rated
    records = cli.json("correlate", spans, "--feedback", scores)
    promised = (
        "exposure, score_name, source, n_used, n_unused, strata, raw_difference, raw_p, "
        "difference, ci_low, ci_high, p_value, p_max_t, q_value, detectable, verdict, sentence"
    )
    assert set(promised.split(", ")) <= records[0].keys()
    assert [record["exposure"] for record in records] == ["extra", "base", "rare"]


def test_csv_and_markdown_have_every_row(cli, rated) -> None:
    spans, scores = rated
    assert cli("correlate", spans, "--feedback", scores, "--format", "csv") == 0
    rows = list(csv.DictReader(io.StringIO(cli.out)))
    assert [row["exposure"] for row in rows] == ["extra", "base", "rare"]
    assert "80 of 80 sessions rated" in cli.err
    assert cli("correlate", spans, "--feedback", scores, "--format", "markdown", "--all") == 0
    assert cli.out.startswith("### quality (human): 80 of 80")
    assert cli.out.count("\n| ") == 5


def test_narrow_terminals_keep_exposure_verdict_and_difference(cli, rated, monkeypatch) -> None:
    spans, scores = rated
    monkeypatch.setattr("toolspan.analytics.cli._common.terminal_width", lambda: 60)
    monkeypatch.setattr(command, "terminal_width", lambda: 60)
    assert cli("correlate", spans, "--feedback", scores) == 0
    assert max(map(len, cli.out.splitlines())) <= 60
    titles = next(line for line in cli.out.splitlines() if line.startswith("exposure"))
    assert titles.split() == ["exposure", "verdict", "difference", "95", "%", "interval", "raw"]


def test_where_nothing_stands_out_that_is_said(cli, tmp_path) -> None:
    sessions = [
        Session(["base"] * (1 + n % 3) + ["x"] * (n // 3 % 2) + ["y"] * (n // 5 % 2), n * 7 % 10)
        for n in range(120)
    ]
    spans, scores = write_sessions(tmp_path, sessions)
    assert cli("correlate", spans, "--feedback", scores) == 0
    assert "Nothing here goes with the score beyond what chance makes of so many." in cli.out


def test_without_feedback_it_says_how_to_get_some(cli, tmp_path) -> None:
    spans, _ = write_sessions(tmp_path, [Session(["t"])], file="none.csv")
    assert cli("correlate", spans) == 0
    assert "No session has feedback" in cli.out
    assert "toolspan feedback import" in cli.out
    assert cli.json("correlate", spans) == []


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (["--score", "speed"], "no score 'speed'; there are: quality"),
        (["--within", "task"], "no span or resource has the attribute 'task'"),
        (["--name", "serch"], "no rated session has 'serch'"),
        (["--label", "good"], "expected LABEL=NUMBER"),
        (["--raw", "--exposure", "calls"], "no raw statistics of 'calls'"),
    ],
)
def test_bad_questions_exit_with_2_and_one_line(cli, rated, asked, text) -> None:
    spans, scores = rated
    assert cli("correlate", spans, "--feedback", scores, *asked) == 2
    assert text in cli.err
    assert cli.err.count("\n") == 1


@pytest.mark.requirement("analytics.02-agreement")
def test_agreement_of_scores_is_shown_instead(cli, rated, tmp_path) -> None:
    spans, scores = rated
    judge = tmp_path / "judge.csv"
    lines = ["session_id,name,value,source"]
    lines += [f"s{n + 1},quality,{4 - (n // 3 % 2) + (n * 7 % 10) / 20},llm" for n in range(80)]
    judge.write_text("\n".join(lines))
    (row,) = cli.json("correlate", spans, "--feedback", scores, "--feedback", judge, "--agreement")
    assert (row["first_source"], row["second_source"], row["n"]) == ("human", "llm", 80)
    assert row["pearson"] == pytest.approx(1)
    assert row["same_side"] == 1
    assert cli("correlate", spans, "--feedback", scores, "--agreement") == 0
    assert "no two scores share sessions" in cli.out


def test_raw_statistics_are_shown_instead_with_a_warning(cli, rated) -> None:
    spans, scores = rated
    assert cli("correlate", spans, "--feedback", scores, "--raw") == 0
    assert "compares like with like" in cli.out
    records = cli.json("correlate", spans, "--feedback", scores, "--raw")
    assert {record["exposure"] for record in records} == {"base", "extra", "rare"}


def test_names_from_traces_cannot_write_to_the_terminal(cli, tmp_path) -> None:
    evil = "\x1b[31mextra\x07"
    sessions = [Session(["base"] + [evil] * (n % 2), n % 5) for n in range(40)]
    spans, scores = write_sessions(tmp_path, sessions)
    assert cli("correlate", spans, "--feedback", scores, "--all") == 0
    assert "\x1b" not in cli.out
    assert "\x07" not in cli.out


def test_the_command_offers_every_exposure_and_explains_every_verdict() -> None:
    assert command.EXPOSURES == EXPOSURES
    for verdict in VERDICTS:
        assert f"  {verdict} " in command.EPILOG


def test_events_beside_the_spans_are_feedback_without_being_asked_for(cli, rated) -> None:
    spans, scores = rated
    assert cli("feedback", "import", scores, "--dir", spans.parent) == 0
    assert "80 of 80 match" in cli.out
    assert json.loads(spans.read_text().splitlines()[0])
    (record, *_) = cli.json("correlate", spans)
    assert record["verdict"] == "supported"
