"""When is a disk too slow to wait for at the end of every span?"""

from collections import deque
from typing import Final

from toolspan.exporters.files import register_at_fork

# The rule, as `docs/explanation/durability.md` states it.
SLOW_WRITES: Final = 10
AMONG_WRITES: Final = 20
_SLOW_ANSWERS: Final = 2


class SlowDiskRule:
    """Says whether a disk is slow.

    It is when 10 of the last 20 writes were slow, and asking the kernel for the file's status
    right after those 10, which needs no disk, was slow for 2 of them at most. The second half
    tells a slow disk from a crowded interpreter: after either call the thread waits for its turn
    to run Python, and where the turn comes late half of the time, it does so after both.
    """

    def __init__(self) -> None:
        self.after_fork_in_child()
        register_at_fork(self)

    def after_fork_in_child(self) -> None:
        """Judge by the child's own writes, which it counts from 0."""
        # Appending is all that threads do to this, so it needs no lock.
        self._slow: deque[tuple[int, bool]] = deque(maxlen=SLOW_WRITES)
        self.slow_writes = 0

    def is_slow(self, *, write: int, is_answer_slow: bool) -> bool:
        """Take note of a slow write; whether the disk is slow now.

        Args:
            write: how many writes there were up to this one.
            is_answer_slow: whether asking for the status right after was slow as well.
        """
        self.slow_writes += 1
        self._slow.append((write, is_answer_slow))
        slow = tuple(self._slow)
        return (
            len(slow) == SLOW_WRITES
            and write - slow[0][0] < AMONG_WRITES
            and sum(is_slow for _, is_slow in slow) <= _SLOW_ANSWERS
        )
