"""Frameworks whose calls are recorded without a line of the user's, one package or file each.

Importing this imports none of them: hooks wait for the framework's own import, look at what is
there, and never raise.
"""

from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.frameworks._known import known_hooks

__all__ = ["Hooks", "known_hooks"]
