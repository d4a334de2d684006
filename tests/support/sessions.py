"""Sessions in a few words: what each used, how it went and how it was scored."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from support.traces import agent, otlp, span, tool, write_lines

# Sessions begin a minute apart, tool calls within one a second apart.
MINUTE, SECOND = 60_000, 1_000


@dataclass(frozen=True, slots=True)
class Session:
    """One session.

    Attributes:
        tools: what it called, in order; `"search!"` is a call that fails.
        score: its score, None where nobody rated it.
        workflow: what ran it.
        agent: who called the tools.
        user: who it was for.
        more: attributes of its root.
        ms: how long each call takes.
        failed: whether the session itself ended in an error.
    """

    tools: Sequence[str] = ()
    score: float | None = None
    workflow: str = "support"
    agent: str = "helper"
    user: str | None = None
    more: dict[str, object] = field(default_factory=dict)
    ms: float = 100
    failed: bool = False


def write_sessions(
    folder: Path,
    sessions: Iterable[Session],
    *,
    name: str = "quality",
    source: str = "human",
    file: str = "feedback.csv",
) -> tuple[Path, Path]:
    """Write the sessions and their scores; returns the spans and the table of scores."""
    spans, rows = [], ["session_id,name,value,source"]
    for number, session in enumerate(sessions, 1):
        start = number * MINUTE
        length = (len(session.tools) + 1) * SECOND
        common = {"trace": number, "session__id": f"s{number}"}
        first = 1000 * number  # span ids are unique over traces, as some platforms want them
        if session.user:
            common["user__id"] = session.user
        spans.append(
            span(
                f"invoke_workflow {session.workflow}",
                first + 1,
                at=start,
                ms=length,
                error="Boom" if session.failed else None,
                gen_ai__operation__name="invoke_workflow",
                gen_ai__workflow__name=session.workflow,
                **common,
                **session.more,
            )
        )
        spans.append(agent(session.agent, first + 2, first + 1, at=start, ms=length - 1, **common))
        for place, called in enumerate(session.tools):
            spans.append(
                tool(
                    called.rstrip("!"),
                    first + 10 + place,
                    first + 2,
                    at=start + place * SECOND,
                    ms=session.ms,
                    error="Broken" if called.endswith("!") else None,
                    **common,
                )
            )
        if session.score is not None:
            rows.append(f"s{number},{name},{session.score},{source}")
    write_lines(folder / "spans.jsonl", otlp(spans))
    (folder / file).write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder / "spans.jsonl", folder / file
