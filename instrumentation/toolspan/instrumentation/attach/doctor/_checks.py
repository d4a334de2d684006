"""Judge the facts: what is fine, what is worth knowing, what is wrong and how to mend it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from toolspan.conventions.environment import CAPTURE_MESSAGE_CONTENT, TOOLSPAN_DIR

Facts = Mapping[str, Any]


class Level(StrEnum):
    """How much a finding matters."""

    NOTE = "note"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing the doctor says: what is so, and what to change."""

    check: str
    level: Level
    message: str
    advice: str = ""

    def as_dict(self) -> dict[str, str]:
        """For `--json`."""
        return {
            "check": self.check,
            "level": str(self.level),
            "message": self.message,
            "advice": self.advice,
        }


def judge(facts: Facts) -> list[Finding]:
    """Every finding, problems first."""
    found = [finding for check in _CHECKS for finding in check(facts)]
    return sorted(found, key=lambda one: one.level is not Level.PROBLEM)


def _program(facts: Facts) -> Iterator[Finding]:
    if "command" not in facts:
        return
    if "targets" not in facts:
        yield Finding(
            "program",
            Level.PROBLEM,
            "The program's process left no facts: toolspan was not loaded in it, or it ended "
            "without Python's exit handlers (os._exit, a signal).",
            "Is toolspan installed where the program's interpreter looks? "
            "`python -I` and `-E` ignore PYTHONPATH, and with it zero-code recording.",
        )
    if facts.get("status"):
        yield Finding("program", Level.NOTE, f"The program ended with status {facts['status']}.")


def _own_instrumentor(facts: Facts) -> Iterator[Finding]:
    for one in facts.get("instrumentors", ()):
        if one["distribution"] == "toolspan" and one["state"] == "disabled":
            yield Finding(
                "instrumentor",
                Level.PROBLEM,
                f"{one['name']} is disabled by OTEL_PYTHON_DISABLED_INSTRUMENTATIONS.",
                "Take its name out of that list.",
            )


def _provider(facts: Facts) -> Iterator[Finding]:
    provider = facts.get("providers", {}).get("tracer")
    if provider is None:
        return
    if facts.get("environment", {}).get("OTEL_SDK_DISABLED", "").lower() == "true":
        yield Finding(
            "provider",
            Level.PROBLEM,
            "OTEL_SDK_DISABLED=true: nothing is recorded.",
            "Unset it.",
        )
    elif not provider["records"]:
        yield Finding(
            "provider",
            Level.PROBLEM,
            f"No OpenTelemetry SDK is active ({provider['type']}): nothing is recorded.",
            "Start the program with `toolspan run -- python ...`, or set a TracerProvider.",
        )
    elif not any("Jsonl" in one for one in provider["listeners"]) and provider["listeners"]:
        yield Finding(
            "provider",
            Level.NOTE,
            "Spans are not written to files.",
            f"Set {TOOLSPAN_DIR} to a directory.",
        )


def _recorded(facts: Facts) -> Iterator[Finding]:
    recorded = facts.get("recorded")
    if recorded is None or "targets" not in facts:
        return
    if not recorded["spans"]:
        yield Finding(
            "recorded",
            Level.NOTE,
            "The program recorded no span.",
            "Did it call a tool? What is hooked, found and missing is listed above.",
        )
    named = facts.get("environment", {}).get("OTEL_SERVICE_NAME")
    shared = [one for one in recorded["servers"] if recorded["processes"].count(one) > 1]
    if named and shared:
        yield Finding(
            "recorded",
            Level.NOTE,
            f"The program's MCP servers record under its own name, service.name={shared[0]}: "
            "they inherit OTEL_SERVICE_NAME.",
            "Give each its own, env={**os.environ, 'OTEL_SERVICE_NAME': 'orders'}, or leave the "
            "variable unset: `toolspan run` then names each process after its program.",
        )


def _sampler(facts: Facts) -> Iterator[Finding]:
    sampler = facts.get("environment", {}).get("OTEL_TRACES_SAMPLER", "")
    if sampler and "always_on" not in sampler:
        yield Finding(
            "sampler",
            Level.NOTE,
            f"OTEL_TRACES_SAMPLER={sampler}: only part of the calls is recorded.",
            "Counts and rates of `toolspan tools` are of that part.",
        )


def _files(facts: Facts) -> Iterator[Finding]:
    files = facts.get("files")
    if files and not files["writable"]:
        yield Finding(
            "files",
            Level.PROBLEM,
            f"{files['directory']} cannot be written.",
            f"Name another directory: `--dir` or {TOOLSPAN_DIR}.",
        )


def _mistakes(facts: Facts) -> Iterator[Finding]:
    for one in facts.get("mistakes", ()):
        yield Finding("targets", Level.PROBLEM, f"{one['file']}:{one['line']}: {one['message']}")


def _targets(facts: Facts) -> Iterator[Finding]:
    for one in facts.get("targets", ()):
        for problem in one["problems"]:
            yield Finding("targets", Level.PROBLEM, problem)
        for reason in one.get("missing", ()):
            yield Finding("targets", Level.PROBLEM, f"{one['declared']}: {reason}")


def _hooks(facts: Facts) -> Iterator[Finding]:
    for one in facts.get("frameworks", ()):
        versions = ", ".join(
            f"{name} {number}" for name, number in one["versions"].items() if number
        )
        if one["missing"]:
            yield Finding(
                "frameworks",
                Level.PROBLEM,
                f"{versions} has no {', '.join(one['missing'])}: "
                "what passes there is not recorded.",
                "A newer toolspan may know this version.",
            )


def _others(facts: Facts) -> Iterator[Finding]:
    for one in facts.get("frameworks", ()):
        for other in one["others"]:
            if other["state"] == "enabled":
                yield Finding(
                    "frameworks",
                    Level.NOTE,
                    f"{other['distribution']} records {one['name']} too. Each call still counts "
                    "once: its other spans carry toolspan.tool_call.layer=duplicate, or none.",
                    "To have one of them only: OTEL_PYTHON_DISABLED_INSTRUMENTATIONS="
                    f"{other['name']} (or {one['instrumentor']}).",
                )


def _content(facts: Facts) -> Iterator[Finding]:
    content = facts.get("content")
    if content is None:
        return
    if not content["captured"]:
        yield Finding(
            "content",
            Level.NOTE,
            "Arguments and results of tools are not recorded.",
            f"To record them: {CAPTURE_MESSAGE_CONTENT}=SPAN_ONLY",
        )


_CHECKS: Final[tuple[Callable[[Facts], Iterator[Finding]], ...]] = (
    _program,
    _own_instrumentor,
    _provider,
    _recorded,
    _sampler,
    _files,
    _mistakes,
    _targets,
    _hooks,
    _others,
    _content,
)
