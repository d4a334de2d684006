"""A crew: a workflow whose tasks are done by agents in turn, each with its own tools."""


class Agent:
    """What the members of a crew have in common: a subclass works, the base calls it."""

    role = "member"

    def run(self, task: str) -> str:
        raise NotImplementedError


class Researcher(Agent):
    """Collects facts."""

    role = "researcher"

    def run(self, task: str) -> str:
        facts = [look_up(word) for word in task.split()]
        return ", ".join(facts)


class Writer(Agent):
    """Writes them up."""

    role = "writer"

    def run(self, task: str) -> str:
        return polish(f"We know: {task}.")


class ChiefWriter(Writer):
    """Signs what a writer writes: one run, although two methods take part in it."""

    role = "chief writer"

    def run(self, task: str) -> str:
        return super().run(task) + " Signed."


def look_up(word: str) -> str:
    """A tool of the researcher."""
    return f"{word} has {len(word)} letters"


def polish(text: str) -> str:
    """A tool of the writer."""
    return text.replace("has", "counts")


class Crew:
    """Runs its members one after the other, each on what the one before it made."""

    name = "letter_counters"

    def __init__(self, *members: Agent) -> None:
        self.members = members

    def kickoff(self, topic: str, session_id: str) -> str:
        """The whole workflow."""
        text = topic
        for position, member in enumerate(self.members):
            text = self.task(member, text, position)
        return text

    def task(self, member: Agent, text: str, position: int) -> str:
        """One step of it."""
        return member.run(text)


if __name__ == "__main__":
    crew = Crew(Researcher(), Writer(), ChiefWriter())
    print(crew.kickoff("otters swim", session_id="session-1"))
