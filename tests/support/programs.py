"""Run a Python program in a process of its own, the way an agent runs."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

# Generous, because several suites may share two cores; a program that hangs fails the test.
TIMEOUT_S = 60

# Python 3.12 warns of every fork of a process with threads, which some tests are about.
FORK_QUIETLY = ("-W", "ignore:This process:DeprecationWarning")


def run_program(
    program: str | Path,
    *arguments: str | Path,
    env: dict[str, str] | None = None,
    cwd: Path | None = None,
    measure: bool = True,
) -> subprocess.CompletedProcess[str]:
    """Run source text (dedented) or a file with `sys.argv[1:]` set; the exit code is not checked.

    `measure=False` keeps coverage out of a program that forks while its threads run: coverage has
    a lock of its own, and a child forked while another thread holds it hangs for ever.
    """
    what = [program] if isinstance(program, Path) else ["-c", textwrap.dedent(program)]
    return subprocess.run(
        [sys.executable, *FORK_QUIETLY, *what, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
        env={**(dict(os.environ) if measure else unmeasured_environment()), **(env or {})},
        cwd=cwd,
    )


def unmeasured_environment() -> dict[str, str]:
    """This process's environment without what makes coverage measure child processes."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}


NO_MOUNT = "this user may not mount a file system of its own"


def run_with_own_mounts(program: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """`run_program`, where the program may mount file systems that vanish with it.

    Skips the test where neither root nor user namespaces are to be had.
    """
    unshare = ["unshare", "--map-root-user", "--mount"]
    try:
        subprocess.run([*unshare, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip(NO_MOUNT)
    return subprocess.run(
        [*unshare, sys.executable, "-c", textwrap.dedent(program), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
