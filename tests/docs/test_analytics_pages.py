"""The pages on the analytics name what there is, and what they show runs."""

import inspect
import json
import re
import shlex
import shutil
import tomllib
from pathlib import Path

import pytest

from support.reference import REPOSITORY
from toolspan.analytics import Traces
from toolspan.analytics._check import read_rules
from toolspan.analytics.traces import TABLES
from toolspan.launcher import main
from toolspan.launcher._verbs import VERBS

DOCS = REPOSITORY / "docs"
NEWSLETTER = REPOSITORY / "tests" / "analytics" / "data" / "newsletter"
OWN_PAGES = {"report", "recommend", "correlate"}
# Its examples need two runs: tests/docs/test_comparison_docs.py has them.
OF_TWO_RUNS = {"compare"}
EXAMPLE_RULES = REPOSITORY / "examples" / "rules.toml"


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def fenced(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with traces in `toolspan-data` and the example rules."""
    shutil.copytree(NEWSLETTER, tmp_path / "toolspan-data")
    shutil.copy(EXAMPLE_RULES, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TOOLSPAN_DIR", raising=False)
    return tmp_path


def test_every_verb_over_traces_is_in_the_reference() -> None:
    text = page("reference/cli.md")
    table, _, rest = text.partition("The verbs `")
    named = set(re.findall(r"^\| `([a-z-]+)[^`]*` \|", table, re.MULTILINE))
    own_pages = set(re.findall(r"`(\w+)`", f"`{rest.partition('have pages')[0]}"))
    verbs = {name for name, verb in VERBS.items() if verb.extra == "analytics" and "." not in name}
    assert own_pages == OWN_PAGES
    assert named | own_pages == verbs | own_pages


def test_every_method_is_in_the_reference_with_what_it_takes() -> None:
    text = page("reference/python.md")
    for name, parameters in re.findall(r"^\| `(\w+)\(([^)]*)\)` \|", text, re.MULTILINE):
        taken = [p for p in inspect.signature(getattr(Traces, name)).parameters if p != "self"]
        taken = ["id" if (name, p) == ("session", "session_id") else p for p in taken]
        assert sorted(parameters.split(", ")) == sorted(taken), name
    assert all(f"{table}" in text for table in TABLES)


@pytest.mark.parametrize("name", ["reference/python.md", "how-to/notebooks.md", "how-to/watch.md"])
def test_the_python_shown_runs(work: Path, name: str) -> None:
    space: dict[str, object] = {}
    for code in fenced(page(name), "python"):
        exec(code, space)
    traces = space["traces"]
    assert isinstance(traces, Traces)
    traces.close()


@pytest.mark.parametrize("name", ["reference/cli.md", "how-to/status-and-checks.md"])
def test_the_commands_shown_run(work: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = page(name)
    commands = [line for block in fenced(text, "(?:sh)?") for line in block.splitlines()]
    commands = [line for line in commands if line.startswith("toolspan ")]
    assert len(commands) >= 3
    for command in commands:
        words = [word for word in shlex.split(command)[1:] if not word.startswith("https://")]
        words = [word for word in words if word != "--webhook"]
        assert main(words) in (0, 3), command
        assert capsys.readouterr().out


@pytest.mark.parametrize(
    "verb",
    [
        name
        for name, verb in VERBS.items()
        if verb.extra == "analytics" and "." not in name and name not in OWN_PAGES | OF_TWO_RUNS
    ],
)
def test_the_examples_of_help_are_understood(
    work: Path, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([verb, "--help"])
    assert ended.value.code == 0
    help_text = capsys.readouterr().out
    found = re.findall(rf"^  (toolspan {verb}(?: .*?)?)(?:  +\S.*)?$", help_text, re.MULTILINE)
    for command in found:
        words = shlex.split(command.partition(" > ")[0])[1:]
        if "--watch" in words or (verb == "watch" and "--once" not in words):
            words += ["--times", "1"]
        words = [word for word in words if word != "runs/"]
        assert main(words) in (0, 1, 2, 3), command
        said = capsys.readouterr()
        # What the example asks for may not be in these traces; that is all that may be wrong.
        assert not said.err.startswith("usage"), command
        if said.err.startswith("toolspan:"):
            assert "such an attribute" in said.err, command


def test_the_rules_shown_are_those_of_the_example(work: Path) -> None:
    (shown,) = fenced(page("how-to/status-and-checks.md"), "toml")
    assert tomllib.loads(shown) == tomllib.loads(EXAMPLE_RULES.read_text(encoding="utf-8"))
    assert len(read_rules(EXAMPLE_RULES)) == 5


def test_the_example_rules_give_their_verdicts(work: Path, capsys) -> None:
    assert main(["check", "rules.toml", "--format", "json"]) == 3
    results = {(v["rule"].split(" (")[0], v["result"]) for v in json.loads(capsys.readouterr().out)}
    assert results == {
        ("tools work", "too_little_data"),
        ("nothing hangs", "passed"),
        ("search is quick", "too_little_data"),
        ("agents succeed", "too_little_data"),
        ("the day's budget", "passed"),
    }
