"""What a process knows about its own recording, as plain data, for `toolspan doctor` to judge."""

from toolspan.instrumentation.attach.facts._report import (
    facts_of_environment,
    facts_of_process,
    report_at_exit,
)
from toolspan.instrumentation.attach.facts._targets import (
    forget_attachment,
    remember_attachment,
)

__all__ = [
    "facts_of_environment",
    "facts_of_process",
    "forget_attachment",
    "remember_attachment",
    "report_at_exit",
]
