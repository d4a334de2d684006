"""Which frameworks are hooked, and who else emits spans for the same ones."""

import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from toolspan.instrumentation.attach.facts._environment import instrumentors

# Frameworks that emit spans themselves, from this major version on.
_NATIVE_SINCE: Final = {"mcp": 2, "fastmcp": 4}


def frameworks() -> list[dict[str, Any]]:
    """Each framework we have hooks for: its versions, hooks set and missing, other emitters."""
    from toolspan.instrumentation.frameworks import known_hooks

    installed = instrumentors()
    return [
        {
            "name": hooks.name,
            "instrumentor": hooks.instrumentor,
            "versions": {name: _version(name) for name in hooks.distributions},
            "imported": hooks.name in sys.modules,
            "hooks": list(hooks.set_hooks),
            "missing": list(hooks.missing),
            "emits_itself": [name for name in hooks.distributions if _emits_itself(name)],
            "others": [
                one
                for one in installed
                if one["distribution"] != "toolspan" and _is_about(one, hooks.name)
            ],
        }
        for hooks in known_hooks()
    ]


def _is_about(instrumentor: dict[str, Any], framework: str) -> bool:
    words = f"{instrumentor['name']} {instrumentor['distribution']}".replace("-", " ")
    return framework in words.replace("_", " ").split()


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def _emits_itself(distribution: str) -> bool:
    installed, since = _version(distribution), _NATIVE_SINCE.get(distribution)
    if installed is None or since is None:
        return False
    major = installed.partition(".")[0]
    return major.isdigit() and int(major) >= since
