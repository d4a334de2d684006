"""The walls between the floors, as the source files show them: no import, lazy or not, slips by."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import files
from pathlib import Path, PurePosixPath

import pytest
from packaging.requirements import Requirement

from support.reference import REPOSITORY

ROOTS = ("instrumentation", "exporters", "analytics")
PYPROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]

# Where `instrumentation` may import the exporters, inside a function, in one file each: where it
# attaches the processors, and where `record_feedback` writes the events file without a provider.
LAZY_PLACES = ("attach", "track")

# It compiles a template of its own, with as many free variables as the user's function has cells.
OWN_TEXT_ONLY = "instrumentation/attach/_swap.py"


@dataclass(frozen=True)
class Source:
    """One Python file of a floor."""

    path: Path
    floor: str
    inside: PurePosixPath
    """The path below the floor."""

    @property
    def tree(self) -> ast.Module:
        return _parsed(self.path)

    def __str__(self) -> str:
        return f"{self.floor}/{self.inside}"


@dataclass(frozen=True)
class Import:
    """One imported name; `lazy` inside a function, `typing_only` below `if TYPE_CHECKING`."""

    source: Source
    line: int
    module: str
    name: str
    lazy: bool
    typing_only: bool

    def __str__(self) -> str:
        return f"{self.source}:{self.line} imports {self.module} {self.name}".rstrip()


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def sources() -> Iterator[Source]:
    for root in ROOTS:
        for path in sorted((REPOSITORY / root / "toolspan").rglob("*.py")):
            floor, *rest = path.relative_to(REPOSITORY / root / "toolspan").parts
            yield Source(path, floor, PurePosixPath(*rest))


def imports(source: Source) -> Iterator[Import]:
    """Every import statement, and every `import_module("...")` with a literal name."""
    package = ["toolspan", source.floor, *source.inside.parent.parts]

    def visit(node: ast.AST, *, lazy: bool, typing_only: bool) -> Iterator[Import]:
        match node:
            case ast.Import(names=names):
                for alias in names:
                    yield Import(source, node.lineno, alias.name, "", lazy, typing_only)
            case ast.ImportFrom(module=module, names=names, level=level):
                base = package[: len(package) + 1 - level] if level else []
                origin = ".".join([*base, *([module] if module else [])])
                for alias in names:
                    yield Import(source, node.lineno, origin, alias.name, lazy, typing_only)
            case ast.Call(
                func=ast.Name(id="import_module" | "__import__")
                | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(module)), *_],
            ):
                yield Import(source, node.lineno, module, "", lazy, typing_only)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for child in node.body:
                yield from visit(child, lazy=lazy, typing_only=True)
            rest: list[ast.AST] = list(node.orelse)
        else:
            rest = list(ast.iter_child_nodes(node))
        inside = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for child in rest:
            yield from visit(child, lazy=lazy or inside, typing_only=typing_only)

    yield from visit(source.tree, lazy=False, typing_only=False)


def every_import() -> list[Import]:
    return [found for source in sources() for found in imports(source)]


def floor_of(found: Import) -> str | None:
    """The floor that an import names, None for anything that is not ours."""
    words = f"{found.module}.{found.name}".split(".")
    return words[1] if words[0] == "toolspan" else None


# --- the arrows ------------------------------------------------------------------------------


@pytest.mark.requirement("design.2-arrows")
def test_no_floor_names_another_but_the_conventions_save_two_lazy_places():
    crossing = [
        found
        for found in every_import()
        if floor_of(found) not in (None, found.source.floor, "conventions")
    ]
    allowed = [
        found
        for found in crossing
        if found.source.floor == "instrumentation"
        and found.source.inside.parts[0] in LAZY_PLACES
        and floor_of(found) == "exporters"
        and (found.lazy or found.typing_only)
    ]
    assert [str(found) for found in crossing if found not in allowed] == []
    for place in LAZY_PLACES:
        doors = {str(f.source) for f in allowed if f.source.inside.parts[0] == place}
        assert len(doors) <= 1, f"{place} reaches the exporters in more than one file: {doors}"


# --- third parties ---------------------------------------------------------------------------


def modules_of(declared: list[str]) -> set[str]:
    """Every module that the declared distributions bring, by its dotted name."""
    modules = set()
    for line in declared:
        for file in files(Requirement(line).name) or []:
            if file.suffix in {".py", ".so"}:
                stem = file.name.partition(".")[0]
                words = [*file.parent.parts, *([] if stem == "__init__" else [stem])]
                modules.add(".".join(words))
    return modules


@pytest.mark.requirement("design.2-no-framework-import", "pain.13-declared-imports")
def test_what_a_floor_imports_at_module_level_is_declared_and_so_no_framework():
    base = modules_of(PYPROJECT["dependencies"])
    analytics = base | modules_of(PYPROJECT["optional-dependencies"]["analytics"])
    available = {
        "conventions": set(),
        "launcher": set(),
        "instrumentation": base,
        "exporters": base,
        "analytics": analytics,
    }
    undeclared = [
        str(found)
        for found in every_import()
        if not (found.lazy or found.typing_only or floor_of(found) is not None)
        and found.module.partition(".")[0] not in sys.stdlib_module_names
        and not {found.module, f"{found.module}.{found.name}"} & available[found.source.floor]
    ]
    assert undeclared == []


# --- attributes and safety -------------------------------------------------------------------


def names_gen_ai(tree: ast.Module) -> Iterator[int]:
    """Lines that name a `gen_ai.*` attribute, as a constant of the conventions or in quotes."""
    prose = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
                named = name.startswith("GEN_AI_")
            case ast.Constant(value=str(text)):
                named = text.startswith("gen_ai.") and id(node) not in prose
            case _:
                named = False
        if named:
            yield node.lineno


@pytest.mark.requirement("design.2-gen-ai-only-in-record")
def test_in_the_agent_only_the_recorder_names_gen_ai_attributes():
    elsewhere = [
        f"{source}:{line}"
        for source in sources()
        # The names in metrics/ are of histograms, not of attributes; the doctor reads spans in a
        # process of its own.
        if source.floor == "instrumentation"
        and source.inside.parts[0] not in ("record", "metrics")
        and source.inside.parts[:2] != ("attach", "doctor")
        for line in names_gen_ai(source.tree)
    ]
    assert elsewhere == []


@pytest.mark.requirement("design.9-no-eval")
def test_nothing_is_evaluated_or_unpickled():
    dangerous = {"eval", "exec", "pickle", "cPickle", "dill", "marshal", "shelve"}
    found = [
        f"{source}:{node.lineno}"
        for source in sources()
        if str(source) != OWN_TEXT_ONLY
        for node in ast.walk(source.tree)
        if (isinstance(node, ast.Name) and node.id in dangerous)
        or (isinstance(node, ast.alias) and node.name in dangerous)
    ]
    assert found == []


# --- the checks themselves -------------------------------------------------------------------


def imports_of(text: str, floor: str = "instrumentation") -> list[Import]:
    source = Source(Path("nowhere"), floor, PurePosixPath("attach/_x.py"))
    tree = ast.parse(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Source, "tree", property(lambda _: tree))
        return list(imports(source))


def test_every_way_to_import_is_seen():
    found = imports_of(
        "import a.b\n"
        "from a import c\n"
        "from . import near\n"
        "from ..record import _call\n"
        "def f():\n"
        "    import lazy\n"
        "    import_module('named')\n"
        "if TYPE_CHECKING:\n"
        "    import typed\n"
        "else:\n"
        "    import untyped\n"
        "class C:\n"
        "    import early\n"
    )
    assert [(f.module, f.name, f.lazy, f.typing_only) for f in found] == [
        ("a.b", "", False, False),
        ("a", "c", False, False),
        ("toolspan.instrumentation.attach", "near", False, False),
        ("toolspan.instrumentation.record", "_call", False, False),
        ("lazy", "", True, False),
        ("named", "", True, False),
        ("typed", "", False, True),
        ("untyped", "", False, False),
        ("early", "", False, False),
    ]


def test_every_way_to_name_a_gen_ai_attribute_is_seen():
    tree = ast.parse(
        "'''gen_ai.tool.name in prose'''\n"
        "from toolspan.conventions.attributes import GEN_AI_TOOL_NAME\n"
        "x = attributes.GEN_AI_TOOL_NAME\n"
        "y = 'gen_ai.tool.name'\n"
        "z = 'OTEL_INSTRUMENTATION_GENAI_CAPTURE'\n"
    )
    assert list(names_gen_ai(tree)) == [2, 3, 4]
