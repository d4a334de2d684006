"""Real programs that serve on loopback for the time of a test: collector, Jaeger, Prometheus, rotel."""

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import pytest

from support.reference import REPOSITORY

T = TypeVar("T")

# Before conftest takes TOOLSPAN_CI_CACHE away: the scripts look for their cache there.
ENVIRONMENT = dict(os.environ)

# Generous, because several suites may share two cores; a program that never comes fails the test.
TIMEOUT_S = 60.0


def until(look: Callable[[], T | None], what: str, *, timeout_s: float = TIMEOUT_S) -> T:
    """What `look` gives as soon as it gives something true; fails the test after the timeout."""
    end = time.monotonic() + timeout_s
    pause = threading.Event()
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            pytest.fail(f"not within {timeout_s:.0f} s: {what}")
        pause.wait(0.03)


def cached_program(script: str, reason: str) -> Path:
    """The program that `deploy/{script}` has built; skips the test where it has not."""
    done = subprocess.run(
        [REPOSITORY / "deploy" / script, "--cached"],
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT,
    )
    if done.returncode != 0:
        pytest.skip(reason)
    return Path(done.stdout.strip())


def collector_program() -> Path:
    """The OpenTelemetry Collector of `make collector`."""
    return cached_program("collector/build", "the collector is not built: make collector")


def jaeger_program() -> Path:
    """The Jaeger of `make jaeger`."""
    return cached_program("jaeger/build", "Jaeger is not built: make jaeger")


def prometheus_program(name: str = "prometheus") -> Path:
    """`prometheus` or `promtool`: installed, or unpacked by `make prometheus`."""
    installed = shutil.which(name)
    if installed:
        return Path(installed)
    folder = cached_program("prometheus/unpack", "Prometheus is not here: make prometheus")
    return folder / name


def free_ports(count: int) -> list[int]:
    """Ports on loopback that nobody listens on now."""
    with contextlib.ExitStack() as sockets:
        taken = [sockets.enter_context(socket.socket()) for _ in range(count)]
        for each in taken:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in taken]


def get(url: str, timeout_s: float = 10, headers: Mapping[str, str] | None = None) -> str | None:
    """The body at `url`, or None where nobody answers with 200 yet."""
    try:
        request = urllib.request.Request(url, headers=dict(headers or {}))
        with urllib.request.urlopen(request, timeout=timeout_s) as answer:
            return answer.read().decode() if answer.status == 200 else None
    except (urllib.error.URLError, ConnectionError, http.client.HTTPException, TimeoutError):
        return None


def listens(port: int) -> bool:
    """Whether somebody takes connections on this port of loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Server:
    """A program in a process of its own, ended when the block ends.

    Args:
        command: the program and its arguments.
        log: file for what it prints; shown when the test fails.
        ready: the URL that answers 200 once the program serves, or the port it then listens on.
        env: added to the environment.
        timeout_s: how long it may take until it serves.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        log: Path,
        ready: str | int,
        env: Mapping[str, str] | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self.command = [str(word) for word in command]
        self.log = log
        self.ready = ready
        self.env = {**os.environ, **(env or {})}
        self.timeout_s = timeout_s
        self._process: subprocess.Popen[Any] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command, stdout=log, stderr=subprocess.STDOUT, env=self.env
            )

        def serves() -> object:
            assert self._process is not None
            if self._process.poll() is not None:
                pytest.fail(f"{self.command} ended by itself:\n{self.printed()}")
            return get(self.ready) if isinstance(self.ready, str) else listens(self.ready)

        what = f"{self.command[0]} serves\n{self.printed()}"
        until(serves, what, timeout_s=self.timeout_s)

    def stop(self, with_signal: int = signal.SIGTERM) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(with_signal)
        try:
            process.wait(TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill(self) -> None:
        """End it at once, as a crash or the system would."""
        self.stop(signal.SIGKILL)

    def printed(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
        if error is not None:
            print(f"--- {self.command[0]} printed:\n{self.printed()[-4000:]}")
