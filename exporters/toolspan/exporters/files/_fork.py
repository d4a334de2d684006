"""Tell the objects of this process that they are now in a forked child.

A lock that another thread of the parent held at the moment of the fork stays locked in the child
for ever, and a descriptor is shared with the parent. So everything that owns one registers here
and makes itself new in the child before any other code of the child runs.
"""

import os
import weakref
from typing import Protocol


class ForkAware(Protocol):
    """Something to make new in a forked child."""

    def after_fork_in_child(self) -> None:
        """Replace locks and drop descriptors; must not wait for anything."""


# A plain dict: copying its values is one step, also when the fork interrupted another thread
# that was about to register. Keyed by identity, since the objects need not be hashable.
_registered: dict[int, "weakref.ref[ForkAware]"] = {}


_pid = os.getpid()


def register(target: ForkAware) -> None:
    """Call `target.after_fork_in_child()` in every child forked while `target` is alive."""
    key = id(target)
    _registered[key] = weakref.ref(target, lambda _: _registered.pop(key, None))


def notice() -> None:
    """Do what a fork by C code left undone: such a fork (uWSGI) runs no hook of Python's."""
    if os.getpid() != _pid:
        _in_child()


def _in_child() -> None:
    global _pid  # noqa: PLW0603 - the one fact about this process that is kept
    _pid = os.getpid()
    for reference in list(_registered.values()):
        target = reference()
        if target is not None:
            target.after_fork_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
