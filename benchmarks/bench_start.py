"""What recording adds to the start of a program: imports of ours, and none of a framework's."""

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.cached_environments import CachedEnvironment

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
    """CPU of whole processes, interleaved; where every framework is installed, if that is built."""
    rounds = 25 if scale == "full" else 9
    environment = CachedEnvironment("every-framework")
    python = str(environment.python if environment.is_built else sys.executable)
    beside = "every framework installed" if environment.is_built else "the development environment"
    imported = _difference(
        [python, "-c", f"{_API}, toolspan.instrumentation"], [python, "-c", _API], rounds
    )
    with tempfile.TemporaryDirectory() as folder:
        toolspan = [str(Path(python).with_name("toolspan")), "run", "--dir", folder, "--"]
        started = _difference(
            [*toolspan, python, "-c", "pass"],
            [str(Path(python).with_name("opentelemetry-instrument")), python, "-c", "pass"],
            rounds,
            without={
                "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "toolspan,toolspan_mcp",
                **{f"OTEL_{signal}_EXPORTER": "none" for signal in ("TRACES", "METRICS", "LOGS")},
            },
        )
        loaded = subprocess.run(
            [*toolspan, python, "-c", _LOADED], capture_output=True, text=True, check=True
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
            f"toolspan run -- python -c pass ({beside})",
            "50 ms beyond opentelemetry-instrument without us",
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
