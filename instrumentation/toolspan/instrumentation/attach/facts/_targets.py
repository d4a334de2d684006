"""The targets of this process, or those declared for one."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from toolspan.conventions.environment import TOOLSPAN_TARGETS

if TYPE_CHECKING:
    from toolspan.instrumentation.attach.targets import Attachment, Mistake

_state: Final["dict[str, Attachment]"] = {}


def remember_attachment(attachment: "Attachment") -> None:
    """The targets of this process."""
    _state["attachment"] = attachment


def forget_attachment() -> None:
    """They were taken back."""
    _state.pop("attachment", None)


def applied_targets() -> dict[str, Any]:
    """Each target of this process, where it sits or why it does not; and mistakes in the file."""
    attachment = _state.get("attachment")
    if attachment is None:
        return {"targets": [], "mistakes": []}
    from toolspan.instrumentation.attach.targets import why_missing

    shown = [
        {
            "target": [str(pattern) for pattern in one.target.patterns],
            "kind": str(one.target.kind),
            "declared": one.target.where,
            "places": list(one.places),
            "already_imported": list(one.already_imported),
            "problems": list(one.problems),
            "missing": []
            if one.problems
            else [
                f"{pattern}: {why_missing(pattern)}"
                for pattern in one.target.patterns
                if str(pattern) not in one.found
            ],
        }
        for one in attachment.applied
    ]
    return {"targets": shown, "mistakes": [_mistake(one) for one in attachment.mistakes]}


def declared_targets() -> dict[str, Any]:
    """The targets of the file that `TOOLSPAN_TARGETS` names, judged without importing anything."""
    from toolspan.instrumentation.attach.targets import read_targets, why_missing_on_disk

    path = os.environ.get(TOOLSPAN_TARGETS)
    declared, mistakes = read_targets(Path(path)) if path else ([], [])
    folders = [Path.cwd(), *(Path(entry) for entry in sys.path if entry)]
    shown = [
        {
            "target": [str(pattern) for pattern in one.patterns],
            "kind": str(one.kind),
            "declared": one.where,
            "places": [],
            "already_imported": [],
            "problems": [],
            "missing": [
                f"{pattern}: {reason}"
                for pattern in one.patterns
                if (reason := why_missing_on_disk(pattern, folders))
            ],
        }
        for one in declared
    ]
    return {"targets": shown, "mistakes": [_mistake(one) for one in mistakes]}


def _mistake(one: "Mistake") -> dict[str, Any]:
    return {"file": one.file, "line": one.line, "message": one.message}
