"""Each framework that is recorded has an extra, which asks for a version that is recorded."""

import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from support.cached_environments import LISTED
from support.reference import REPOSITORY

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# The entry points of the package itself, and those of what is imported by another name.
ITSELF = {"toolspan"}
CALLED = {"langchain": "langgraph"}
OLDEST = {"mcp": "mcp-1-oldest"}


def extras_of_instrumentors() -> list[str]:
    names = PROJECT["entry-points"]["opentelemetry_instrumentor"].keys() - ITSELF
    bare = (name.removeprefix("toolspan_").replace("_", "-") for name in names)
    return sorted(CALLED.get(name, name) for name in bare)


def oldest_tried(extra: str) -> Path:
    """The lock of the oldest version that is run; of most on-demand frameworks there is but one."""
    oldest = LISTED / f"{OLDEST.get(extra, f'{extra}-oldest')}.txt"
    return oldest if oldest.exists() else LISTED / f"{extra}.txt"


@pytest.mark.requirement("capability.N-framework-extras")
@pytest.mark.parametrize("extra", extras_of_instrumentors())
def test_each_instrumentor_has_an_extra_that_begins_with_the_oldest_version_tried(
    extra: str,
) -> None:
    wanted = [Requirement(text) for text in PROJECT["optional-dependencies"][extra]]
    locked = oldest_tried(extra).read_text(encoding="utf-8")
    oldest = dict(
        line.split(" ;")[0].strip().split("==") for line in locked.splitlines() if "==" in line
    )
    assert wanted
    for requirement in wanted:
        (bound,) = requirement.specifier
        assert bound.operator == ">="
        tried = [int(part) for part in oldest[requirement.name].split(".")]
        asked = [int(part) for part in bound.version.split(".")]
        assert tried[: len(asked)] == asked


@pytest.mark.requirement("capability.N-framework-extras")
def test_no_framework_comes_with_the_base_install_or_with_all() -> None:
    names = {Requirement(text).name for text in PROJECT["dependencies"]}
    assert names.isdisjoint({"mcp", "openai-agents", "langchain", "smolagents"})
    (everything,) = PROJECT["optional-dependencies"]["all"]
    assert Requirement(everything).extras.isdisjoint(extras_of_instrumentors())


def test_the_entry_points_are_those_that_are_installed() -> None:
    installed = {
        point.name
        for point in entry_points(group="opentelemetry_instrumentor")
        if point.value.startswith("toolspan.")
    }
    assert installed == PROJECT["entry-points"]["opentelemetry_instrumentor"].keys()
