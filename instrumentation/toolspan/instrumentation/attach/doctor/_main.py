"""The verb: gather facts, judge them, print them."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from toolspan.conventions.environment import TOOLSPAN_DIR, TOOLSPAN_DOCTOR_REPORT, data_directory
from toolspan.instrumentation.attach.doctor._checks import Level, judge
from toolspan.instrumentation.attach.doctor._recorded import recorded
from toolspan.instrumentation.attach.doctor._render import as_text
from toolspan.instrumentation.attach.facts import facts_of_environment
from toolspan.instrumentation.attach.run import prepare

EXIT_CHECK_FAILED = 1
EXIT_USAGE = 2


def main(argv: Sequence[str], *, prog: str = "toolspan doctor") -> int:
    """0 when everything is recorded as declared, 1 when something is not, 2 for bad usage."""
    options, command = _parse(argv, prog)
    environment = dict(os.environ)
    complaint = prepare(
        environment, command or ["python"], directory=options.directory, targets=options.targets
    )
    if complaint is not None:
        print(f"{prog}: {complaint}", file=sys.stderr)  # noqa: T201
        return EXIT_USAGE
    directory = environment[TOOLSPAN_DIR]
    if command:
        executable = shutil.which(command[0])
        if executable is None:
            print(f"{prog}: {command[0]}: not found", file=sys.stderr)  # noqa: T201
            return EXIT_USAGE
        report = _facts_of_program([executable, *command[1:]], environment)
        report["command"] = command
        report.get("environment", {})[TOOLSPAN_DIR] = directory
    else:
        os.environ.update(environment)
        report = facts_of_environment()
    report["files"] = _files(Path(directory))
    findings = judge(report)
    report["findings"] = [one.as_dict() for one in findings]
    if options.json:
        print(json.dumps(report, indent=2))  # noqa: T201
    else:
        print(as_text(report, findings))  # noqa: T201
    return EXIT_CHECK_FAILED if any(one.level is Level.PROBLEM for one in findings) else 0


def _parse(argv: Sequence[str], prog: str) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(
        prog=prog,
        usage=f"{prog} [--json] [--dir DIR] [--targets FILE] [-- python agent.py [ARGUMENTS]]",
        description="Say what is recorded, what is not, why, and what to change. "
        "With a command, runs it (for real) as `toolspan run` does; its output goes to stderr, its "
        "spans to a temporary directory.",
        allow_abbrev=False,
    )
    parser.add_argument("--json", action="store_true", help="print facts and findings as JSON")
    parser.add_argument("--dir", dest="directory", metavar="DIR", help="as in `toolspan run`")
    parser.add_argument("--targets", metavar="FILE", help="as in `toolspan run`")
    parser.add_argument("command", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    command: list[str] = options.command
    return options, command[1:] if command[:1] == ["--"] else command


def _facts_of_program(command: Sequence[str], environment: dict[str, str]) -> dict[str, Any]:
    """Run it; what it records goes to a directory of its own and is counted, not kept."""
    with tempfile.TemporaryDirectory(prefix="toolspan-doctor-") as folder:
        left, data = Path(folder) / "facts.json", Path(folder) / "data"
        environment[TOOLSPAN_DOCTOR_REPORT] = str(left)
        environment[TOOLSPAN_DIR] = str(data)
        sys.stdout.flush()
        status = subprocess.run(command, env=environment, stdout=sys.stderr, check=False).returncode
        try:
            report: dict[str, Any] = json.loads(left.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            report = {}
        report["recorded"] = recorded(data)
    report["status"] = status
    return report


def _files(directory: Path) -> dict[str, Any]:
    files = [*directory.glob("spans-*.jsonl*"), *directory.glob("events-*.jsonl*")]
    writable = os.access(directory if directory.exists() else _existing(directory), os.W_OK)
    return {
        "directory": str(directory),
        "from_environment": str(data_directory()),
        "count": len(files),
        "bytes": sum(file.stat().st_size for file in files),
        "writable": writable,
    }


def _existing(directory: Path) -> Path:
    while not directory.exists() and directory != directory.parent:
        directory = directory.parent
    return directory
