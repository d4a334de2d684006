"""Emitters are known by their scope, from one table that live and offline use share."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.reference import REPOSITORY
from toolspan.conventions import scopes

FLOORS = ("instrumentation", "exporters", "analytics")
# Names that cannot be anything else, such as a distribution's.
SCOPES = {
    name: value
    for name, value in vars(scopes).items()
    if isinstance(value, str) and not name.startswith("_") and ({".", "-"} & set(value))
}


def sources(floor: str) -> Iterator[tuple[Path, ast.Module]]:
    for path in (REPOSITORY / floor / "toolspan").rglob("*.py"):
        if path.name != "scopes.py":
            yield path, ast.parse(path.read_text(encoding="utf-8"))


@pytest.mark.requirement("capability.F-known-scopes")
def test_the_name_of_a_scope_is_written_down_once() -> None:
    assert len(SCOPES) >= 8
    again = [
        f"{path.relative_to(REPOSITORY)}:{node.lineno} {node.value}"
        for floor in FLOORS
        for path, tree in sources(floor)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value in SCOPES.values()
    ]
    assert again == []


@pytest.mark.requirement("capability.F-known-scopes")
def test_what_is_mended_live_is_known_offline() -> None:
    used = {
        floor: {
            node.attr
            for _, tree in sources(floor)
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "scopes"
        }
        for floor in FLOORS
    }
    both = {"TOOLSPAN", "MCP_PYTHON_SDK"}
    assert both <= used["instrumentation"]
    assert both <= used["analytics"]
