"""The agent of ../plain/agent.py, recorded by decorators."""

import sys
from typing import Any

from toolspan.instrumentation import track_agent_run, track_attempt, track_tool_call

SEARCHES = ["search_manual", "search_forum"]


def rejected(ticket: dict[str, str]) -> str | None:
    """The type of the failure, if the ticket says there was one."""
    return ticket["code"] if ticket["status"] == "rejected" else None


def session_of_call(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """Which session a call of `answer` belongs to."""
    return str(kwargs["session_id"])


class ManualOutOfDateError(Exception):
    """The manual says nothing about this product any more."""


@track_tool_call(fallback_group=SEARCHES)
def search_manual(question: str) -> str:
    """Look in the manual; asks the slow page store up to three times."""
    for attempt in range(3):
        try:
            return read_page(question, attempt)
        except TimeoutError:
            continue
    raise ManualOutOfDateError(question)


@track_attempt
def read_page(question: str, attempt: int) -> str:
    """One try of the page store."""
    if "printer" in question and attempt == 0:
        raise TimeoutError("the page store is slow today")
    if "fax" in question:
        raise ManualOutOfDateError("fax machines are gone from the manual")
    return f"The manual on {question}: switch it off and on."


@track_tool_call(fallback_group=SEARCHES)
def search_forum(question: str) -> str:
    """Ask the users' forum, for what the manual does not know."""
    return f"A user says about {question}: mine never worked either."


@track_tool_call(is_error=rejected)
def open_ticket(question: str, answer: str) -> dict[str, str]:
    """Returns a failure instead of raising it when there is nothing to say."""
    if "never worked" in answer:
        return {"status": "rejected", "code": "no_facts"}
    return {"status": "open", "code": "T-1"}


class SupportAgent:
    """Answers one question; its tools are held in a dict, as agents do."""

    def __init__(self) -> None:
        self.tools = {
            "search_manual": search_manual,
            "search_forum": search_forum,
            "open_ticket": open_ticket,
        }

    @track_agent_run(session_id=session_of_call)
    def answer(self, question: str, session_id: str) -> str:
        """Ask the manual, else the forum; then open a ticket."""
        try:
            found = str(self.tools["search_manual"](question))
        except ManualOutOfDateError:
            found = str(self.tools["search_forum"](question))
        self.tools["open_ticket"](question, found)
        return found


if __name__ == "__main__":
    agent = SupportAgent()
    for number, question in enumerate(sys.argv[1:] or ["the printer", "the fax"]):
        print(agent.answer(question, session_id=f"session-{number}"))
