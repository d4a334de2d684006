"""Names of span and event files: `{signal}-{service}-{host}-{pid}-{start}-{n}.jsonl`."""

import re
import socket
import string
import time
from dataclasses import dataclass, replace
from typing import Final, Self

_DIGITS: Final = string.digits + string.ascii_lowercase
_UNFIT: Final = re.compile(r"[^A-Za-z0-9._]+")
_LONGEST_PART: Final = 48
_NAME: Final = re.compile(
    r"(?P<signal>[a-z]+)-(?P<service>[\w.]+)-(?P<host>[\w.]+)-(?P<pid>\d+)"
    r"-(?P<start>[0-9a-z]+)-(?P<number>\d+)\.jsonl(?:\.(?:zst|gz))?"
)


@dataclass(frozen=True, slots=True)
class FileName:
    """What the name of a file says.

    Args:
        signal: `spans` or `events`.
        service: `service.name`, with everything but letters, digits, `.` and `_` replaced.
        host: name of the host, likewise.
        pid: the process that writes, or wrote, the file.
        start_ms: when that process began to write, in milliseconds since the epoch; in the name
            in base 36.
        number: counts the files of one process from 1.
    """

    signal: str
    service: str
    host: str
    pid: int
    start_ms: int
    number: int = 1

    @classmethod
    def first(cls, signal: str, service_name: str, pid: int) -> Self:
        """The name of the first file a process writes."""
        return cls(
            signal=signal,
            service=_fit(service_name, "unknown_service"),
            host=_fit(socket.gethostname(), "unknown_host"),
            pid=pid,
            start_ms=time.time_ns() // 1_000_000,
        )

    @classmethod
    def parsed(cls, name: str) -> Self | None:
        """What a file's name says, or None where it is not one of ours."""
        match = _NAME.fullmatch(name)
        if match is None:
            return None
        return cls(
            signal=match["signal"],
            service=match["service"],
            host=match["host"],
            pid=int(match["pid"]),
            start_ms=int(match["start"], 36),
            number=int(match["number"]),
        )

    def next(self) -> Self:
        """The name of the file after this one."""
        return replace(self, number=self.number + 1)

    def __str__(self) -> str:
        return (
            f"{self.signal}-{self.service}-{self.host}-{self.pid}"
            f"-{_base36(self.start_ms)}-{self.number}.jsonl"
        )


def _fit(text: str, default: str) -> str:
    return _UNFIT.sub("_", text)[:_LONGEST_PART].strip("._") or default


def _base36(number: int) -> str:
    digits = ""
    while number > 0:  # a clock before 1970 is none
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"
