"""Reach the classes and functions of the script being run.

No import hook sees `python agent.py`: the interpreter reads, compiles and runs the file itself. But
it first asks `sys.path_hooks` whether the path is something to import from, as a zip archive is.
For a script that holds targets the answer here is yes, and the code handed over is the script's
own with one call after each definition that a target names. Line numbers, `sys.path`, `sys.argv`
and what `__main__` says about itself stay as they are without us. A script that holds no target,
or that does not compile, is left to the interpreter.
"""

import ast
import importlib.abc
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import CodeType, ModuleType
from typing import Any, Final

from toolspan.instrumentation.attach.targets import MAIN_NAMES, Pattern, names_of_script

_log = logging.getLogger("toolspan")

_SUFFIXES: Final = (".py", ".pyw", "")  # scripts in a `bin` folder have none

Apply = Callable[[ModuleType], None]
Patterns = Callable[[Sequence[str]], list[Pattern]]

_apply: list[Apply] = []


class ScriptWatcher:
    """Takes over the running of scripts that hold a target: an entry of `sys.path_hooks`."""

    def __init__(self, patterns: Patterns, apply: Apply) -> None:
        self._patterns = patterns
        self._apply = apply

    def start(self) -> None:
        """Look at scripts from now on."""
        sys.path_hooks.insert(0, self)
        _apply.append(self._apply)

    def stop(self) -> None:
        """Leave scripts alone; one that runs already calls nobody from now on."""
        if self in sys.path_hooks:
            sys.path_hooks.remove(self)
        if self._apply in _apply:
            _apply.remove(self._apply)

    def __call__(self, path: str) -> "_ScriptImporter":
        suffix = os.path.splitext(path)[1]  # noqa: PTH122  # asked often
        if suffix not in _SUFFIXES or not os.path.isfile(path):  # noqa: PTH113
            raise ImportError(path)
        try:
            code = self._code(path, [*MAIN_NAMES[:1], *names_of_script(path)])
        except Exception:  # whatever is wrong with it, the interpreter says it better
            code = None
        if code is None:
            raise ImportError(path)
        return _ScriptImporter(path, code)

    def main_code(self, name: str, loader: Any) -> CodeType | None:
        """The code of a module run as `python -m name`, None where no target is in it."""
        if name in MAIN_NAMES and not hasattr(loader, "path"):
            return None
        try:
            path = loader.get_filename(name)
            names = [MAIN_NAMES[0], name, name.removesuffix(".__main__"), *names_of_script(path)]
            return self._code(path, names, native=False)
        except Exception:
            return None

    def _code(self, path: str, names: Sequence[str], *, native: bool = True) -> CodeType | None:
        patterns = self._patterns(names)
        if not patterns:
            return None
        with open(path, "rb") as file:  # noqa: PTH123  # on the way to every start
            source = file.read()
        tree = ast.parse(source, path)
        if not _mark_definitions(tree, patterns):
            return None
        if native:
            _insert_first(tree, _call("entered"))
        return compile(tree, path, "exec", dont_inherit=True)


class _ScriptImporter(importlib.abc.PathEntryFinder, importlib.abc.InspectLoader):
    """Finds and loads exactly one module: the script, as `__main__`."""

    def __init__(self, path: str, code: CodeType) -> None:
        self.path = path
        self.code = code

    def find_spec(self, fullname: str, target: ModuleType | None = None) -> ModuleSpec | None:
        del target
        if fullname not in MAIN_NAMES:
            return None
        spec = ModuleSpec(fullname, self, origin=self.path)
        spec.has_location = True
        return spec

    def is_package(self, fullname: str) -> bool:
        del fullname
        return False

    def get_source(self, fullname: str) -> str | None:
        return SourceFileLoader(fullname, self.path).get_source(fullname)

    def get_code(self, fullname: str) -> CodeType:
        """The code, on the way restoring `sys.path` to what a plain script has."""
        del fullname
        if sys.path and sys.path[0] == self.path:
            if sys.flags.safe_path:
                del sys.path[0]
            else:
                sys.path[0] = os.path.dirname(os.path.realpath(self.path))  # noqa: PTH120
        sys.path_importer_cache.pop(self.path, None)
        return self.code


def entered() -> None:
    """Called first thing by the script: make `__main__` say what it says of a plain script."""
    namespace = sys._getframe(1).f_globals
    namespace["__spec__"] = None
    namespace["__package__"] = None
    namespace["__loader__"] = SourceFileLoader(namespace["__name__"], namespace["__file__"])
    if sys.version_info < (3, 14):
        namespace["__cached__"] = None


def defined() -> None:
    """Called by the script after each definition that a target names."""
    module = sys.modules.get(sys._getframe(1).f_globals.get("__name__", ""))
    if module is None or vars(module) is not sys._getframe(1).f_globals:
        return
    for apply in _apply:
        apply(module)


def _mark_definitions(tree: ast.Module, patterns: Sequence[Pattern]) -> bool:
    """Put a call of `defined` after each statement that binds a wanted name; whether any does."""
    marked = False
    for body in _bodies(tree):
        position = 0
        while position < len(body):
            statement = body[position]
            if any(
                pattern.matches_name(0, name) for name in _bound(statement) for pattern in patterns
            ):
                call = _call("defined")
                ast.copy_location(call, statement)
                call.lineno = call.end_lineno = statement.end_lineno or statement.lineno
                body.insert(position + 1, ast.fix_missing_locations(call))
                marked = True
                position += 1
            position += 1
    return marked


def _bodies(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """Every list of statements that runs in the module's own namespace."""
    for name in ("body", "orelse", "finalbody"):
        body = getattr(node, name, None)
        if isinstance(body, list):
            yield body
            for statement in body:
                if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    yield from _bodies(statement)
    for name in ("handlers", "cases"):
        for part in getattr(node, name, ()):
            yield from _bodies(part)


def _bound(statement: ast.stmt) -> Iterator[str]:
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield statement.name
        case ast.Assign():
            yield from (one.id for one in statement.targets if isinstance(one, ast.Name))
        case ast.AnnAssign(target=ast.Name() as name) if statement.value is not None:
            yield name.id
        case ast.ImportFrom() | ast.Import():
            yield from (alias.asname or alias.name for alias in statement.names)


def _call(function: str) -> ast.Expr:
    """`__import__(this module).function()`: a statement that leaves no name behind."""
    text = f"__import__({__name__!r}, fromlist=({function!r},)).{function}()"
    statement = ast.parse(text).body[0]
    assert isinstance(statement, ast.Expr)
    return statement


def _insert_first(tree: ast.Module, call: ast.Expr) -> None:
    """Insert after the docstring and the `from __future__` imports, which must come first."""
    position = 0
    for statement in tree.body:
        is_docstring = (
            position == 0
            and isinstance(statement, ast.Expr)
            and isinstance(statement.value, ast.Constant)
        )
        is_future = isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
        if not (is_docstring or is_future):
            break
        position += 1
    line = tree.body[position].lineno if position < len(tree.body) else 1
    for node in ast.walk(call):
        if isinstance(node, ast.expr | ast.stmt):
            node.lineno = node.end_lineno = line
            node.col_offset = node.end_col_offset = 0
    tree.body.insert(position, call)
