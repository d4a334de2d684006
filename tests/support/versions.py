"""Run the recording tests under the promised versions of Python and OpenTelemetry.

    make test-versions
    PYTHONPATH=tests python -m support.versions [--only 3.12]

Each version has a virtual environment below the user's cache, outside the checkout, made by uv
with the interpreters it finds; one that is missing is said and left out. The result goes to
`docs/results/recording-versions.md`.
"""

import argparse
import datetime as dt
import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

REPOSITORY = Path(__file__).resolve().parents[2]
RESULT = REPOSITORY / "docs" / "results" / "recording-versions.md"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
OPENTELEMETRY = {
    "oldest": (
        "opentelemetry-api==1.39.0",
        "opentelemetry-sdk==1.39.0",
        "opentelemetry-instrumentation==0.60b0",
        "opentelemetry-distro==0.60b0",
    ),
    "newest": ("opentelemetry-api", "opentelemetry-sdk", "opentelemetry-util-genai"),
}
TOOLS = ("attrs", "hypothesis", "pydantic", "pytest", "pytest-xdist", "stamina", "tenacity", "uv")
TESTS = [
    f"tests/instrumentation/{place}"
    for place in ("content", "cost", "identity", "metrics", "record", "track", "test_races.py")
]


@dataclass(frozen=True)
class Version:
    """One Python with one OpenTelemetry."""

    python: str
    opentelemetry: str

    @property
    def root(self) -> Path:
        decides = [*OPENTELEMETRY[self.opentelemetry], *TOOLS, str(REPOSITORY)]
        project = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
        digest = hashlib.sha256("\n".join([*decides, project]).encode()).hexdigest()[:12]
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        name = f"versions-{self.python}-{self.opentelemetry}-{digest}"
        return base / "toolspan" / "environments" / name

    @property
    def interpreter(self) -> Path:
        return self.root / "bin" / "python"

    def build(self) -> bool:
        """Make the environment unless it is there; whether there is such an interpreter."""
        if (self.root / "complete").exists():
            return True
        if uv("python", "find", "--no-python-downloads", self.python).returncode:
            return False
        arguments = ("--quiet", "--clear", "--no-python-downloads", "--python", self.python)
        uv("venv", *arguments, str(self.root), check=True)
        wanted = (*OPENTELEMETRY[self.opentelemetry], *TOOLS)
        into = ("--python", str(self.interpreter), "--prerelease", "if-necessary-or-explicit")
        uv("pip", "install", "--quiet", *into, *wanted, "--editable", str(REPOSITORY), check=True)
        (self.root / "complete").write_text(str(REPOSITORY), encoding="utf-8")
        return True

    def test(self) -> tuple[list[str], str]:
        """Cells of the result's row, and pytest's last lines when something failed."""
        program = (
            "import platform\nfrom importlib.metadata import version\n"
            "print(platform.python_version(), *map(version, "
            "('opentelemetry-sdk', 'opentelemetry-instrumentation')))"
        )
        found = run(str(self.interpreter), "-c", program).stdout.split()
        command = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2", "-rs", *TESTS)
        done = run(str(self.interpreter), *command)
        counts = re.findall(r"(\d+) (passed|failed|skipped|error)", done.stdout.splitlines()[-1])
        result = ", ".join(f"{count} {word}" for count, word in counts)
        reasons = sorted(set(re.findall(r"^SKIPPED .*?: (.*)$", done.stdout, re.MULTILINE)))
        tail = "" if done.returncode == 0 else done.stdout[-6000:]
        return [*found, result or "did not run", "; ".join(reasons)], tail


def uv(*arguments: str, check: bool = False) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [find_uv_bin(), *arguments], capture_output=not check, text=True, check=check
    )


def run(*command: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=REPOSITORY, env=environment
    )


def versions(only: str | None) -> Iterator[Version]:
    for python in PYTHONS:
        for opentelemetry in OPENTELEMETRY:
            if only in (None, python):
                yield Version(python, opentelemetry)


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="support.versions", description=__doc__)
    parser.add_argument("--only", choices=PYTHONS)
    options = parser.parse_args(argv)
    rows, failures = [], []
    for version in versions(options.only):
        if not version.build():
            print(f"Python {version.python}: no such interpreter here", flush=True)
            continue
        cells, tail = version.test()
        rows.append(f"| {' | '.join(cells)} |")
        print(rows[-1], flush=True)
        failures += [tail] if tail else []
    print("\n".join(failures), file=sys.stderr)
    if options.only is None:
        RESULT.parent.mkdir(parents=True, exist_ok=True)
        RESULT.write_text(_page(rows), encoding="utf-8")
    return 1 if failures else 0


def _page(rows: list[str]) -> str:
    date = dt.datetime.now(dt.UTC).date().isoformat()
    return "\n".join(
        [
            "# Recording under the promised versions",
            "",
            f"`make test-versions` on {date}. Tests of `tests/instrumentation`, those of targets",
            "and frameworks aside, which have their own.",
            "",
            "| Python | OpenTelemetry SDK | contrib | tests | skipped, and why |",
            "|---|---|---|---|---|",
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
