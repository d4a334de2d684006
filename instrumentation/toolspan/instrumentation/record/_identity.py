"""Who and what a span belongs to: session, user, workflow, agent, step."""

from typing import Any, Final

from toolspan.conventions.attributes import (
    SESSION_ID,
    TOOLSPAN_AGENT,
    TOOLSPAN_STEP,
    TOOLSPAN_WORKFLOW,
    USER_ID,
)

_STAMPED: Final = (
    (SESSION_ID, "session_id"),
    (USER_ID, "user_id"),
    (TOOLSPAN_WORKFLOW, "workflow"),
    (TOOLSPAN_AGENT, "agent"),
    (TOOLSPAN_STEP, "step"),
)


class Identity:
    """What every span below one point of the context is stamped with; never changed once made.

    `stamp` holds the attributes every span gets. The conversation is not among them: the
    conventions list `gen_ai.conversation.id` for some spans only.
    """

    __slots__ = (
        "agent",
        "conversation_id",
        "session_id",
        "stamp",
        "starts",
        "step",
        "user_id",
        "workflow",
    )

    def __init__(
        self,
        *,
        session_id: str | None = None,
        user_id: str | None = None,
        conversation_id: str | None = None,
        workflow: str | None = None,
        agent: str | None = None,
        step: str | None = None,
    ) -> None:
        self.session_id = session_id
        self.user_id = user_id
        self.conversation_id = conversation_id
        self.workflow = workflow
        self.agent = agent
        self.step = step
        self.starts: dict[object, dict[str, Any]] = {}
        """By what is prepared, the attributes that its spans start with here."""
        self.stamp: dict[str, str] = {
            key: value for key, field in _STAMPED if (value := getattr(self, field)) is not None
        }

    def with_ids(
        self, session_id: str | None, user_id: str | None, conversation_id: str | None
    ) -> "Identity":
        """The same place in the work, under another session, user or conversation.

        None keeps what is set. A new session ends the old user and conversation: they belonged
        to it.
        """
        if session_id is not None and session_id != self.session_id:
            kept_user, kept_conversation = None, None
        else:
            kept_user, kept_conversation = self.user_id, self.conversation_id
        return Identity(
            session_id=self.session_id if session_id is None else session_id,
            user_id=kept_user if user_id is None else user_id,
            conversation_id=kept_conversation if conversation_id is None else conversation_id,
            workflow=self.workflow,
            agent=self.agent,
            step=self.step,
        )

    def in_workflow(self, name: str) -> "Identity":
        """Below a workflow; a step of an enclosing workflow ends there, an agent does not."""
        return self._below(workflow=name, agent=self.agent, step=None)

    def in_agent(self, name: str) -> "Identity":
        """Below an agent run."""
        return self._below(workflow=self.workflow, agent=name, step=self.step)

    def in_step(self, name: str) -> "Identity":
        """Below a workflow step."""
        return self._below(workflow=self.workflow, agent=self.agent, step=name)

    def _below(self, *, workflow: str | None, agent: str | None, step: str | None) -> "Identity":
        return Identity(
            session_id=self.session_id,
            user_id=self.user_id,
            conversation_id=self.conversation_id,
            workflow=workflow,
            agent=agent,
            step=step,
        )


NOBODY: Final = Identity()
