"""An agent at work, for `bench_live`: so many spans a second, written through, until told to end.

python -m benchmarks.live_writer FOLDER SPANS_PER_SECOND
"""

import sys
import time

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider

from toolspan.exporters import JsonlSpanProcessor

SERVICE = "live-writer"
CALLS = 9  # of each agent run


def main() -> None:
    folder, rate = sys.argv[1], int(sys.argv[2])
    provider = TracerProvider(resource=Resource({"service.name": SERVICE}))
    provider.add_span_processor(JsonlSpanProcessor(folder))
    tracer = provider.get_tracer("benchmark")
    written, began = 0, time.perf_counter()

    def keep_pace() -> None:
        nonlocal written
        written += 1
        time.sleep(max(0.0, began + written / rate - time.perf_counter()))

    for run in range(sys.maxsize):
        agent = {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": "writer",
            "session.id": f"live-{run}",
        }
        with tracer.start_as_current_span("invoke_agent writer", attributes=agent):
            for number in range(CALLS):
                name = f"tool_{number}"
                call = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name}
                with tracer.start_as_current_span(f"execute_tool {name}", attributes=call):
                    keep_pace()
        keep_pace()


if __name__ == "__main__":
    main()
