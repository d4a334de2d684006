"""What recording adds to the start of a program: imports of ours, and none of a framework's."""

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.harness import Row

_MOST_MS = 50.0
_FRAMEWORKS = (
    *("mcp", "fastmcp", "langchain", "langchain_core", "langgraph", "openai", "anthropic"),
    *("agents", "crewai", "autogen", "llama_index", "smolagents", "pydantic_ai", "haystack"),
    *("dspy", "semantic_kernel", "strands", "google", "agno", "pydantic", "httpx"),
)
_API = "import opentelemetry.trace, opentelemetry.context, opentelemetry.metrics"
_LOADED = f"import sys; print(*[name for name in {_FRAMEWORKS!r} if name in sys.modules])"


def run(scale: str) -> list[Row]:
    """CPU of whole processes, interleaved."""
    rounds = 25 if scale == "full" else 9
    imported = _difference(
        [sys.executable, "-c", f"{_API}, toolspan.instrumentation"],
        [sys.executable, "-c", _API],
        rounds,
    )
    with tempfile.TemporaryDirectory() as folder:
        toolspan = str(Path(sys.executable).with_name("toolspan"))
        command = [toolspan, "run", "--dir", folder, "--", sys.executable, "-c"]
        started = _difference(
            [*command, "pass"],
            [*command, "pass"],
            rounds,
            without={"OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "toolspan,toolspan_mcp"},
        )
        loaded = subprocess.run(
            [*command, _LOADED], capture_output=True, text=True, check=True
        ).stdout.split()
    return [
        Row(
            "import toolspan.instrumentation",
            "50 ms beyond opentelemetry-api",
            imported / _MOST_MS,
            must=1.0,
            value=imported,
            unit="ms CPU",
        ),
        Row(
            "toolspan run -- python -c pass",
            "50 ms beyond the same without our instrumentors",
            started / _MOST_MS,
            must=1.0,
            value=started,
            unit="ms CPU",
        ),
        Row(
            f"frameworks imported by it ({', '.join(loaded) or 'none'})",
            "none",
            float(len(loaded)),
            must=0.0,
            value=float(len(loaded)),
            unit="modules",
        ),
    ]


def _difference(
    command: Sequence[str],
    baseline: Sequence[str],
    rounds: int,
    *,
    without: Mapping[str, str] | None = None,
) -> float:
    """CPU milliseconds of `command` beyond those of `baseline`, run in turns.

    The least of each: whatever else the machine does only adds to the time of a process.
    """
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(rounds + 1):  # the first round warms the file cache and writes byte code
        ours.append(_cpu_ms(command, {}))
        theirs.append(_cpu_ms(baseline, without or {}))
    return min(ours) - min(theirs)


def _cpu_ms(command: Sequence[str], env: Mapping[str, str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, env={**os.environ, **env}, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1e3 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
