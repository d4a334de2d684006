"""One process that records tool calls as a user does and prints what memory that took, as JSON.

Run by `bench_files`: `python -m benchmarks.recorder_memory CALLS DIRECTORY`. In MB, always the
peak so far: the bare interpreter, with the OpenTelemetry SDK imported, and with toolspan imported,
attached and all calls recorded.
"""

import json
import sys

from benchmarks.memory import peak_mb


def main(calls: int, directory: str) -> dict[str, float]:
    interpreter = peak_mb()
    import opentelemetry.sdk._logs
    import opentelemetry.sdk.trace

    sdk = peak_mb()
    from toolspan.exporters import attach
    from toolspan.instrumentation import session, track_agent_run, track_tool_call

    provider = opentelemetry.sdk.trace.TracerProvider()
    attach(directory, tracer_provider=provider)

    @track_tool_call(tracer_provider=provider)
    def search(query: str) -> str:
        return query

    @track_agent_run(tracer_provider=provider)
    def agent(questions: int) -> None:
        for number in range(questions):
            search(f"question {number}")

    for number in range(calls // 100):
        with session(f"session-{number}"):
            agent(100)
    provider.shutdown()
    return {
        "interpreter_mb": interpreter,
        "sdk_mb": sdk - interpreter,
        "recorder_mb": peak_mb() - sdk,
    }


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), sys.argv[2])))
