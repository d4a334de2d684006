"""Write queues when the process ends in a way that Python can still notice.

- A normal end: `atexit`, also where the program never shuts its provider down.
- The end of a worker of `multiprocessing`, which skips `atexit`: its own finalisers.
- SIGTERM that nobody handles: a handler that writes them, then lets the signal end the process as
  it would have, so that the parent sees the same status.

`os._exit` and SIGKILL cannot be noticed.
"""

import atexit
import os
import signal
import sys
import threading
import weakref
from contextlib import suppress
from typing import Any, Final, Protocol

from toolspan.exporters.files import register_at_fork

_PATIENCE_AT_EXIT_S: Final = 30.0
# A process that was told to end should not be held up for long by a disk that hangs.
_PATIENCE_AT_SIGTERM_S: Final = 5.0


class Queue(Protocol):
    """Something that holds what is to be written before the process ends."""

    def close(self, timeout_s: float) -> bool:
        """Write what waits, within `timeout_s` seconds, and let nothing wait any more."""
        ...


_guarded: "weakref.WeakSet[Queue]" = weakref.WeakSet()


def guard(target: Queue, *, on_sigterm: bool) -> bool:
    """Close `target` when this process ends.

    Returns:
        Whether that is arranged for good. Not yet, where SIGTERM is to be handled but this is
        not the main thread, which alone may do so: call again from another span's end.
    """
    if target not in _guarded:
        _guarded.add(target)
        _WORKERS.after_fork_in_child()  # this process may be one, started by other means
    return not on_sigterm or _guard_sigterm()


def close_all(patience_s: float = _PATIENCE_AT_EXIT_S) -> None:
    """Write every queue of this process; threads that end spans until the very end write them."""
    for target in list(_guarded):
        target.close(patience_s)


class _Workers:
    """Lets a worker of `multiprocessing`, or a process about to become one, write its queues.

    A worker ends by running its finalisers and then `os._exit`. When it starts, it forgets the
    finalisers it has and asks everybody who registered for new ones; one that has started takes
    them directly.
    """

    def after_fork_in_child(self) -> None:
        util: Any = sys.modules.get("multiprocessing.util")
        if util is not None and _guarded:
            util.register_after_fork(self, _add_finaliser)
            _add_finaliser(self)


def _add_finaliser(_: object) -> None:
    util: Any = sys.modules["multiprocessing.util"]
    util.Finalize(None, close_all, exitpriority=100)


def _guard_sigterm() -> bool:
    if threading.current_thread() is not threading.main_thread():
        return False
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        with suppress(ValueError):  # the main thread of an interpreter inside another (mod_wsgi)
            signal.signal(signal.SIGTERM, _close_and_end)
    return True


def _close_and_end(number: int, _frame: object) -> None:
    try:
        close_all(_PATIENCE_AT_SIGTERM_S)
    finally:
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)


_WORKERS: Final = _Workers()
register_at_fork(_WORKERS)
atexit.register(close_all)
