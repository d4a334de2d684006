"""Virtual environments with one version of a framework each, cached outside the checkout.

`tests/environments/NAME.in` says what is wanted, `NAME.txt` locks it (universal, so that every
Python has its own). A test asks for `python_of("NAME")` and skips where that is not built.

    make environments                       builds what is missing, for every commit
    PYTHONPATH=tests python -m support.cached_environments build NAME...
    PYTHONPATH=tests python -m support.cached_environments lock NAME...
    PYTHONPATH=tests python -m support.cached_environments list

An environment whose `.in` begins with `# on demand` is built only by its name, or with `--all`.
"""

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import sys
import time
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
LISTED = REPOSITORY / "tests" / "environments"
ON_DEMAND = "# on demand"


@dataclass(frozen=True)
class CachedEnvironment:
    """An environment by name; where it lies follows from all that decides what is in it."""

    name: str

    @property
    def wanted(self) -> Path:
        return LISTED / f"{self.name}.in"

    @property
    def locked(self) -> Path:
        return LISTED / f"{self.name}.txt"

    @property
    def is_on_demand(self) -> bool:
        return self.wanted.read_text(encoding="utf-8").startswith(ON_DEMAND)

    @property
    def root(self) -> Path:
        project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
        # The checkout is installed editable: its code may change, what its metadata say may not.
        decides = [self.locked.read_text(encoding="utf-8"), project["project"], sys.version]
        digest = hashlib.sha256(json.dumps([*decides, str(REPOSITORY)]).encode())
        return _cache() / f"{self.name}-{digest.hexdigest()[:12]}"

    @property
    def python(self) -> Path:
        return self.root / "bin" / "python"

    @property
    def is_built(self) -> bool:
        return (self.root / "complete").exists()

    def build(self) -> None:
        """Make it, unless it is there."""
        from support.environments import new_environment

        with _locked(self.root.with_suffix(".lock")):
            if self.is_built:
                return
            shutil.rmtree(self.root, ignore_errors=True)
            new = new_environment(self.root)
            new.uv_install("--requirements", self.locked, "--editable", REPOSITORY)
            (self.root / "complete").write_text(str(REPOSITORY), encoding="utf-8")
        self._remove_earlier()

    def lock(self) -> None:
        """Choose versions for what is wanted, beside what toolspan itself needs."""
        from support.environments import uv

        options = ("--universal", "--python-version", "3.11", "--no-header", "--no-annotate")
        inputs = ("pyproject.toml", self.wanted)
        out = ("--quiet", "--output-file", self.locked)
        uv("pip", "compile", *inputs, *options, *out, cwd=REPOSITORY)

    def _remove_earlier(self) -> None:
        """Those of this name made for this checkout before, and all of checkouts that are gone."""
        for complete in _cache().glob("*/complete"):
            checkout, root = complete.read_text(encoding="utf-8"), complete.parent
            is_earlier = root.name.rpartition("-")[0] == self.name and checkout == str(REPOSITORY)
            if root != self.root and (is_earlier or not Path(checkout).exists()):
                shutil.rmtree(root, ignore_errors=True)
                root.with_suffix(".lock").unlink(missing_ok=True)


def python_of(name: str) -> Path:
    """The interpreter of a cached environment; skips the test where that is not built."""
    import pytest

    environment = CachedEnvironment(name)
    if not environment.is_built:
        command = f"make environments{f' NAMES={name}' if environment.is_on_demand else ''}"
        pytest.skip(f"the environment {name} is not built: {command}")
    return environment.python


def every_environment() -> list[CachedEnvironment]:
    return [CachedEnvironment(path.stem) for path in sorted(LISTED.glob("*.in"))]


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    path = Path(base) / "toolspan" / "environments"
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One process at a time."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="support.cached_environments", description=__doc__)
    parser.add_argument("verb", choices=["build", "lock", "list"])
    parser.add_argument("names", nargs="*", help="default: those for every commit")
    parser.add_argument("--all", action="store_true", help="also those on demand")
    options: Any = parser.parse_args(argv)
    known = every_environment()
    if unknown := set(options.names) - {one.name for one in known}:
        parser.error(f"no such environment: {', '.join(sorted(unknown))}")
    for one in known:
        if one.name not in options.names if options.names else one.is_on_demand > options.all:
            continue
        begun = time.monotonic()
        if options.verb == "list":
            print(f"{one.name}: {one.python if one.is_built else 'not built'}")
        else:
            one.build() if options.verb == "build" else one.lock()
            print(f"{one.name}: {options.verb} in {time.monotonic() - begun:.1f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
