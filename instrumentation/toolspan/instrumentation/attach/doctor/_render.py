"""The doctor's report as text."""

import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from toolspan.instrumentation.attach.doctor._checks import Finding, Level

_WIDTH = 12


def as_text(facts: Mapping[str, Any], findings: Sequence[Finding]) -> str:
    """Facts by topic, then what is wrong, then what to know."""
    lines = [line for topic in _topics(facts) for line in topic]
    problems = [one for one in findings if one.level is Level.PROBLEM]
    notes = [one for one in findings if one.level is Level.NOTE]
    for title, group in (("Problems", problems), ("Notes", notes)):
        if group:
            lines += ["", f"{title}:"]
            for one in group:
                lines.append(f"  - {one.message}")
                if one.advice:
                    lines.append(f"    {one.advice}")
    if not problems:
        lines += ["", "No problem found."]
    return "\n".join(lines)


def _topics(facts: Mapping[str, Any]) -> Iterator[list[str]]:
    versions = facts.get("versions", {})
    core = ("toolspan", "opentelemetry-api", "opentelemetry-sdk", "opentelemetry-distro")
    yield _topic("Installed", [f"{name} {versions[name]}" for name in core if name in versions])
    if "command" in facts:
        yield _topic(
            "Program", [f"{shlex.join(facts['command'])} (ended with status {facts['status']})"]
        )
    for what, provider in facts.get("providers", {}).items():
        state = "" if provider["records"] else " (records nothing)"
        listeners = [f"  → {one}" for one in provider["listeners"]] or ["  → nobody listens"]
        yield _topic(what.capitalize(), [provider["type"] + state, *listeners])
    files = facts["files"]
    yield _topic(
        "Files", [f"{files['directory']}: {files['count']} files, {files['bytes']:,} bytes"]
    )
    if "recorded" in facts:
        yield _topic("Recorded", list(_recorded(facts["recorded"])))
    yield _topic("Content", list(_content(facts)))
    yield _topic(
        "Frameworks", [line for one in facts.get("frameworks", ()) for line in _hooks(one)]
    )
    if facts.get("targets"):
        yield _topic("Targets", [line for one in facts["targets"] for line in _target(one)])
    elif "targets" in facts:
        yield _topic("Targets", ["none declared (TOOLSPAN_TARGETS)"])


def _recorded(recorded: Mapping[str, Any]) -> Iterator[str]:
    spans = recorded["spans"]
    counts = ", ".join(f"{count} {name}" for name, count in spans.items())
    yield f"{sum(spans.values())} spans{f' ({counts})' if counts else ''} by this run; not kept"
    processes = Counter(recorded["processes"])
    if len(recorded["processes"]) > 1:
        each = (f"{name} ({count})" if count > 1 else name for name, count in processes.items())
        yield f"processes: {', '.join(each)}"


def _content(facts: Mapping[str, Any]) -> Iterator[str]:
    content = facts.get("content")
    if content is None:
        return
    captured = "recorded" if content["captured"] else "not recorded"
    hashed = "hashed" if content["arguments_hash"] else "not hashed"
    yield f"arguments and results {captured}, arguments {hashed}; errors: {content['error_text']}"


def _hooks(one: Mapping[str, Any]) -> Iterator[str]:
    installed = [f"{name} {version}" for name, version in one["versions"].items() if version]
    if not installed:
        yield f"{one['name']}: not installed"
        return
    state = "hooked" if one["hooks"] else "hooks wait for its import"
    if one["imported"] and not one["hooks"]:
        state = "imported, not hooked"
    native = (
        f"; emits spans itself: {', '.join(one['emits_itself'])}" if one["emits_itself"] else ""
    )
    yield f"{', '.join(installed)}: {state} ({one['instrumentor']}){native}"
    for hook in one["hooks"]:
        yield f"  hooked: {hook}"
    for other in one["others"]:
        state = "active" if other["active"] else str(other["state"])
        yield f"  also on it: {other['distribution']} ({other['name']}, {state})"


def _target(one: Mapping[str, Any]) -> Iterator[str]:
    state = "ok" if one["places"] and not one["missing"] else "--"
    if not one["places"] and not one["missing"] and not one["problems"]:
        state = "? "  # not looked at: the program was not run
    yield f"{state} {one['kind']:<8} {', '.join(one['target'])}"
    for place in one["places"]:
        early = " (was imported already)" if place in one["already_imported"] else ""
        yield f"            recorded: {place}{early}"


def _topic(title: str, lines: Sequence[str]) -> list[str]:
    if not lines:
        return []
    first, *rest = lines
    return [f"{title:<{_WIDTH}}{first}", *(f"{'':<{_WIDTH}}{line}" for line in rest)]
