"""Every handler, restored context and `finally` of the recorder is needed: without it, a test fails.

Each mutant takes one of them out of a copy of the package and runs the recorder's tests on it.
`make mutations` leaves what noticed each in `docs/results/mutations.md`.
"""

import ast
import datetime as dt
import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.reference import REPOSITORY

SOURCE = REPOSITORY / "instrumentation" / "toolspan"
FILES = sorted(
    f"{floor.name}/{path.name}"
    for floor in (SOURCE / "instrumentation" / name for name in ("record", "track", "identity"))
    for path in floor.glob("*.py")
)
TESTS = [
    f"tests/instrumentation/{place}"
    for place in (
        "record/test_context_restored.py",  # those that notice most come first
        "record/test_hostile_hosts.py",
        "track",
        "record",
        "identity",
        "metrics",
        "test_races.py",
    )
]


class Mutation(ast.NodeTransformer):
    """Takes out the `target`-th thing of `kind`; counts them all when there is no target."""

    def __init__(self, kind: str, target: int | None = None) -> None:
        self.kind = kind
        self.target = target
        self.lines: list[int] = []

    def _is_target(self, line: int) -> bool:
        self.lines.append(line)
        return len(self.lines) - 1 == self.target

    def visit_Try(self, node: ast.Try) -> ast.AST:
        self.generic_visit(node)
        if self.kind == "finally" and node.finalbody and self._is_target(node.finalbody[0].lineno):
            node.finalbody = [ast.copy_location(ast.Pass(), node.finalbody[0])]
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        self.generic_visit(node)
        caught = ast.unparse(node.type) if node.type else ""
        if (
            self.kind == "handler"
            and caught in ("BaseException", "GeneratorExit")
            and self._is_target(node.lineno)
        ):
            node.body = [ast.copy_location(ast.Raise(), node.body[0])]
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        called = ast.unparse(node.value.func) if isinstance(node.value, ast.Call) else ""
        if (
            self.kind == "detach"
            and called in ("detach", "leave", "leave_dropped")
            and self._is_target(node.lineno)
        ):
            return ast.copy_location(ast.Pass(), node)
        return node


def mutants() -> Iterator[tuple[str, str, int, int]]:
    for file in FILES:
        tree = ast.parse((SOURCE / "instrumentation" / file).read_text(encoding="utf-8"))
        for kind in ("handler", "detach", "finally"):
            counting = Mutation(kind)
            counting.visit(tree)
            for number, line in enumerate(counting.lines):
                yield file, kind, number, line


MUTANTS = list(mutants())
IDS = [f"{file}:{line}-{kind}" for file, kind, _, line in MUTANTS]
RESULTS = """\
# What notices each mutant of the recorder

`make mutations`: each row is the recorder with one exception handler, one restored context or one
`finally` taken out, and the first test that then fails.

| taken out | noticed by | on |
|---|---|---|
"""


def note(result: Path, mutant: str, noticed_by: str) -> None:
    """Put one row into the table of results; several processes may do so at once."""
    with result.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        rows = dict(re.findall(r"^\| `(\S+)` (\|.*)$", file.read(), re.MULTILINE))
        rows[mutant] = f"| `{noticed_by}` | {dt.datetime.now(dt.UTC).date()} |"
        file.truncate(0)
        file.write(RESULTS)
        file.writelines(f"| `{each}` {rows[each]}\n" for each in IDS if each in rows)


@pytest.mark.slow
@pytest.mark.requirement("capability.A2-ends-once", "capability.A3-base-exception")
@pytest.mark.parametrize(("file", "kind", "number", "line"), MUTANTS, ids=IDS)
def test_a_test_notices_when_it_is_taken_out(
    tmp_path: Path, file: str, kind: str, number: int, line: int
):
    shutil.copytree(SOURCE, tmp_path / "toolspan", ignore=shutil.ignore_patterns("__pycache__"))
    mutated = tmp_path / "toolspan" / "instrumentation" / file
    tree = ast.parse(mutated.read_text(encoding="utf-8"))
    mutated.write_text(ast.unparse(Mutation(kind, number).visit(tree)), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-n", "0", *TESTS],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 1, f"nothing noticed that {file}:{line} lost its {kind}"
    failed = re.search(r"^(?:FAILED|ERROR) tests/instrumentation/(\S+)", done.stdout, re.MULTILINE)
    if target := os.environ.get("MUTATION_RESULTS"):
        note(REPOSITORY / target, f"{file}:{line}-{kind}", failed[1] if failed else "?")


def test_the_table_of_results_keeps_one_row_for_each_mutant(tmp_path: Path):
    result = tmp_path / "mutations.md"
    note(result, IDS[1], "a.py::test_one")
    note(result, IDS[0], "b.py::test_two")
    note(result, IDS[1], "c.py::test_three")
    rows = result.read_text(encoding="utf-8").removeprefix(RESULTS).splitlines()
    assert [row.split("|")[1:3] for row in rows] == [
        [f" `{IDS[0]}` ", " `b.py::test_two` "],
        [f" `{IDS[1]}` ", " `c.py::test_three` "],
    ]


def test_there_is_something_to_take_out():
    kinds = [kind for _, kind, _, _ in MUTANTS]
    assert min(kinds.count(kind) for kind in ("handler", "detach", "finally")) >= 5
