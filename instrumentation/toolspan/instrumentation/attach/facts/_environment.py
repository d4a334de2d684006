"""What is installed and set: versions, variables, instrumentors, what of content is recorded."""

import os
import sys
from importlib.metadata import distributions, entry_points
from typing import Any, Final

from toolspan.conventions.environment import CAPTURE_MESSAGE_CONTENT
from toolspan.instrumentation.content import settings as content_settings

_SECRETS: Final = ("HEADERS", "KEY", "TOKEN", "PASSWORD", "CERTIFICATE")
_VERSIONS_OF: Final = (
    *("toolspan", "opentelemetry-", "wrapt", "openinference-", "openllmetry", "traceloop-"),
    *("logfire", "langfuse", "mcp", "fastmcp"),
)


def versions() -> dict[str, str]:
    """Installed distributions that take part: toolspan, OpenTelemetry, MCP, other instrumentors."""
    found = {
        str(one.metadata["Name"]): one.version
        for one in distributions()
        if str(one.metadata["Name"]).lower().startswith(_VERSIONS_OF)
    }
    return dict(sorted(found.items()))


def variables() -> dict[str, str]:
    """The environment variables that decide what is recorded and where it goes; no secrets."""
    return {
        name: "(set)" if any(word in name for word in _SECRETS) else value
        for name, value in sorted(os.environ.items())
        if name == CAPTURE_MESSAGE_CONTENT or name.startswith(("OTEL_", "TOOLSPAN_"))
    }


def content() -> dict[str, Any]:
    """What of arguments, results and errors is recorded."""
    content_settings.read_environment()
    return {
        "captured": content_settings.capture,
        "error_text": content_settings.error_text,
        "arguments_hash": content_settings.hash_bytes is not None,
    }


def instrumentors() -> list[dict[str, Any]]:
    """Every instrumentor that is installed, by the entry point name that disables it."""
    disabled = os.environ.get("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", "")
    off = {name.strip() for name in disabled.split(",")}
    return [
        {
            "name": one.name,
            "value": one.value,
            "distribution": one.dist.name if one.dist else "",
            "state": "disabled" if one.name in off or "*" in off else "enabled",
            "active": _is_active(one.value),
        }
        for one in sorted(entry_points(group="opentelemetry_instrumentor"), key=lambda e: e.name)
    ]


def _is_active(value: str) -> bool:
    """Whether the instrumentor is at work in this process, as far as it is loaded."""
    module, _, name = value.partition(":")
    kind = getattr(sys.modules.get(module), name, None)
    instance = getattr(kind, "_instance", None)
    return bool(getattr(instance, "is_instrumented_by_opentelemetry", False))
