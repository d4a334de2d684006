"""What sessions are said to have used, and what makes them comparable, on tables small enough to count."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support.sessions import MINUTE, Session, write_sessions
from support.traces import START_NS, agent, otlp, span, tool, write_lines
from toolspan.analytics import open_traces
from toolspan.analytics.findings import Study
from toolspan.analytics.findings._gather import (
    all_sessions,
    exposures_of,
    score_keys,
    scores_of,
    study_of,
)


def exposed(folder: Path, kind: str, sessions: list[Session]) -> dict[str, list[float]]:
    """Each exposure's values, session by session."""
    with open_traces(*write_sessions(folder, sessions)) as traces:
        every = all_sessions(traces.connection, "session")
        found = exposures_of(traces.connection, kind, "session", every)
        order = np.argsort([int(key.removeprefix("s")) for key in every.keys.tolist()])
        return {
            exposure.name: [
                None if exposure.rows is not None and not exposure.rows[at] else exposure.values[at]
                for at in order.tolist()
            ]
            for exposure in found
        }


SESSIONS = [
    Session(["find", "find", "read"], 1, agent="ann", workflow="a"),
    Session(["find!", "find", "read!"], 2, agent="bob", workflow="b"),
    Session(["read", "find"], 3, agent="ann", workflow="b"),
    Session([], 4, agent="ann", workflow="a"),
]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("used", {"find": [1, 1, 1, 0], "read": [1, 1, 1, 0]}),
        ("calls", {"find": [2, 2, 1, 0], "read": [1, 1, 1, 0]}),
        # Of those that used it: did it fail there, and was it tried again.
        ("failures", {"find": [0, 1, 0, None], "read": [0, 1, 0, None]}),
        ("retries", {"find": [0, 1, 0, None]}),
        ("fallback", {}),
        # Of those that used both: did the one follow the other.
        (
            "transitions",
            {
                "find > find": [1, 1, 0, None],
                "find > read": [1, 1, 0, None],
                "read > find": [0, 0, 1, None],
            },
        ),
        ("agents", {"ann": [1, 0, 1, 1], "bob": [0, 1, 0, 0]}),
        ("workflows", {"a": [1, 0, 0, 1], "b": [0, 1, 1, 0]}),
    ],
)
def test_each_kind_of_exposure_is_counted_by_session(tmp_path, kind, expected) -> None:
    assert exposed(tmp_path, kind, SESSIONS) == expected


def test_the_share_of_time_is_of_the_whole_session(tmp_path) -> None:
    # Each session lasts four seconds with three calls; a call takes one second.
    found = exposed(tmp_path, "latency_share", [Session(["a", "a", "b"], 1, ms=1000)])
    assert found["a"] == pytest.approx([0.5])
    assert found["b"] == pytest.approx([0.25])


def test_fallbacks_steps_and_models_are_exposures(tmp_path) -> None:
    spans = [
        span(
            "step plan",
            1,
            trace=1,
            session__id="s1",
            toolspan__step="plan",
            toolspan__step__index=0,
        ),
        tool("b", 2, 1, trace=1, session__id="s1", toolspan__fallback__from="a"),
        span(
            "chat m1",
            3,
            1,
            trace=1,
            session__id="s1",
            gen_ai__operation__name="chat",
            gen_ai__request__model="m1",
        ),
        agent("x", 1, trace=2, session__id="s2"),
        tool("b", 2, 1, trace=2, session__id="s2"),
    ]
    write_lines(tmp_path / "spans.jsonl", otlp(spans, scope="toolspan.instrumentation"))
    with open_traces(tmp_path / "spans.jsonl") as traces:
        every = all_sessions(traces.connection, "session")
        found = {
            kind: {
                exposure.name: exposure.values.tolist()
                for exposure in exposures_of(traces.connection, kind, "session", every)
            }
            for kind in ("fallback", "steps", "models")
        }
    assert every.keys.tolist() == ["s1", "s2"]
    assert found == {
        "fallback": {"b": [1, 0]},
        "steps": {"plan": [1, 0]},
        "models": {"m1": [1, 0]},
    }


def study(folder: Path, sessions: list[Session], within: tuple[str, ...] = ()) -> Study:
    with open_traces(*write_sessions(folder, sessions)) as traces:
        (key,) = score_keys(traces.connection)
        every = all_sessions(traces.connection, "session", within)
        places, scores = scores_of(traces.connection, key, every)
        return study_of(every.at(places), scores, within)


def test_sessions_are_comparable_by_what_differs_among_them(tmp_path) -> None:
    sessions = [
        Session(["t"] * n, 1 + n, workflow=("a", "b")[n % 2], more={"task.id": f"k{n // 2}"})
        for n in range(4)
    ]
    found = study(tmp_path, sessions, ("task.id",))
    assert {name: labels.tolist() for name, labels in found.factors.items()} == {
        "workflow": ["a", "b", "a", "b"],
        "task.id": ["k0", "k0", "k1", "k1"],
    }
    assert found.lengths.tolist() == [0, 1, 2, 3]
    assert found.scores.tolist() == [1, 2, 3, 4]


def test_sessions_of_one_user_are_one_cluster(tmp_path) -> None:
    sessions = [Session(["t"], n, user=user) for n, user in enumerate(["u", "v", "u", None])]
    clusters = study(tmp_path, sessions).clusters()
    assert clusters is not None
    assert clusters[0] == clusters[2]
    assert len(set(clusters.tolist())) == 3


def test_feedback_per_trace_is_related_to_what_each_trace_used(tmp_path) -> None:
    spans, rows = [], ["trace_id,score"]
    for number in range(1, 25):
        spans.append(agent("helper", 1, trace=number, at=number * MINUTE, session__id="one"))
        spans += [
            tool(name, 10 + place, 1, trace=number, at=number * MINUTE, session__id="one")
            for place, name in enumerate(["base"] + ["extra"] * (number % 2))
        ]
        rows.append(f"{number:032x},{number % 2 + 0.01 * (number % 5)}")
    write_lines(tmp_path / "spans.jsonl", otlp(spans))
    (tmp_path / "scores.csv").write_text("\n".join(rows))
    with open_traces(tmp_path / "spans.jsonl", tmp_path / "scores.csv") as traces:
        found = traces.correlation(exposure="used")
    (audit,) = found.audits
    assert (audit["unit"], audit["rated"], audit["sessions"]) == ("trace", 24, 24)
    row = next(row for row in found.records if row["exposure"] == "extra")
    assert (row["n_used_rated"], row["n_unused_rated"]) == (12, 12)
    assert row["raw_difference"] > 0.9


def test_only_sessions_of_the_window_count(tmp_path) -> None:
    sessions: list[Any] = [Session(["base"] + ["t"] * (n % 2), n % 3) for n in range(40)]
    since = START_NS + 21 * MINUTE * 1_000_000
    with open_traces(*write_sessions(tmp_path, sessions)) as traces:
        (audit,) = traces.correlation(since=since).audits
        (earlier,) = traces.correlation(until=since).audits
        none = traces.correlation(until=START_NS)
    assert (audit["rated"], audit["sessions"]) == (20, 20)
    assert (earlier["rated"], earlier["sessions"]) == (20, 20)
    assert none.records == []
    assert none.notes == ["'quality' (human): no session in the window has it."]
