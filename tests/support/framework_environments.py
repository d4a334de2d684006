"""Virtual environments with one version of a framework, kept outside the checkout between runs."""

import fcntl
import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from support.environments import new_environment
from support.reference import REPOSITORY

# Raised when what is installed changes in a way the requirements do not tell.
_EDITION = "1"


@cache
def python_with(*requirements: str) -> Path:
    """The interpreter of an environment with this checkout (editable) and `requirements`.

    Made once for these requirements, this checkout and this Python, below the user's cache.
    """
    key = "\n".join([_EDITION, str(REPOSITORY), sys.version, *sorted(requirements)])
    name = hashlib.sha256(key.encode()).hexdigest()[:16]
    root = _cache() / name
    done = root / "complete"
    with _locked(_cache() / f"{name}.lock"):
        if not done.exists():
            environment = new_environment(root)
            environment.uv_install("--editable", str(REPOSITORY), *requirements)
            done.touch()
    return root / "bin" / "python"


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    path = Path(base) / "toolspan-tests"
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One process at a time: tests run in several."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
