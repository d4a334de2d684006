"""`toolspan run -- python agent.py`: start a program with its agents and tools recorded.

Sets what the user has not set and then becomes the program (`exec`), so that it ends as the
program ends, by status or by signal, and gets every signal itself.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from toolspan.conventions.environment import (
    TOOLSPAN_DIR,
    TOOLSPAN_SERVICE_NAME,
    TOOLSPAN_TARGETS,
    data_directory,
)
from toolspan.instrumentation.attach._service import is_service_named, service_name
from toolspan.instrumentation.attach.targets import has_toml_table

EXIT_NOT_STARTED: Final = 2
SIGNALS: Final = ("TRACES", "METRICS", "LOGS")
_DETECTORS: Final = "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS"

_USAGE_END: Final = """\
Sets only what is not set: TOOLSPAN_DIR (where span and event files go); the service's name, after
the program of each process; and OTEL_TRACES_EXPORTER, OTEL_METRICS_EXPORTER, OTEL_LOGS_EXPORTER to
`none` unless an exporter or an OTLP endpoint is named. Then it runs the program the way
`opentelemetry-instrument` does.
"""


def main(argv: Sequence[str], *, prog: str = "toolspan run") -> int:
    """Become the program; returns only when it could not be started (2)."""
    options, command = parse(argv, prog)
    environment = dict(os.environ)
    complaint = prepare(environment, command, directory=options.directory, targets=options.targets)
    if complaint is not None:
        return _not_started(prog, complaint)
    executable = shutil.which(command[0])
    if executable is None:
        return _not_started(prog, f"{command[0]}: not found" + _hint(command[0]))
    if not _has_toolspan(executable):
        print(  # noqa: T201
            f"{prog}: {executable} has no toolspan installed, so nothing is recorded; "
            f"run the program with {sys.executable}, or install toolspan beside it",
            file=sys.stderr,
        )
        environment = dict(os.environ)
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.execve(executable, list(command), environment)  # noqa: S606  # to become the program
    except OSError as error:
        return _not_started(prog, f"{command[0]}: {error.strerror}")


def parse(argv: Sequence[str], prog: str) -> tuple[argparse.Namespace, list[str]]:
    """The options and the command; the command starts at `--` or at the first other word."""
    parser = argparse.ArgumentParser(
        prog=prog,
        usage=f"{prog} [--dir DIR] [--targets FILE] -- python agent.py [ARGUMENTS]",
        description="Run a Python program with its agents and tools recorded.",
        epilog=_USAGE_END,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--dir",
        dest="directory",
        metavar="DIR",
        help="where span and event files go (default: $TOOLSPAN_DIR, then ./toolspan-data)",
    )
    parser.add_argument(
        "--targets",
        metavar="FILE",
        help="YAML or TOML file that declares what to record in your own code "
        "(default: $TOOLSPAN_TARGETS, then [[tool.toolspan.targets]] in ./pyproject.toml)",
    )
    parser.add_argument("command", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    command: list[str] = options.command
    if command[:1] == ["--"]:
        command = command[1:]
    if not command:
        parser.error("expected a command to run, such as: -- python agent.py")
    return options, command


def prepare(
    environment: MutableMapping[str, str],
    command: Sequence[str],
    *,
    directory: str | None = None,
    targets: str | None = None,
) -> str | None:
    """Set in `environment` what zero-code recording of `command` needs and the user has not set.

    Returns what makes it impossible, or None.
    """
    # Absolute, since the program may change its working directory.
    environment[TOOLSPAN_DIR] = str(Path(directory or data_directory()).absolute())
    if targets is not None:
        if not Path(targets).is_file():
            return f"--targets {targets}: no such file"
        environment[TOOLSPAN_TARGETS] = str(Path(targets).absolute())
    elif environment.get(TOOLSPAN_TARGETS):
        environment[TOOLSPAN_TARGETS] = str(Path(environment[TOOLSPAN_TARGETS]).absolute())
    elif has_toml_table(Path("pyproject.toml")):
        environment[TOOLSPAN_TARGETS] = str(Path("pyproject.toml").absolute())
    _name_service(environment, command)
    _choose_exporters(environment)
    return _inject(environment)


def _name_service(environment: MutableMapping[str, str], command: Sequence[str]) -> None:
    """Let each process be called like its program, if the user has not named the service."""
    if is_service_named(environment):
        return
    name = service_name(command)
    detectors = "opentelemetry_resource_detector"
    if environment.get("OTEL_CONFIG_FILE") or not entry_points(group=detectors, name="toolspan"):
        environment["OTEL_SERVICE_NAME"] = name
        return
    environment[TOOLSPAN_SERVICE_NAME] = name
    others = environment.get(_DETECTORS, "").split(",")
    named = [one.strip() for one in others if one.strip() and one.strip() != "toolspan"]
    environment[_DETECTORS] = ",".join([*named, "toolspan"])


def _choose_exporters(environment: MutableMapping[str, str]) -> None:
    """Exporters are for those who name one: the distro's default waits for a collector at exit."""
    if environment.get("OTEL_CONFIG_FILE"):
        return
    for signal in SIGNALS:
        exporter = f"OTEL_{signal}_EXPORTER"
        if not environment.get(exporter) and not names_endpoint(environment, signal):
            environment[exporter] = "none"
    if _would_use_otlp(environment) and not entry_points(
        group="opentelemetry_traces_exporter", name="otlp"
    ):
        # An exporter that is not installed makes OpenTelemetry record nothing at all.
        print(  # noqa: T201
            "toolspan run: an OTLP endpoint is set, but no OTLP exporter is installed; recording "
            "to files only. For both: pip install 'toolspan[otlp]'",
            file=sys.stderr,
        )
        for signal in SIGNALS:
            if not environment.get(f"OTEL_{signal}_EXPORTER"):
                environment[f"OTEL_{signal}_EXPORTER"] = "none"


def names_endpoint(environment: Mapping[str, str], signal: str) -> bool:
    """Whether the user says where OTLP data of `signal` (`TRACES`, ...) goes."""
    return bool(
        environment.get("OTEL_EXPORTER_OTLP_ENDPOINT")
        or environment.get(f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT")
    )


def _would_use_otlp(environment: Mapping[str, str]) -> bool:
    return any(not environment.get(f"OTEL_{signal}_EXPORTER") for signal in SIGNALS)


def _inject(environment: MutableMapping[str, str]) -> str | None:
    """Put OpenTelemetry's `sitecustomize` where the program's interpreter finds it first."""
    spec = find_spec("opentelemetry.instrumentation.auto_instrumentation")
    locations = list(spec.submodule_search_locations or ()) if spec else []
    if not locations:
        return "opentelemetry-instrumentation is not installed: pip install toolspan"
    paths = [path for path in environment.get("PYTHONPATH", "").split(os.pathsep) if path]
    # The working directory too, as `opentelemetry-instrument` does: programs with a launcher of
    # their own expect their modules there.
    paths = [path for path in paths if path != locations[0]]
    working_directory = os.getcwd()  # noqa: PTH109  # a string among strings
    if working_directory not in paths:
        paths.insert(0, working_directory)
    environment["PYTHONPATH"] = os.pathsep.join([locations[0], *paths])
    return None


def _has_toolspan(executable: str) -> bool:
    """Whether the program's interpreter can load us; True for what is no Python.

    Another environment's Python would only complain about a `sitecustomize` it cannot import.
    """
    path = Path(executable).absolute()
    if not path.name.startswith(("python", "pypy")) or path.parent == Path(sys.executable).parent:
        return True
    check = [executable, "-c", "import toolspan.instrumentation.attach"]
    return subprocess.run(check, capture_output=True, check=False).returncode == 0


def _hint(command: str) -> str:
    if command.endswith(".py"):
        return f" (did you mean `python {command}`?)"
    if command == "python":
        return " (there may be a `python3`)"
    return ""


def _not_started(prog: str, reason: str) -> int:
    print(f"{prog}: {reason}", file=sys.stderr)  # noqa: T201
    return EXIT_NOT_STARTED
