"""The pages about targets, doctor and MCP say what the code does."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from support.reference import REPOSITORY
from toolspan.instrumentation.attach.targets import targets_from_value
from toolspan.instrumentation.attach.targets._model import Kind, Origin
from toolspan.instrumentation.attach.targets._read import _ALL_OPTIONS, _OPTIONS, _TESTS

DOCS = REPOSITORY / "docs"
REFERENCE = DOCS / "reference" / "targets.md"
PAGES = [REFERENCE, *(DOCS / "how-to" / f"{name}.md" for name in ("targets", "patterns"))]


def table(page: Path, heading: str) -> list[list[str]]:
    """The rows of the tables below a heading, cells without backquotes."""
    section = page.read_text(encoding="utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows]
    return [row for row in cells if row[0].startswith("`")]


def test_the_reference_lists_every_key_for_the_kinds_that_take_it() -> None:
    listed = {row[0].strip("`"): row[1] for row in table(REFERENCE, "An entry")}
    assert listed.keys() == _ALL_OPTIONS
    for key, kinds in listed.items():
        taking = [kind for kind in Kind if key in _OPTIONS[kind] or key in ("target", "kind")]
        assert kinds == (
            "every" if len(taking) == len(Kind) else ", ".join(sorted(taking, key=ORDER))
        )


ORDER = ["tool", "agent", "workflow", "step", "llm", "attempt"].index


def test_the_reference_lists_every_source_and_every_test() -> None:
    sources = [row[0] for row in table(REFERENCE, "A value")]
    assert sources[1:] == [f"`{{{one}: NAME}}`" for one in Origin if one is not Origin.FIXED]
    tests = [row[0].strip("`") for row in table(REFERENCE, "A failure")]
    assert tests == [*_TESTS, "result", "error_type"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}-{page.stem}")
def test_every_declared_target_of_the_pages_is_read_without_a_mistake(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    read = 0
    for language, block in re.findall(
        r"^```(yaml|toml)\n(.*?)^```", text, re.MULTILINE | re.DOTALL
    ):
        for value in documents(language, block):
            targets, mistakes = targets_from_value(value, page.name)
            assert mistakes == []
            read += len(targets)
    assert read >= 2


def documents(language: str, block: str) -> list[object]:
    """What a block declares: a whole file, some entries of one, or options of an entry."""
    if language == "toml":
        return [tomllib.loads(block)["tool"]["toolspan"]]
    if block.startswith("instrumentation/"):
        return []
    entry = {"target": "module:function", "kind": "tool"}
    if block.startswith("    failure"):
        return [[{**entry, **yaml.safe_load(line)}] for line in block.splitlines()]
    return [yaml.safe_load(block)]


def test_links_between_the_pages_lead_somewhere() -> None:
    for page in (*DOCS.glob("how-to/*.md"), *DOCS.glob("reference/*.md")):
        for link in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            if "://" not in link:
                assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_the_compatibility_page_names_versions_that_are_locked() -> None:
    page = (DOCS / "reference" / "mcp-compatibility.md").read_text(encoding="utf-8")
    environments = REPOSITORY / "tests" / "environments"
    locked = "\n".join(path.read_text() for path in environments.glob("*.txt"))
    names = {
        "SDK": "mcp",
        "FastMCP": "fastmcp",
        "OpenLLMetry": "opentelemetry-instrumentation-mcp",
        "Logfire": "logfire",
        "OpenInference": "openinference-instrumentation-mcp",
    }
    for name, version in set(re.findall(rf"\b({'|'.join(names)}) (\d+\.\d+\.\d+)", page)):
        assert f"{names[name]}=={version}" in locked
