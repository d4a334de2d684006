"""What the decorators of other libraries cost, each beside ours in one process.

    make environments NAMES="peer-langfuse ..."     builds each peer's environment, once
    python -m benchmarks.peers [NAME ...]           measures those that are built

Each peer is called as its documentation has it, with a provider whose spans go nowhere; what it
records by default it records. The baseline is the bare SDK in the same process, with the same
attributes as ours with arguments and result captured.
"""

import argparse
import datetime as dt
import functools
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PEERS = {
    "openinference": "openinference-instrumentation",
    "openllmetry": "traceloop-sdk",
    "langfuse": "langfuse",
    "logfire": "logfire",
    "mlflow": "mlflow-tracing",
    "util-genai": "opentelemetry-util-genai",
}
OURS = "toolspan @track_tool_call(capture_content=True)"
OURS_QUIET = "toolspan @track_tool_call"
BASELINE = "bare span with the same attributes"
CALLS = 200
LARGE = "some text of a page, " * 50_000


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("only", nargs="*", metavar="NAME", help=f"of {', '.join(PEERS)}")
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--json", type=Path, default=HERE / "results" / "local" / "peers.json")
    parser.add_argument("--here", choices=PEERS, help="measure in this process, for one peer")
    options = parser.parse_args()
    if options.here:
        print(json.dumps(measured_here(options.here, options.rounds)))
        return 0
    if unknown := set(options.only) - set(PEERS):
        parser.error(f"no such peer: {', '.join(sorted(unknown))}; there are {', '.join(PEERS)}")
    results = [_measured(name, options.rounds) for name in options.only or PEERS]
    found = [result for result in results if result is not None]
    for result in found:
        print(_table(result))
    options.json.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs",
        "baseline": BASELINE,
        "peers": found,
    }
    options.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    print(f"written to {options.json}", file=sys.stderr)
    return 0 if len(found) == len(results) else 1


def _measured(name: str, rounds: int) -> dict[str, Any] | None:
    sys.path.insert(0, str(HERE.parent / "tests"))
    from support.cached_environments import CachedEnvironment

    environment = CachedEnvironment(f"peer-{name}")
    if not environment.is_built:
        print(f"{name}: not built; make environments NAMES=peer-{name}", file=sys.stderr)
        return None
    done = subprocess.run(
        [environment.python, "-m", "benchmarks.peers", "--here", name, "--rounds", str(rounds)],
        capture_output=True,
        text=True,
        check=False,
        cwd=HERE.parent,
    )
    if done.returncode:
        print(f"{name}: {done.stderr}", file=sys.stderr)
        return None
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def _table(result: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in result["versions"].items())
    lines = [f"{result['peer']} ({versions})"]
    for row in result["rows"]:
        large = (
            "" if row["large_us"] is None else f"   1 MB argument {row['large_us'] / 1000:.2f} ms"
        )
        lines.append(f"  {row['ratio']:6.2f}  {row['us']:8.1f} µs  {row['what']}{large}")
    return "\n".join(lines)


# --- in the peer's environment --------------------------------------------------------------------


def measured_here(peer: str, rounds: int) -> dict[str, Any]:
    """Ratios of the peer's decorators and of ours to the baseline."""
    os.environ.update(
        DO_NOT_TRACK="1",
        LANGFUSE_TRACING_ENVIRONMENT="benchmark",
        LOGFIRE_CONSOLE="false",
        LOGFIRE_SEND_TO_LOGFIRE="false",
        OTEL_METRICS_EXPORTER="none",
        TRACELOOP_TELEMETRY="false",
    )
    import logging

    logging.disable(logging.CRITICAL)
    from benchmarks.recording_workload import (
        ATTRIBUTES,
        CONTENT,
        called,
        hand_written,
        provider,
        ratio,
        search,
    )
    from toolspan.instrumentation import track_tool_call

    quiet = provider()
    bare = hand_written(quiet.get_tracer("by hand"), {**ATTRIBUTES, **CONTENT})
    cases: dict[str, Callable[..., str]] = {
        OURS: track_tool_call(search, tracer_provider=quiet, capture_content=True),
        OURS_QUIET: track_tool_call(search, tracer_provider=quiet),
        **_DECORATED[peer](search),
    }
    rows = []
    for what, case in cases.items():
        found, nanoseconds = ratio(called(case), called(bare), calls=CALLS, rounds=rounds)
        large = functools.partial(case, LARGE, limit=3)
        _, large_ns = ratio(large, called(bare), calls=3, rounds=5)
        rows.append(
            {"what": what, "ratio": found, "us": nanoseconds / 1000, "large_us": large_ns / 1000}
        )
    names = (PEERS[peer], "opentelemetry-sdk", "toolspan")
    return {"peer": peer, "versions": {name: version(name) for name in names}, "rows": rows}


def _discard() -> Any:
    from benchmarks.recording_workload import Discard

    return Discard()


def _exporter() -> Any:
    """Takes spans and does nothing with them."""
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

    class Null(SpanExporter):
        def export(self, spans: Any) -> Any:
            return SpanExportResult.SUCCESS

    return Null()


def _openinference(search: Any) -> dict[str, Any]:
    from openinference.instrumentation import TracerProvider

    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(_discard())
    return {"openinference @tracer.tool": provider.get_tracer("benchmark").tool(search)}


def _openllmetry(search: Any) -> dict[str, Any]:
    from traceloop.sdk import Traceloop
    from traceloop.sdk.decorators import tool

    Traceloop.init(
        app_name="benchmark",
        exporter=_exporter(),
        processor=_discard(),
        telemetry_enabled=False,
        instruments=set(),
    )
    return {"openllmetry @tool": tool(name="search")(search)}


def _langfuse(search: Any) -> dict[str, Any]:
    from langfuse import Langfuse, observe

    Langfuse(
        public_key="pk-x",
        secret_key="sk-x",
        base_url="http://127.0.0.1:9",
        span_exporter=_exporter(),
    )
    quiet = observe(name="search", as_type="tool", capture_input=False, capture_output=False)
    return {
        "langfuse @observe(as_type='tool')": observe(name="search", as_type="tool")(search),
        "langfuse @observe, nothing captured": quiet(search),
    }


def _logfire(search: Any) -> dict[str, Any]:
    import logfire

    logfire.configure(
        send_to_logfire=False, console=False, additional_span_processors=[_discard()], metrics=False
    )
    return {
        "logfire @instrument(record_return=True)": logfire.instrument(
            "execute_tool search", record_return=True
        )(search),
        "logfire @instrument(extract_args=False)": logfire.instrument(
            "execute_tool search", extract_args=False
        )(search),
    }


def _mlflow(search: Any) -> dict[str, Any]:
    """Through OTLP to nowhere: its own store writes to a disk within the call."""
    import mlflow
    from mlflow.tracing.provider import set_destination
    from opentelemetry.sdk.trace import TracerProvider

    del set_destination, TracerProvider
    os.environ["MLFLOW_ENABLE_ASYNC_TRACE_LOGGING"] = "true"
    os.environ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = "http://127.0.0.1:9/v1/traces"
    return {"mlflow @trace(span_type='TOOL')": mlflow.trace(span_type="TOOL")(search)}


def _util_genai(search: Any) -> dict[str, Any]:
    from opentelemetry.util.genai.handler import TelemetryHandler

    from benchmarks.recording_workload import provider

    handler = TelemetryHandler(tracer_provider=provider())

    @functools.wraps(search)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        with handler.tool("search", tool_type="function"):
            return search(*args, **kwargs)

    return {"util-genai handler.tool, no content": wrapper}


_DECORATED: dict[str, Callable[[Any], dict[str, Any]]] = {
    "openinference": _openinference,
    "openllmetry": _openllmetry,
    "langfuse": _langfuse,
    "logfire": _logfire,
    "mlflow": _mlflow,
    "util-genai": _util_genai,
}

if __name__ == "__main__":
    sys.exit(main())
