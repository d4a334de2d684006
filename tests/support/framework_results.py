"""Which versions of which frameworks were run, what was recorded, and what is known to be missing.

    PYTHONPATH=tests python -m support.framework_results

runs every environment that is built, and writes the dated result beside the page made from it.
With names of environments, only those are run, and the other rows stay as they are.
"""

import json
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from support import on_demand_frameworks
from support.agent_frameworks import CHANGING_PEER, EVERY_COMMIT, ON_DEMAND, OURS, PEERS, run
from support.cached_environments import CachedEnvironment
from support.reference import REPOSITORY
from support.spans import otlp_json_spans

RESULT = REPOSITORY / "docs" / "results" / "agent-frameworks.json"
PAGE = REPOSITORY / "docs" / "compatibility.md"
DISTRIBUTIONS = {
    "openai-agents": ("openai-agents",),
    "langgraph": ("langchain", "langgraph"),
    "smolagents": ("smolagents",),
    "pydantic-ai": ("pydantic-ai-slim",),
    **{name: one.distributions for name, one in on_demand_frameworks.FRAMEWORKS.items()},
}
KINDS = {
    "workflows": "invoke_workflow ",
    "agent runs": "invoke_agent ",
    "steps": "step ",
    "tool calls": "execute_tool ",
    "model calls": "chat",
}
GAPS = {
    "openai-agents": [
        "With tracing disabled (`set_tracing_disabled`, `OPENAI_AGENTS_DISABLE_TRACING`) nothing is recorded.",
        "A run resumed in another process, or under other settings, is not linked to the interrupted one.",
        "A model class that opens no generation or response span leaves no model call.",
        "A tool's hook (`on_tool_end`) that raises makes the call a failed one, as the SDK sees it.",
        "Realtime and voice agents were not run.",
    ],
    "langgraph": [
        "A run resumed in another process, or without a `thread_id`, is not linked to the interrupted one.",
        "Tries of a node are steps beside each other: the first has no number, since nothing says that it is one.",
        "Tools of a node that is tried again are calls of their own.",
        "With langchain-core 1.0, a model read with `astream` is not current while it is read.",
        "Retrievers and the tasks of the functional API leave no span. Remote graphs were not run.",
    ],
    "smolagents": [
        "It knows no session: name one with `session(...)`.",
        "Remote executors were not run. Before 1.22, code runs without a limit of time.",
        "Before 1.22 a managed agent called by a tool-calling agent fails by itself: `additional_args`.",
    ],
    "pydantic-ai": [
        "Its spans carry `logfire.*` attributes, and a conversation id made up for each run.",
        "A call that waits for a person leaves a span only once it runs, one that is refused none.",
        "A tool that raises `ModelRetry` and is asked for again is two spans; versions that mark it are folded.",
        "What a model asked a tool for is recorded as asked, with the message, and as received, with the call.",
    ],
    **{name: list(one.gaps) for name, one in on_demand_frameworks.FRAMEWORKS.items()},
}


def measure() -> dict[str, Any]:
    """Run everything that is built."""
    rows = [
        _row(name)
        for name in (
            *EVERY_COMMIT,
            *ON_DEMAND,
            *PEERS,
            CHANGING_PEER,
            *on_demand_frameworks.FRAMEWORKS,
        )
    ]
    return {"date": datetime.now(tz=UTC).date().isoformat(), "rows": rows}


def _row(environment: str) -> dict[str, Any]:
    framework = max((name for name in DISTRIBUTIONS if environment.startswith(name)), key=len)
    cached = CachedEnvironment(environment)
    row: dict[str, Any] = {"environment": environment, "framework": framework, "run": False}
    row["versions"] = _versions(cached, DISTRIBUTIONS[framework])
    row["peer"] = {**PEERS, CHANGING_PEER: "openinference.instrumentation.pydantic_ai"}.get(
        environment
    )
    if not cached.is_built:
        return row
    try:
        done, folder = run(environment)
    except subprocess.TimeoutExpired:
        return row
    spans = list(otlp_json_spans(folder))
    recorded = [span for span in spans if span["scope"] in OURS]
    names = Counter(
        kind
        for span in recorded
        for kind, prefix in KINDS.items()
        if span["name"].startswith(prefix)
    )
    if environment in on_demand_frameworks.FRAMEWORKS:
        names = on_demand_frameworks.counted(folder)
    theirs = [span for span in spans if span["scope"] == row["peer"]]
    layers = {span["attributes"].get("toolspan.tool_call.layer") for span in theirs}
    return {
        **row,
        "run": done.returncode == 0,
        "scenarios": len(done.stdout.splitlines()),
        "recorded": {kind: names[kind] for kind in KINDS},
        "peer_spans": len(theirs),
        "peer_spans_counted": len(theirs) if layers - {"duplicate"} else 0,
    }


def _versions(cached: CachedEnvironment, distributions: tuple[str, ...]) -> list[str]:
    locked = cached.locked.read_text(encoding="utf-8").splitlines()
    return [line.split(" ;")[0].strip() for line in locked if line.split("==")[0] in distributions]


def page(result: dict[str, Any]) -> str:
    """The compatibility page."""
    lines = [
        "# Compatibility",
        "",
        f"Generated from `docs/results/agent-frameworks.json` of {result['date']} by",
        "`make test-frameworks`; do not edit. How to record each of them:",
        "[agent frameworks](how-to/agent-frameworks.md).",
        "",
        "Each version runs the same scenarios with a scripted model: two tools of which one fails and",
        "recovers, a parallel pair, a hand-over or sub-agent, an exception, a timeout that the framework",
        "enforces, a cancellation, a stream, a session, an interruption and what goes on after it, a hook",
        "of the user's that raises, a stream left half-way, a tool tracked by its author. The supported",
        "range is from the oldest to the newest version listed; other versions are tried, and left alone",
        "where a hook has no place.",
        "",
        f"| framework | version | beside | run | {' | '.join(KINDS)} |",
        f"|---|---|---|---|{'---:|' * len(KINDS)}",
    ]
    for row in result["rows"]:
        versions = ", ".join(row["versions"])
        counts = [str(row["recorded"][kind]) for kind in KINDS] if row["run"] else [""] * len(KINDS)
        ran = "yes" if row["run"] else "not run"
        peer = f"`{row['peer']}`" if row["peer"] else ""
        lines.append(f"| {row['framework']} | {versions} | {peer} | {ran} | {' | '.join(counts)} |")
    lines += [
        "",
        "Beside another library, all its spans are marked as duplicates: none is counted a second time, and",
        "our tree is the same. OpenInference's pydantic-ai adds no spans, it changes pydantic-ai's own.",
        "",
        "## Known gaps",
    ]
    for framework, gaps in GAPS.items():
        lines += ["", f"### {framework}", "", *[f"- {gap}" for gap in gaps]]
    return "\n".join(lines) + "\n"


def measure_again(names: list[str]) -> dict[str, Any]:
    """The last result, with new rows for these environments."""
    result = json.loads(RESULT.read_text(encoding="utf-8"))
    kept = [row for row in result["rows"] if row["environment"] not in names]
    return {**result, "rows": [*kept, *map(_row, names)]}


def main() -> None:
    result = measure_again(sys.argv[1:]) if sys.argv[1:] else measure()
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(result), encoding="utf-8")


if __name__ == "__main__":
    main()
