"""DataFrame, command and SQL give the same numbers: for every measure, whatever is looked at."""

import copy
import csv
import io
import json
import math
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from toolspan.analytics import Traces, open_traces
from toolspan.analytics.cli import _measure_verb
from toolspan.analytics.measures import MEASURES, Selection, window
from toolspan.launcher import main
from toolspan.launcher._verbs import VERBS

NEWSLETTER = Path(__file__).parent / "data" / "newsletter"
VERBS_OF_MEASURES = sorted(name for name in MEASURES if name.replace("_", "-") in VERBS)
WHERE = (
    "agent_name=researcher",
    "session_key!=news-002",
    "workflow_name~^news",
    "service.name=newsletter",
    "session_id<news-003",
    "toolspan.step=gather",
)
BY = ("agent_name", "session_key", "outcome", "service.name", "everything", "toolspan.agent")
SINCE = ("2026-03-02T09:05:00Z", "2026-03-02T09:20:00.250Z", "2026-03-02 09:00:02")
UNTIL = ("2026-03-02T09:20:01Z", "2026-03-03")


def plain(value: Any) -> Any:
    """A value of a DataFrame as JSON has it."""
    if value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    return value.isoformat().replace("+00:00", "Z") if hasattr(value, "isoformat") else value


def same(first: list[dict[str, Any]], second: list[dict[str, Any]], measure: str) -> None:
    assert len(first) == len(second), measure
    for one, other in zip(first, second, strict=True):
        assert one.keys() == other.keys()
        for key, value in one.items():
            if key.endswith("time"):
                assert str(value)[:23] == str(other[key])[:23], (measure, key)
            else:
                assert value == other[key], (measure, key)


class Asking:
    """The same traces for methods, SQL and commands, read once."""

    def __init__(self, traces: Traces, capsys: pytest.CaptureFixture[str]) -> None:
        self._traces = traces
        self._capsys = capsys

    def within(self, since: str | None, until: str | None) -> Traces:
        """The traces as if they were opened with that window."""
        view = copy.copy(self._traces)
        view._selection = Selection(window=window(since, until, now_ns=0))
        return view

    def command(self, *arguments: str) -> str:
        self._capsys.readouterr()
        assert main([*arguments]) == 0
        return self._capsys.readouterr().out


@pytest.fixture
def asking(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Asking]:
    with open_traces(NEWSLETTER / "spans.jsonl") as traces:
        asked = Asking(traces, capsys)
        monkeypatch.setattr(
            _measure_verb,
            "open_input",
            lambda given: nullcontext(asked.within(given.since, given.until)),
        )
        yield asked


def examples(number: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        chosen = given(
            measure=st.sampled_from(VERBS_OF_MEASURES),
            where=st.lists(st.sampled_from(WHERE), max_size=2, unique=True),
            by=st.lists(st.sampled_from(BY), max_size=2, unique=True),
            since=st.none() | st.sampled_from(SINCE),
            until=st.none() | st.sampled_from(UNTIL),
        )(test)
        # Nothing happened then: a table with a row for everything has no times.
        nothing = example(
            measure="concurrency", where=[], by=[], since="2026-03-03", until="2026-03-04"
        )
        chosen = nothing(chosen)
        return settings(
            max_examples=number,
            deadline=None,
            suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
        )(chosen)

    return decorate


@pytest.mark.requirement("design.5-one-definition")
@examples(15)
def test_frame_command_and_sql_agree(asking: Asking, measure, where, by, since, until) -> None:
    agree(asking, measure, where, by, since, until)


@pytest.mark.slow
@pytest.mark.requirement("design.5-one-definition")
@examples(300)
def test_frame_command_and_sql_agree_at_length(
    asking: Asking, measure, where, by, since, until
) -> None:
    agree(asking, measure, where, by, since, until)


def agree(asking: Asking, measure: str, where: list[str], by: list[str], since, until) -> None:
    if not MEASURES[measure].groups:
        by = []
    if MEASURES[measure].rows != "tool_calls":
        by = [key for key in by if key not in ("agent_name", "outcome")]
        where = [text for text in where if not text.startswith("agent_name")]
    options = [part for text in where for part in ("--where", text)]
    options += [part for key in by for part in ("--by", key)]
    options += ["--since", since] * (since is not None) + ["--until", until] * (until is not None)
    verb = measure.replace("_", "-")
    command = json.loads(asking.command(verb, "--format", "json", *options))
    table = list(csv.DictReader(io.StringIO(asking.command(verb, "--format", "csv", *options))))
    traces = asking.within(since, until)
    frame = traces.measure(measure, by or None, where)
    sql = traces.sql(traces.query(measure, by or None, where))
    records = [{key: plain(item) for key, item in row.items()} for row in frame.to_dict("records")]
    same(records, command, measure)
    assert frame.equals(sql)
    assert len(table) == len(command)
    for row, record in zip(table, command, strict=True):
        assert {key: text == "" for key, text in row.items()} == {
            key: value is None or value == "" for key, value in record.items()
        }


def test_every_measure_has_a_method_and_those_for_people_a_verb() -> None:
    internal = {
        "totals",
        "feedback_summary",
        "tool_sessions",
        "retry_sessions",
        "offered_tools",
        "latency_buckets",
    }
    assert set(MEASURES) - {verb.replace("-", "_") for verb in VERBS} == internal
    assert {name for name in MEASURES if not hasattr(Traces, name)} <= internal


def test_methods_take_what_the_command_takes(newsletter: Path) -> None:
    with open_traces(newsletter / "spans.jsonl") as traces:
        by_agent = traces.tools(
            by=["agent_name", "tool_name"], where={"workflow_name": "newsletter"}
        )
        assert list(by_agent.columns[:3]) == ["agent_name", "tool_name", "calls"]
        assert by_agent["calls"].sum() == 21
        assert traces.tools(since="2026-03-02T09:20:00Z")["calls"].sum() == 8
        # Of each tool the minutes 09:00, 09:10 and 09:20 in which it was called.
        assert len(traces.trends("minute", by="tool_name")) == 3 + 3 + 3 + 1 + 2 + 2 + 2 + 1
