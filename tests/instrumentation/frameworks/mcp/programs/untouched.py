"""Instruments MCP with all its modules imported, takes it back, prints what is not as it was."""

import contextlib
import importlib
import pkgutil
import sys
import types

import mcp
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from toolspan.instrumentation.frameworks.mcp import McpInstrumentor

PACKAGES = ("mcp", "fastmcp")


def import_all(package):
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        if found.name not in ("mcp.cli", "mcp.__main__"):
            with contextlib.suppress(ImportError):  # an extra that is not installed
                module = importlib.import_module(found.name)
                if found.ispkg:
                    import_all(module)


def members(module):
    for name, value in list(vars(module).items()):
        if isinstance(value, type) and value.__module__ == module.__name__:
            yield from ((f"{name}.{key}", inner) for key, inner in list(vars(value).items()))
        elif getattr(value, "__module__", None) == module.__name__:
            yield name, value


def everything():
    """Each function's identity and code, each other member's identity."""
    found = {}
    for module in [one for name, one in sys.modules.items() if name.partition(".")[0] in PACKAGES]:
        for name, value in members(module):
            if ".__" in name and not isinstance(value, types.FunctionType):
                continue  # what pydantic completes when it is looked at
            function = getattr(value, "__func__", value)
            code = function.__code__ if isinstance(function, types.FunctionType) else None
            found[f"{module.__name__}:{name}"] = (id(value), code, vars_of(function))
    return found


def vars_of(function):
    if not isinstance(function, types.FunctionType):
        return None
    return (
        function.__defaults__,
        function.__kwdefaults__,
        function.__closure__,
        dict(vars(function)),
    )


trace.set_tracer_provider(TracerProvider())
import_all(mcp)
with contextlib.suppress(ImportError):
    importlib.import_module("fastmcp.server")
before = everything()
McpInstrumentor().instrument()
during = everything()
McpInstrumentor().uninstrument()
after = everything()
print("hooked", sum(during[name] != before[name] for name in before))
print("changed", sorted(name for name in before if after.get(name) != before[name]))
print("added", sorted(after.keys() - before.keys()))
