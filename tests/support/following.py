"""Files that grow, by hand and by a process that writes spans, and what is there at once."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

from support.tables import everything
from support.traces import otlp
from toolspan.analytics import LiveTraces, open_traces


def calls(traces: LiveTraces) -> dict[str, int]:
    """How many calls each tool has."""
    return {record["tool_name"]: record["calls"] for record in traces.records("tools")}


def line(*spans: dict[str, Any]) -> bytes:
    return json.dumps(otlp(spans)).encode() + b"\n"


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


WRITER = """
    import sys
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from toolspan.exporters import JsonlSpanProcessor, JsonlStartProcessor

    provider = TracerProvider(resource=Resource({"service.name": "writer"}))
    provider.add_span_processor(JsonlSpanProcessor(sys.argv[1], max_file_bytes=int(sys.argv[2]),
        compression=sys.argv[3], slow_disk="stay"))
    if sys.argv[4:] == ["starts"]:
        provider.add_span_processor(JsonlStartProcessor(sys.argv[1]))
    tracer = provider.get_tracer("tests")
    agent = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "writer"}
    call = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search"}
    for order in sys.stdin:
        with tracer.start_as_current_span("invoke_agent writer", attributes=agent):
            for number in range(int(order)):
                with tracer.start_as_current_span("execute_tool search", attributes=call):
                    print("calling", flush=True)
                    if sys.argv[4:] == ["starts"]:
                        sys.stdin.readline()
        print("done", flush=True)
    provider.shutdown()
"""


class Writer:
    """A process of its own that writes spans, as many as it is told to."""

    def __init__(
        self, folder: Path, *more: str, max_bytes: int = 1 << 26, compression: str = "none"
    ) -> None:
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                textwrap.dedent(WRITER),
                folder,
                str(max_bytes),
                compression,
                *more,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def tell(self, text: object) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{text}\n")
        self.process.stdin.flush()

    def said(self, text: str) -> None:
        assert self.process.stdout
        assert any(said.strip() == text for said in self.process.stdout)

    def end(self) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.stdout.read()
        assert self.process.wait(60) == 0

    def kill(self) -> None:
        self.process.kill()
        with self.process:
            pass


def at_once(folder: Path) -> dict[str, Any]:
    """What reading it all at once gives."""
    with open_traces(folder, cache=False) as traces:
        return everything(traces)
