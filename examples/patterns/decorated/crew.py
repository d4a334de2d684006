"""The crew of ../plain/crew.py, recorded by decorators."""

from typing import Any

from toolspan.instrumentation import (
    track_agent_run,
    track_step,
    track_tool_call,
    track_workflow,
)


def role_of_agent(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """An agent is called like its role."""
    return str(args[0].role)


def name_of_crew(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """A workflow is called like its crew."""
    return str(args[0].name)


def session_of_call(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """Which session a call of `kickoff` belongs to."""
    return str(kwargs["session_id"])


def role_of_member(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """A step is called like the role of whoever does it."""
    return str(args[1].role)


def position_of_task(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The step's place in the workflow."""
    return {"toolspan.step.index": args[3]}


class Agent:
    """What the members of a crew have in common: a subclass works, the base calls it."""

    role = "member"

    @track_agent_run(name=role_of_agent)
    def run(self, task: str) -> str:
        raise NotImplementedError


class Researcher(Agent):
    """Collects facts."""

    role = "researcher"

    @track_agent_run(name=role_of_agent)
    def run(self, task: str) -> str:
        facts = [look_up(word) for word in task.split()]
        return ", ".join(facts)


class Writer(Agent):
    """Writes them up."""

    role = "writer"

    @track_agent_run(name=role_of_agent)
    def run(self, task: str) -> str:
        return polish(f"We know: {task}.")


class ChiefWriter(Writer):
    """Signs what a writer writes: one run, although two methods take part in it."""

    role = "chief writer"

    @track_agent_run(name=role_of_agent)
    def run(self, task: str) -> str:
        return super().run(task) + " Signed."


@track_tool_call
def look_up(word: str) -> str:
    """A tool of the researcher."""
    return f"{word} has {len(word)} letters"


@track_tool_call
def polish(text: str) -> str:
    """A tool of the writer."""
    return text.replace("has", "counts")


class Crew:
    """Runs its members one after the other, each on what the one before it made."""

    name = "letter_counters"

    def __init__(self, *members: Agent) -> None:
        self.members = members

    @track_workflow(name=name_of_crew, session_id=session_of_call)
    def kickoff(self, topic: str, session_id: str) -> str:
        """The whole workflow."""
        text = topic
        for position, member in enumerate(self.members):
            text = self.task(member, text, position)
        return text

    @track_step(name=role_of_member, attributes=position_of_task)
    def task(self, member: Agent, text: str, position: int) -> str:
        """One step of it."""
        return member.run(text)


if __name__ == "__main__":
    crew = Crew(Researcher(), Writer(), ChiefWriter())
    print(crew.kickoff("otters swim", session_id="session-1"))
