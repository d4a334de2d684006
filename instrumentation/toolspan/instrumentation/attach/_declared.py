"""Put declared targets to work in this process: now, at every import, and in the script itself."""

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from toolspan.instrumentation.attach._imports import ImportWatcher
from toolspan.instrumentation.attach._script import ScriptWatcher
from toolspan.instrumentation.attach.facts import forget_attachment, remember_attachment
from toolspan.instrumentation.attach.targets import (
    Attachment,
    Mistake,
    Target,
    names_of_import,
    read_targets,
    targets_from_value,
)

_log: Final = logging.getLogger("toolspan")


def install_targets(declared: Any, *, tracer_provider: Any = None) -> list[Callable[[], None]]:
    """Record what `declared` names: a path, or the entries themselves.

    Mistakes are logged, one line each. Returns the steps that take everything back, the last of
    them to be taken first.
    """
    targets, mistakes = _read(declared)
    for mistake in mistakes:
        _log.warning("toolspan targets: %s", mistake)
    attachment = Attachment(targets, mistakes, tracer_provider=tracer_provider)
    remember_attachment(attachment)
    if not targets:
        return [forget_attachment]
    scripts = ScriptWatcher(attachment.patterns_for, attachment.apply)
    imports = ImportWatcher(
        lambda name: attachment.wants(names_of_import(name)),
        attachment.apply,
        scripts.main_code,
    )
    scripts.start()
    imports.start()
    attachment.apply_to_loaded()
    return [forget_attachment, attachment.detach, scripts.stop, imports.stop]


def _read(declared: Any) -> tuple[list[Target], list[Mistake]]:
    if isinstance(declared, str | os.PathLike):
        return read_targets(Path(declared))
    return targets_from_value(declared, "targets")
