"""Feedback finds its session, once, and what does not is counted by reason."""

import json
from pathlib import Path

import pytest

from support.reference import shared
from support.traces import agent, attributes, otlp, span, tool, write_lines
from toolspan.analytics import UsageError, open_traces


def event(
    name: str = "quality",
    *,
    at: float = 1000,
    trace: int | None = None,
    number: int | None = None,
    **says: object,
) -> dict:
    record = {
        "timeUnixNano": str(1_772_442_000_000_000_000 + round(at * 1e6)),
        "eventName": "gen_ai.evaluation.result",
        "attributes": attributes(
            {"gen_ai.evaluation.name": name, **{k.replace("__", "."): x for k, x in says.items()}}
        ),
    }
    if trace is not None:
        record["traceId"] = f"{trace:032x}"
    if number is not None:
        record["spanId"] = f"{number:016x}"
    return record


def logs(*records: dict) -> dict:
    return {
        "resourceLogs": [{"scopeLogs": [{"scope": {"name": "x"}, "logRecords": list(records)}]}]
    }


def traces_of(tmp_path: Path, *records: dict, feedback: str = "events.jsonl", **options):
    """Three sessions; `s3` is known by its conversation alone."""
    spans = [
        agent("helper", 1, trace=1, session__id="s1", ms=500),
        tool("search", 2, 1, trace=1, gen_ai__tool__call__id="call-1", order__id="o-1"),
        agent("helper", 1, trace=2, session__id="s2", ms=500, error="Boom"),
        tool("search", 12, 1, trace=2, gen_ai__tool__call__id="call-9"),
        tool("search", 13, 1, trace=2, gen_ai__tool__call__id="call-9"),
        agent("helper", 21, trace=3, gen_ai__conversation__id="c3", ms=500),
        span("chat", 22, 21, trace=3, gen_ai__operation__name="chat", gen_ai__response__id="r-1"),
        tool("search", 23, 21, trace=3, gen_ai__tool__call__id="call-9"),
    ]
    write_lines(tmp_path / "spans.jsonl", otlp(spans))
    if records:
        write_lines(tmp_path / feedback, logs(*records))
    return open_traces(tmp_path / "spans.jsonl", **options)


SCORE = {"gen_ai__evaluation__score__value": 0.5}


@pytest.mark.parametrize(
    ("says", "matched_by", "session"),
    [
        ({"session__id": "s1"}, "session", "s1"),
        ({"trace": 2}, "trace", "s2"),
        ({"trace": 2, "number": 12}, "trace", "s2"),
        ({"number": 12}, "span", "s2"),
        ({"gen_ai__conversation__id": "c3"}, "session", "c3"),
        ({"gen_ai__tool__call__id": "call-1"}, "tool_call", "s1"),
        ({"gen_ai__response__id": "r-1"}, "response", "c3"),
        (
            {
                "toolspan__feedback__target_key": "order.id",
                "toolspan__feedback__target_value": "o-1",
            },
            "attribute",
            "s1",
        ),
    ],
)
def test_feedback_finds_its_session_by(tmp_path, says, matched_by, session) -> None:
    with traces_of(tmp_path, event(**SCORE, **says)) as traces:
        found = traces.sql("SELECT matched_by, session_key, unmatched_because FROM feedback")
    row = found.to_dict("records")[0]
    assert row["session_key"] == session
    assert row["unmatched_because"] is None
    assert row["matched_by"] == matched_by or (matched_by, row["matched_by"]) == (
        "session",
        "conversation",
    )


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        ({"session__id": "s9"}, "unknown session id"),
        ({"trace": 9}, "unknown trace id"),
        ({"number": 1}, "unknown span id"),  # in two traces
        ({"gen_ai__tool__call__id": "call-9"}, "unknown or repeated tool call id"),
        ({"session__id": "s9", "at": -5000}, "before the first span"),
        ({}, "nothing it is about"),
    ],
)
def test_feedback_without_a_session_is_counted_by_reason(tmp_path, says, reason) -> None:
    with traces_of(tmp_path, event(**SCORE, **says)) as traces:
        report = traces.join_report()
    assert [row["unmatched_because"] for row in report.unmatched] == [reason]
    assert report.messages() == [
        f"1 feedback row matches no session (1 {reason}). See report.unmatched."
    ]


@pytest.mark.requirement("analytics.02-join-report")
def test_the_join_report_counts_reasons(tmp_path) -> None:
    records = [event(**SCORE, session__id=f"x{n}", at=-1000 if n < 5 else 1000) for n in range(14)]
    with traces_of(tmp_path, *records) as traces:
        report = traces.join_report()
    assert report.messages() == [
        (
            "14 feedback rows match no session (9 unknown session id, 5 before the first span). "
            "See report.unmatched."
        )
    ]
    (score,) = report.scores
    assert (score["feedback"], score["matched"], score["rated_sessions"], score["sessions"]) == (
        14,
        0,
        0,
        3,
    )


def test_the_same_id_is_one_feedback_and_the_latest(tmp_path) -> None:
    records = [
        event(
            toolspan__feedback__id="f1", session__id="s1", at=at, gen_ai__evaluation__score__value=x
        )
        for at, x in ((1000, 0.1), (3000, 0.3), (2000, 0.2))
    ]
    with traces_of(tmp_path, *records) as traces:
        assert traces.sql("SELECT value FROM feedback")["value"].tolist() == [0.3]


def test_the_last_word_of_a_rater_is_in_force_and_raters_are_averaged(tmp_path) -> None:
    def rated(rater: str, value: float, at: float) -> dict:
        return event(
            session__id="s1",
            at=at,
            toolspan__feedback__rater_id=rater,
            toolspan__feedback__source_kind="human",
            gen_ai__evaluation__score__value=value,
        )

    with traces_of(
        tmp_path, rated("amy", 1, 1000), rated("amy", 3, 2000), rated("bob", 5, 1500)
    ) as traces:
        (summary,) = traces.records("feedback_summary")
        superseded = traces.sql("SELECT value FROM feedback WHERE is_superseded")["value"].tolist()
    assert (summary["n"], summary["raters"], summary["mean"]) == (2, 2, 4.0)
    assert superseded == [1.0]


def test_what_one_evaluator_says_of_two_spans_of_a_session_stands_side_by_side(tmp_path) -> None:
    records = [
        event(trace=1, number=number, gen_ai__evaluation__score__value=value, at=at)
        for number, value, at in ((1, 0.0, 1000), (2, 1.0, 2000), (2, 0.5, 3000))
    ]
    with traces_of(tmp_path, *records) as traces:
        found = traces.sql("SELECT value, is_superseded FROM feedback ORDER BY time")
    assert found.values.tolist() == [[0.0, False], [1.0, True], [0.5, False]]


def test_sources_and_versions_are_never_pooled(tmp_path) -> None:
    records = [
        event(
            session__id="s1",
            toolspan__feedback__source_kind=kind,
            toolspan__feedback__source_id=who,
            toolspan__feedback__evaluator_version=version,
            **SCORE,
        )
        for kind, who, version in (
            ("human", "editor", None),
            ("human", "reader", None),
            ("llm", "gpt", "1"),
            ("llm", "gpt", "2"),
        )
    ]
    with traces_of(tmp_path, *records) as traces:
        assert len(traces.records("feedback_summary")) == 4


@pytest.mark.parametrize(
    ("label", "value", "expected"),
    [
        ("pass", None, 1.0),
        ("Non-Compliant", None, 0.0),
        ("👎", None, 0.0),
        ("N/A", None, None),
        ("not applicable", 0.0, None),  # a number beside "no judgement" is none
        ("good", 4.0, 4.0),
        ("pretty good", None, None),
    ],
)
def test_labels_mean_values_and_no_judgement_is_missing(tmp_path, label, value, expected) -> None:
    says = {"gen_ai__evaluation__score__label": label, "session__id": "s1"}
    if value is not None:
        says["gen_ai__evaluation__score__value"] = value
    with traces_of(tmp_path, event(**says)) as traces:
        row = traces.sql("SELECT value, label, is_unknown_label FROM feedback").to_dict("records")[
            0
        ]
        report = traces.join_report()
    assert row["label"] == label
    assert row["value"] == expected or (expected is None and row["value"] != row["value"])
    assert row["is_unknown_label"] == (label == "pretty good")
    if label == "pretty good":
        assert report.unknown_labels == {"pretty good": 1}
        assert report.messages() == [
            (
                "1 label has no value and is left out of every number: 'pretty good' (1). "
                "Say what it means: --label 'pretty good=1'"
            )
        ]


def test_labels_can_be_given_meaning(tmp_path) -> None:
    records = [
        event(session__id="s1", gen_ai__evaluation__score__label="pretty good"),
        event("other", session__id="s1", gen_ai__evaluation__score__label="pass"),
    ]
    with traces_of(tmp_path, *records, labels=["pretty good=0.7", "pass="]) as traces:
        found = traces.sql("SELECT score_name, value FROM feedback ORDER BY 1")
    assert found["value"].fillna(-1).tolist() == [-1, 0.7]
    with pytest.raises(UsageError, match="expected LABEL=NUMBER"):
        open_traces(tmp_path, labels=["pass"])


def test_an_evaluator_that_failed_has_no_value_and_takes_nothing_back(tmp_path) -> None:
    records = [
        event(session__id="s1", at=1000, gen_ai__evaluation__score__value=1.0),
        event(session__id="s1", at=2000, error__type="RATE", gen_ai__evaluation__score__value=0.0),
    ]
    with traces_of(tmp_path, *records) as traces:
        (summary,) = traces.records("feedback_summary")
        (score,) = traces.join_report().scores
    assert (summary["n"], summary["mean"]) == (1, 1.0)
    assert (score["no_judgement"], score["superseded"]) == (1, 1)


def test_means_do_not_depend_on_the_order_of_values(tmp_path) -> None:
    values = [0.1, 0.2, 0.3, 1e16, -1e16, 0.7]
    means = set()
    for turn in range(len(values)):
        rotated = values[turn:] + values[:turn]
        records = [
            event(
                session__id="s1",
                toolspan__feedback__rater_id=f"rater {value}",
                gen_ai__evaluation__score__value=value,
            )
            for value in rotated
        ]
        (tmp_path / f"{turn}").mkdir()
        with traces_of(tmp_path / f"{turn}", *records) as traces:
            (summary,) = traces.records("feedback_summary")
        assert summary["n"] == len(values)
        means.add(summary["mean"])
    assert len(means) == 1


def test_zero_is_a_value_and_words_of_sources_have_kinds(tmp_path) -> None:
    record = event(
        session__id="s1",
        gen_ai__evaluation__score__value=0.0,
        feedback__source="llm_judge:gpt",
    )
    with traces_of(tmp_path, record) as traces:
        (summary,) = traces.records("feedback_summary")
    assert (summary["mean"], summary["source_kind"], summary["source_id"]) == (
        0.0,
        "llm",
        "llm_judge:gpt",
    )


@pytest.mark.requirement("analytics.02-imports")
def test_events_of_spans_and_spans_of_their_own_are_feedback_too(tmp_path) -> None:
    says = {"gen_ai.evaluation.name": "tone", "gen_ai.evaluation.score.value": 0.25}
    rated = agent("helper", 1, trace=1, session__id="s1")
    rated["events"] = [
        {
            "timeUnixNano": "1772442001000000000",
            "name": "gen_ai.evaluation.result",
            "attributes": attributes(says),
        }
    ]
    later = span(
        "gen_ai.evaluation.result",
        5,
        1,
        trace=1,
        at=5000,
        **{"gen_ai.evaluation.name": "grace", "gen_ai.evaluation.score.value": 0.5},
    )
    path = write_lines(tmp_path / "spans.jsonl", otlp([rated, later]))
    with open_traces(path) as traces:
        found = traces.sql(
            "SELECT score_name, value, session_key, span_id FROM feedback ORDER BY 1"
        )
    assert found.values.tolist() == [
        ["grace", 0.5, "s1", f"{1:016x}"],
        ["tone", 0.25, "s1", f"{1:016x}"],
    ]


def test_events_beside_named_span_files_are_read(tmp_path) -> None:
    record = event(session__id="s1", **SCORE)
    with traces_of(tmp_path, record, feedback="events-a.jsonl") as traces:
        assert len(traces.sql("SELECT * FROM feedback")) == 1
    with open_traces(tmp_path) as traces:
        assert len(traces.sql("SELECT * FROM feedback")) == 1


@pytest.mark.requirement("analytics.02-imports")
def test_any_file_of_feedback_can_be_named(tmp_path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "r.csv").write_text("session_id,score\ns1,1\ns9,0\n")
    with traces_of(tmp_path, feedback="x") as traces:
        assert len(traces.sql("SELECT * FROM feedback")) == 0
    with open_traces(tmp_path / "spans.jsonl", feedback=tmp_path / "more") as traces:
        (summary,) = traces.records("feedback_summary")
        (imported,) = traces.imported
    assert (summary["n"], summary["matched"]) == (2, 1)
    assert (imported.form, imported.records) == ("csv", 2)


def test_sessions_that_are_rated_because_they_failed_are_called_out(tmp_path) -> None:
    spans = [
        agent("a", n, trace=n, session__id=f"s{n}", error="E" if n <= 30 and n % 2 else None)
        for n in range(1, 101)
    ]
    write_lines(tmp_path / "spans.jsonl", otlp(spans))
    rated = [event(session__id=f"s{n}", **SCORE) for n in range(1, 21)]
    write_lines(tmp_path / "events.jsonl", logs(*rated))
    with open_traces(tmp_path) as traces:
        report = traces.join_report()
    # 10 of 20 rated sessions failed, and 5 of the 80 others: 0.5 / 0.0625 = 8.
    assert report.selection(report.scores[0]) == (
        "Only 20% of sessions have feedback, and rated sessions failed 8.0 times as often as "
        "unrated ones: these results describe rated sessions only."
    )


@pytest.mark.requirement("analytics.02-imports")
@pytest.mark.shared
def test_the_feedback_history_has_the_hand_worked_answers(tmp_path, cli) -> None:
    expected = json.loads(shared("data", "legacy", "expected.json").read_text())["feedback_history"]
    history = shared("data", "legacy", "feedback_history.json")
    spans = [
        tool("search_web", n, trace=n, session__id=f"legacy-{n}", at=n - 25_000_000_000)
        for n in range(1, 5)
    ]
    write_lines(tmp_path / "spans.jsonl", otlp(spans))
    with open_traces(tmp_path, feedback=history) as traces:
        found = traces.sql("SELECT * FROM feedback").astype(object)
        found = found.where(found.notna(), None).to_dict("records")
        report = {score["score_name"]: score for score in traces.join_report().scores}
        means = {row["score_name"]: row["mean"] for row in traces.records("feedback_summary")}
    key = ("session_id", "name", "value", "created_at", "comment", "superseded")
    assert {tuple(row[k] for k in key) for row in expected["feedback"]} == {
        (
            row["session_key"],
            row["score_name"],
            row["value"],
            row["time"].strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            row["comment"],
            row["is_superseded"],
        )
        for row in found
    }
    for row in found:
        for column, value in expected["names"][row["score_name"]].items():
            assert row[column] == value
    for name, counts in expected["join"].items():
        score = report[name]
        assert score["feedback"] == counts["rows"]
        assert score["feedback"] - score["superseded"] == counts["in_force"]
        assert score["rated_sessions"] == counts["matched"]
        assert score["sessions"] - score["rated_sessions"] == counts["sessions_missing"]
        assert means[name] == pytest.approx(counts["mean"], abs=5e-7)
