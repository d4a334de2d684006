"""`toolspan compare`: as a gate, in a terminal, for a pull request, for a CI server."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from support.sessions import Session, write_sessions
from toolspan.analytics import compare, self_check


def write(folder: Path, failing: int, *, sessions: int = 40) -> Path:
    """Sessions of as many tasks, of which some fail; what fails is slower and scores less."""
    folder.mkdir()
    made = [
        Session(
            ["search", "search!" if number < failing else "read"],
            score=0.0 if number < failing else 1.0,
            more={"task.id": f"t{number}"},
            ms=100 + number + 200 * (number < failing),
            failed=number < failing,
        )
        for number in range(sessions)
    ]
    write_sessions(folder, made, file="feedback.csv")
    return folder


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("base") / "main", failing=4)


@pytest.fixture(scope="module")
def worse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("worse") / "branch", failing=28)


@pytest.fixture
def margins(tmp_path: Path) -> Path:
    path = tmp_path / "margins.toml"
    path.write_text(
        '[[margin]]\nquantity = "session_success"\nabsolute = 0.2\n'
        '[[margin]]\nquantity = "tool_success"\nof = "search"\nabsolute = 0.1\n',
        encoding="utf-8",
    )
    return path


@pytest.mark.requirement("analytics.04-gate")
def test_the_exit_code_is_the_verdict(
    cli, base: Path, worse: Path, margins: Path, tmp_path
) -> None:
    assert cli("compare", base, base, "--by", "task.id", "--margins", margins) == 0
    assert cli.out.endswith("\nPASS\n")
    assert cli("compare", base, worse, "--by", "task.id", "--margins", margins) == 1
    assert cli.out.endswith("\nFAIL\n")
    small = write(tmp_path / "small", failing=5, sessions=10)
    assert cli("compare", base, small, "--by", "task.id", "--margins", margins) == 3
    assert cli.out.endswith("\nINCONCLUSIVE\n")
    arguments = ("--by", "task.id", "--margins", margins, "--inconclusive", "pass")
    assert cli("compare", base, small, *arguments) == 0


def test_the_terminal_says_what_was_compared_what_came_out_and_why(
    cli, base: Path, worse: Path, margins: Path
) -> None:
    cli("compare", base, worse, "--by", "task.id", "--margins", margins)
    lines = cli.out.splitlines()
    assert lines[:3] == [
        f"BASE  {base} (40 sessions)",
        f"NEW   {worse} (40 sessions)",
        "paired by task.id: 40 tasks in both",
    ]
    assert [line.split("  ")[0] for line in lines[6:8]] == ["✗", "✗"]
    assert any(
        line.startswith("- sessions that end well: 30 % after 90 %, −60.0 points")  # noqa: RUF001
        and line.endswith("Worse than allowed, by more than chance.")
        for line in lines
    )
    assert "Not judged:" in lines
    assert "Tools whose share of calls moved most:" in lines
    assert [line.split()[0] for line in lines if "→" in line] == ["read", "search"]


@pytest.mark.requirement("analytics.04-pull-request")
def test_a_pull_request_gets_the_verdict_first_and_the_rest_folded_away(
    cli, base: Path, worse: Path, margins: Path, tmp_path: Path
) -> None:
    comment = tmp_path / "comment.md"
    arguments = ("--by", "task.id", "--margins", margins, "--markdown", comment)
    assert cli("compare", base, worse, *arguments) == 1
    text = comment.read_text(encoding="utf-8")
    assert cli("compare", base, worse, *arguments[:4], "--format", "markdown") == 1
    assert cli.out == text
    lines = text.splitlines()
    assert lines[0] == "### ❌ toolspan compare: FAIL"
    assert lines[2].endswith("(40 sessions) · paired by task.id: 40 tasks in both")
    assert lines[4] == ("|  | quantity | BASE | NEW | change | 95 % interval | allowed | p | n |")
    assert lines[6] == (
        "| ❌ | sessions that end well | 90 % | 30 % | −60.0 points | −73.1…−40.1 | −20 points "  # noqa: RUF001
        "| &lt;0.001 | 40/40 |"
    )
    assert lines[7].startswith("| ❌ | search: tool calls that succeed | 90.9 % | 58.8 % |")
    assert "<details><summary>Not judged: no margin</summary>" in lines
    assert "<details><summary>Tools</summary>" in lines
    assert lines.count("</details>") == 2


@pytest.mark.requirement("analytics.04-pull-request")
def test_a_ci_server_gets_a_case_for_each_quantity(
    cli, base: Path, worse: Path, tmp_path: Path
) -> None:
    path = tmp_path / "junit.xml"
    assert cli("compare", base, worse, "--by", "task.id", "--junit", path) == 1
    suite = ET.parse(path).getroot()
    cases = {case.get("name"): [part.tag for part in case] for case in suite.iter("testcase")}
    assert cases == {
        "session_success": ["failure"],
        "tool_success": ["failure"],
        "session_p50_ms": ["system-out"],
        "call_p95_ms": ["skipped"],
    }
    assert [suite.get(key) for key in ("tests", "failures", "skipped", "errors")] == [
        "4", "2", "1", "0",
    ]  # fmt: skip
    cli("compare", base, worse, "--by", "task.id", "--format", "junit", "--inconclusive", "fail")
    assert ET.fromstring(cli.out).get("failures") == "3"


@pytest.mark.requirement("analytics.04-pull-request")
def test_programs_get_everything(cli, base: Path, worse: Path, margins: Path) -> None:
    arguments = ("--feedback", base / "feedback.csv", "--by", "task.id", "--margins", margins)
    assert cli("compare", base, worse, *arguments, "--format", "json") == 1
    record = json.loads(cli.out)
    assert {key: record[key] for key in ("verdict", "base", "paired_by", "within", "tasks")} == {
        "verdict": "FAIL",
        "base": {"name": str(base), "sessions": 40},
        "paired_by": ["task.id"],
        "within": [],
        "tasks": 40,
    }
    assert [row["quantity"] for row in record["quantities"][:2]] == [
        "session_success",
        "tool_success",
    ]
    found = compare(base, worse, by="task.id", margins=margins, feedback=base / "feedback.csv")
    assert found.records == record["quantities"]
    assert list(found.frame["quantity"]) == [row["quantity"] for row in record["quantities"]]
    assert list(found.tools["tool_name"]) == [row["tool_name"] for row in record["tools"]]


def test_two_parts_of_one_folder_are_told_apart_by_conditions(cli, base: Path) -> None:
    arguments = ("--base-where", "outcome=ok", "--new-where", "outcome!=ok", "--format", "json")
    assert cli("compare", base, *arguments) == 3
    record = json.loads(cli.out)
    assert (record["base"], record["new"]) == (
        {"name": "outcome=ok", "sessions": 36},
        {"name": "outcome!=ok", "sessions": 4},
    )


@pytest.mark.requirement("analytics.04-self-check")
def test_base_against_itself_says_how_often_the_gate_fails(cli, base: Path) -> None:
    assert cli("compare", base, "--self-check", "--splits", "20") == 0
    assert cli.out.splitlines()[0].split() == ["quantity", "FAIL", "INCONCLUSIVE", "PASS", "splits"]
    assert "20 random splits of BASE into halves of 20 sessions" in cli.out
    assert cli("compare", base, "--self-check", "--splits", "20", "--format", "json") == 0
    assert json.loads(cli.out) == self_check(base, splits=20).record()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "compare takes BASE and NEW"),
        (("NEW", "--by", "task.id", "--within", "x"), "--by and --within"),
        (("NEW", "--by", "taks"), "no span or resource of these sessions has the attribute 'taks'"),
        (("NEW", "--margins", "nothing.toml"), "nothing.toml: No such file"),
        (("--self-check", "--format", "junit"), "--self-check prints a table or json"),
        (("NEW", "--self-check"), "--self-check takes BASE alone"),
    ],
)
def test_mistakes_end_with_two_and_a_line(cli, base: Path, arguments, message: str) -> None:
    words = [base if word == "NEW" else word for word in arguments]
    assert cli("compare", base, *words) == 2
    assert message in cli.err
    assert cli.err.count("\n") == 1


def test_names_from_traces_do_no_harm(cli, tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    names = ['<b>&"|*', "plain"]
    write_sessions(folder, [Session(names, more={"task.id": str(n)}) for n in range(12)])
    assert cli("compare", folder, folder, "--format", "markdown") == 3
    assert '&lt;b>&"\\|\\*' in cli.out
    margin = tmp_path / "margins.toml"
    margin.write_text(
        "[[margin]]\nquantity = 'tool_success'\nof = '<b>&\"|*'\nabsolute = 0.5\n", encoding="utf-8"
    )
    cli("compare", folder, folder, "--margins", margin, "--format", "junit")
    (case,) = ET.fromstring(cli.out).iter("testcase")
    assert case.get("name") == 'tool_success <b>&"|*'
