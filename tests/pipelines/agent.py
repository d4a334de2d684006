"""An agent for the pipelines: every kind of span and event, and private text where people write."""

import sys
from contextlib import suppress

from opentelemetry import trace
from opentelemetry.trace import Link

from toolspan.instrumentation import (
    record_feedback,
    session,
    track_agent_run,
    track_attempt,
    track_step,
    track_tool_call,
    track_workflow,
)

SECRET = "write to ada@example.org with sk-abcdefghijklmnop1234"


@track_tool_call(capture_content=True)
def search(query: str) -> dict[str, object]:
    return {"pages": ["otters", "żółw", "海豚"], "contact": SECRET, "query": query}


@track_tool_call
def fetch(url: str) -> str:
    raise ConnectionError(f"{url}: refused, ask ada@example.org")


@track_attempt
def one_try(number: int) -> int:
    if number == 1:
        raise TimeoutError("slow")
    return number


@track_tool_call(
    attributes={"toolspan.tool.cost.amount": 0.25, "toolspan.tool.cost.currency": "EUR"}
)
def price(item: str) -> int:
    for number in (1, 2):
        try:
            return one_try(number)
        except TimeoutError:
            continue
    return 0


@track_step(name="research", index=1)
def research(question: str) -> None:
    search(question)
    price(question)
    with suppress(ConnectionError):
        fetch("http://nowhere.invalid")
    tracer = trace.get_tracer(
        "some.library", "1.2", schema_url="https://opentelemetry.io/schemas/1.30.0"
    )
    here = trace.get_current_span().get_span_context()
    attributes = {"large": 2**53 + 1, "ratio": 1e300, "none": [], "words": ["a", "b"], "ok": True}
    with tracer.start_as_current_span(
        "GET /", attributes=attributes, links=[Link(here, {"why": "test"})]
    ) as span:
        span.add_event("exception", {"exception.message": SECRET, "exception.type": "KeyError"})


@track_agent_run(name="researcher")
def answer(question: str) -> str:
    research(question)
    return "done"


@track_workflow(name="newsletter")
def work(number: int) -> None:
    answer(f"question {number}")


for number in range(int(sys.argv[1])):
    with session(f"chat-{number}", user_id="ada"):
        work(number)
    record_feedback(
        "quality", 0.5, session_id=f"chat-{number}", source="human", comment=f"ok, says {SECRET}"
    )
