"""The pages about recording say what the code does: attributes, names, and a tutorial that runs."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest

import toolspan.instrumentation
from support.recording import Recorded, recording
from support.reference import REPOSITORY
from toolspan.conventions import attributes, environment
from toolspan.instrumentation.metrics import DURATION_METRICS
from toolspan.instrumentation.track import _options

ATTRIBUTES = (REPOSITORY / "docs/attributes.md").read_text(encoding="utf-8")
REFERENCE = (REPOSITORY / "docs/reference/instrumentation.md").read_text(encoding="utf-8")
TUTORIAL = (REPOSITORY / "docs/tutorial/decorators.md").read_text(encoding="utf-8")
INSTRUMENTATION = REPOSITORY / "instrumentation/toolspan/instrumentation"

CONSTANTS = {
    name: value
    for name, value in vars(attributes).items()
    if name.isupper() and isinstance(value, str)
}


def rows(page: str, heading: str | None = None) -> list[list[str]]:
    """The cells of the page's tables, or of those below one heading."""
    if heading is not None:
        page = page.split(f"\n## {heading}\n")[1].split("\n## ", maxsplit=1)[0]
    lines = [line for line in page.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def documented() -> set[str]:
    """The attributes that are rows of their own."""
    return {
        name
        for cells in rows(ATTRIBUTES)
        if len(cells) == 4
        for name in re.findall(r"`([a-z_]+\.[a-z_.]+)`", cells[0])
    }


def used_in_code() -> set[str]:
    """The attribute constants that the instrumentation names anywhere."""
    names = set()
    for path in INSTRUMENTATION.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.ImportFrom)
                and node.module == "toolspan.conventions.attributes"
            ):
                names |= {alias.name for alias in node.names}
    return {CONSTANTS[name] for name in names if name in CONSTANTS}


# Read from other libraries' spans, or values and names of events; never put on a span by us.
READ_ONLY = {
    "_OTHER",
    "service.name",
    "gen_ai.agent.call.id",
    "gen_ai.evaluation.result",
    "gen_ai.provider.name",
    "gen_ai.response.model",
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_write.input_tokens",
}


@pytest.mark.requirement("design.3-attributes-documented")
def test_every_attribute_of_ours_is_documented_and_no_other():
    ours = {value for value in CONSTANTS.values() if value.startswith("toolspan.")}
    assert {name for name in documented() if name.startswith("toolspan.")} == ours


@pytest.mark.requirement("design.3-attributes-documented")
def test_every_attribute_the_code_names_is_documented_and_the_other_way_round():
    imported = {name for name in documented() if name.startswith("toolspan.feedback.")}
    assert documented() - imported == used_in_code() - READ_ONLY - imported


def test_every_metric_and_every_switch_is_documented():
    metrics = {
        name for cells in rows(ATTRIBUTES, "Metrics") for name in re.findall("`(.*?)`", cells[0])
    }
    assert set(DURATION_METRICS.values()) <= metrics
    switches = {cells[0].strip("`") for cells in rows(ATTRIBUTES, "Switches")}
    ours = {
        value
        for name, value in vars(environment).items()
        if name.isupper() and isinstance(value, str) and name != "DEFAULT_DIRECTORY"
    }
    internal = {"TOOLSPAN_DOCTOR_REPORT", "TOOLSPAN_SERVICE_NAME"}
    elsewhere = internal | {"TOOLSPAN_DIR", "TOOLSPAN_TARGETS"}
    assert switches - {"variable"} == ours - elsewhere


def test_what_the_tutorial_records_is_documented():
    with recording(content_hash=True) as recorded:
        _run_tutorial()
    found = {key for span in recorded.spans for key in span.attributes or {}}
    found |= {key for span in recorded.spans for e in span.events for key in e.attributes or {}}
    assert found <= documented()
    assert len(found) > 20


@pytest.mark.requirement("design.3-attributes-documented")
def test_every_public_name_has_its_place_in_the_reference():
    headings = re.findall("^### (.*)$", REFERENCE, re.MULTILINE)
    named = {name for heading in headings for name in re.findall("`(.*?)`", heading)}
    assert named == set(toolspan.instrumentation.__all__)


def test_every_option_has_its_row_in_the_reference():
    named = {
        name
        for cells in rows(REFERENCE)
        if len(cells) == 3
        for name in re.findall("`(.*?)`", cells[0])
    }
    assert named == set(_options.AnyOptions.__annotations__)


def test_every_public_name_says_what_it_gives():
    for name in toolspan.instrumentation.__all__:
        assert (getattr(toolspan.instrumentation, name).__doc__ or "").strip(), name


def _run_tutorial() -> dict[str, Any]:
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", TUTORIAL, re.DOTALL):
        exec(compile(block, "tutorial", "exec"), names)
    return names


def test_the_tutorial_runs_and_records_what_it_says(capsys: pytest.CaptureFixture[str]):
    with recording() as recorded:
        _run_tutorial()
    assert capsys.readouterr().out.splitlines() == [
        "A PAGE ABOUT OTTERS",
        "[['a page about otters'], ['a page about gliders']]",
        "the page",
        "an old page",
    ]
    assert _said(recorded, "execute_tool download")["toolspan.attempt.count"] == 3
    assert _said(recorded, "execute_tool search_archive")["toolspan.fallback.from"] == "search_web"
    assert _said(recorded, "execute_tool fetch")["toolspan.outcome"] == "tool_error"
    content = _said(recorded, "execute_tool order")["gen_ai.tool.call.arguments"]
    assert content == '{"customer":{"name":"Ada","email":"[redacted]"},"password":"[redacted]"}'
    assert f"`{content}`" in TUTORIAL
    for span in recorded.spans:
        if span.name in ("invoke_agent Researcher", "execute_tool search"):
            assert (span.attributes or {})["session.id"] in ("news-001", "news-002")


def _said(recorded: Recorded, name: str) -> dict[str, Any]:
    (span,) = [span for span in recorded.spans if span.name == name]
    return dict(span.attributes or {})


@pytest.fixture(autouse=True)
def _forget_redactions(monkeypatch: pytest.MonkeyPatch) -> Any:
    from toolspan.instrumentation.content import _redact, _rules

    monkeypatch.setattr(_rules.rules, "paths", _rules.NO_PATHS)
    yield
    _redact.own_patterns.clear()


@pytest.mark.parametrize(
    "page",
    ["docs/attributes.md", "docs/reference/instrumentation.md", "docs/tutorial/decorators.md"],
)
def test_links_lead_somewhere(page: str):
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    for link in re.findall(r"\]\((?!http)([^)#]+)", text):
        assert ((REPOSITORY / page).parent / Path(link)).exists(), link
