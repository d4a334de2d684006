"""Everything together, and how a program leaves it for the doctor that started it."""

import atexit
import json
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from toolspan.conventions.environment import TOOLSPAN_DOCTOR_REPORT
from toolspan.instrumentation.attach.facts._environment import (
    content,
    instrumentors,
    variables,
    versions,
)
from toolspan.instrumentation.attach.facts._frameworks import frameworks
from toolspan.instrumentation.attach.facts._providers import providers
from toolspan.instrumentation.attach.facts._targets import applied_targets, declared_targets

_log: Final = logging.getLogger("toolspan")


def report_at_exit() -> None:
    """Leave the facts where the doctor asked for them, if one did."""
    path = os.environ.pop(TOOLSPAN_DOCTOR_REPORT, None)  # not for the program's own child processes
    if path:
        atexit.register(_write, path)


def _write(path: str) -> None:
    try:
        Path(path).write_text(json.dumps(facts_of_process()), encoding="utf-8")
    except Exception:  # the program is ending; the doctor says that nothing arrived
        return


def facts_of_process() -> dict[str, Any]:
    """What this process knows about its own recording."""
    return {**_told(**_COMMON, providers=providers), **applied_targets()}


def facts_of_environment() -> dict[str, Any]:
    """What can be known without running a program."""
    return {**_told(**_COMMON), **declared_targets()}


def _told(**parts: Callable[[], Any]) -> dict[str, Any]:
    """What each part tells; one that cannot costs its own part alone."""
    told: dict[str, Any] = {}
    for name, tell in parts.items():
        try:
            told[name] = tell()
        except Exception:
            _log.warning("toolspan doctor cannot tell about %s", name, exc_info=True)
    return told


def _python() -> dict[str, str]:
    return {"version": sys.version.split()[0], "executable": sys.executable}


_COMMON: Final[dict[str, Callable[[], Any]]] = {
    "python": _python,
    "versions": versions,
    "environment": variables,
    "content": content,
    "frameworks": frameworks,
    "instrumentors": instrumentors,
}
