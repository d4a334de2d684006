"""The pages on comparing runs say what is so: every command, column, quantity and margin."""

import re
import shlex
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from support.reference import REPOSITORY
from support.sessions import Session, write_sessions
from toolspan.analytics.comparison import NAMES, QUANTITIES, VERDICTS, Margin, compare_runs
from toolspan.analytics.comparison._failed_calls import COLUMNS as failed_calls
from toolspan.analytics.comparison._margins import _KEYS
from toolspan.analytics.comparison._tool_costs import COLUMNS as tool_costs
from toolspan.launcher import main

DOCS = REPOSITORY / "docs"
BLOCK = re.compile(
    r"(?:<!-- file: (?P<file>\S+) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
GUIDE = "how-to/compare-runs.md"


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def rows(title: str) -> list[list[str]]:
    text = page("reference/comparison.md").split(f"\n## {title}\n")[1].split("\n## ")[0]
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in text.splitlines()
        if line.startswith("| `")
    ]


def names(title: str) -> list[str]:
    return [name for cells in rows(title) for name in re.findall(r"`([^`]+)`", cells[0])]


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Runs of the same twenty tasks in `main` and `branch`, and of two versions in `data`."""
    for folder, versions in (("main", ["1.4"]), ("branch", ["1.5"]), ("data", ["1.4", "1.5"])):
        (tmp_path / folder).mkdir()
        write_sessions(
            tmp_path / folder,
            [
                Session(
                    ["search_web", "read"],
                    more={"task.id": f"t{number}", "service.version": version},
                    ms=100 + number,
                    failed=number == 3,
                )
                for version in versions
                for number in range(20)
            ],
        )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_guide_does_what_it_says(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ended = []
    for file, language, text in BLOCK.findall(page(GUIDE)):
        if file:
            (runs / file).write_text(text, encoding="utf-8")
        elif language == "sh":
            ended += [main(shlex.split(command)[1:]) for command in text.splitlines()]
        elif "compare(" in text and language == "python":
            exec(compile(text, GUIDE, "exec"), {})
    capsys.readouterr()
    # Twenty tasks are too few for these margins; the self-check is sound.
    assert ended == [3, 3, 3, 0]


def test_the_examples_of_help_run(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (runs / "branch").rename(runs / "pull-request")
    (margins,) = [text for file, _, text in BLOCK.findall(page(GUIDE)) if file == "margins.toml"]
    (runs / "margins.toml").write_text(margins, encoding="utf-8")
    with pytest.raises(SystemExit):
        main(["compare", "--help"])
    examples = re.findall(
        r"^  (toolspan compare .*?)(?:   .*)?$", capsys.readouterr().out, re.MULTILINE
    )
    assert [main(shlex.split(example)[1:]) for example in examples] == [3, 3, 3, 0]


def test_tasks_are_named_as_the_guide_says(tmp_path: Path, monkeypatch) -> None:
    (code,) = [text for _, kind, text in BLOCK.findall(page(GUIDE)) if "track_workflow" in text]
    tasks = [SimpleNamespace(id=f"t{n}", prompt="?") for n in range(2)]
    agent = SimpleNamespace(run=lambda prompt: prompt)
    exec(compile(code, GUIDE, "exec"), {"tasks": tasks, "agent": agent})


def test_the_job_for_ci_is_yaml_and_its_gate_runs(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (text,) = [text for _, kind, text in BLOCK.findall(page(GUIDE)) if kind == "yaml"]
    steps = yaml.safe_load(text)["jobs"]["compare"]["steps"]
    (gate,) = [step["run"] for step in steps if step.get("name") == "compare"]
    (margins,) = [text for file, _, text in BLOCK.findall(page(GUIDE)) if file == "margins.toml"]
    (runs / "margins.toml").write_text(margins, encoding="utf-8")
    assert main(shlex.split(gate.replace("\\\n", " "))[1:]) == 0
    capsys.readouterr()
    assert (runs / "comparison.md").read_text(encoding="utf-8").startswith("### ")
    assert (runs / "comparison.xml").read_text(encoding="utf-8").startswith("<?xml")


def test_every_quantity_is_documented_with_its_margin() -> None:
    found = {cells[0].strip("`"): cells[2].strip() for cells in rows("Quantities")}
    assert set(found) == set(NAMES)
    for name, quantity in QUANTITIES.items():
        shown = ""
        if quantity.margin is not None:
            unit = "%" if quantity.kind == "relative" else "points"
            shown = f"{100 * quantity.margin:g} {unit}"
        assert found[name] == shown, name


def test_every_verdict_key_and_column_is_documented_and_no_other() -> None:
    from support.runs import make_run

    run = make_run(9, is_ok=[1.0] * 9, calls=[(0, "search", True, 1.0)])
    found = compare_runs(run, run, margins=[Margin("session_success", absolute=0.1)])
    assert names("Verdicts") == list(VERDICTS)
    assert sorted(names("Margins")) == sorted(_KEYS)
    assert names("Columns") == list(found.records[0])
    text = page("reference/comparison.md").split("Columns of `tools`:")[1].split("\n## ")[0]
    assert sorted(re.findall(r"`(\w+)`", text)) == sorted(found.tool_records[0])


def test_every_column_of_costs_and_failed_calls_is_documented() -> None:
    for title, columns in (("Costs", tool_costs), ("Failed calls", failed_calls)):
        text = page("reference/comparison.md").split(f"\n## {title}\n")[1].split("\n## ")[0]
        text = text.split("One row is a tool")[1]
        assert re.findall(r"`(\w+)`", text) == list(columns), title
