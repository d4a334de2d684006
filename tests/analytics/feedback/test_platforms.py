"""Exports of platforms become feedback: records as the platforms' own clients write them."""

import json

import pytest

from toolspan.analytics.feedback import Feedback, collect
from toolspan.analytics.feedback.platforms import PLATFORMS, langfuse, legacy, mlflow, phoenix

TRACE = "70015ba0000000000000000000000001"
SPAN = "70015ba000000110"


def only(found: list[Feedback]) -> Feedback:
    (one,) = found
    return one


@pytest.mark.requirement("analytics.02-imports")
def test_an_annotation_of_a_span_as_phoenix_answers() -> None:
    record = {
        "id": "U3BhbkFubm90YXRpb246Mg==",
        "created_at": "2026-11-24T09:11:48+00:00",
        "updated_at": "2026-11-24T09:11:48.235847+00:00",
        "source": "API",
        "user_id": None,
        "name": "helpful",
        "annotator_kind": "LLM",
        "result": {"label": "yes", "score": 1.0, "explanation": "good"},
        "metadata": {},
        "identifier": "judge-2",
        "span_id": SPAN,
    }
    assert only(list(phoenix.feedbacks(record))) == Feedback(
        name="helpful",
        value=1.0,
        label="yes",
        value_kind="numeric",
        feedback_id="phoenix-span-U3BhbkFubm90YXRpb246Mg==",
        span_id=SPAN,
        target_kind="span",
        source_kind="llm",
        source_id="judge-2",
        comment="good",
        time_ns=1795511508235847000,
        ingested_from="phoenix",
    )


def test_raters_of_a_session_stay_apart_in_phoenix() -> None:
    record = {
        "id": "x",
        "name": "quality",
        "annotator_kind": "HUMAN",
        "result": {"label": None, "score": 3.0, "explanation": None},
        "identifier": "bob",
        "session_id": "news-001",
    }
    found = only(list(phoenix.feedbacks(record)))
    assert (found.session_id, found.target_kind) == ("news-001", "session")
    assert (found.source_id, found.rater_id) == (None, "bob")


def test_a_note_in_phoenix_is_no_feedback() -> None:
    record = {"name": "note", "annotator_kind": "HUMAN", "result": {"explanation": "hm"}}
    assert list(phoenix.feedbacks(record)) == []


ASSESSMENTS = [
    {
        "assessment_id": "a-1",
        "assessment_name": "quality",
        "trace_id": f"tr-{TRACE}",
        "source": {"source_type": "HUMAN", "source_id": "alice@x"},
        "create_time": "2026-11-24T09:15:16.919Z",
        "last_update_time": "2026-11-24T09:15:16.919Z",
        "feedback": {"value": 4.0},
        "rationale": "ok",
        "valid": True,
    },
    {
        "assessment_id": "a-2",
        "assessment_name": "grounded",
        "trace_id": f"tr-{TRACE}",
        "source": {"source_type": "LLM_JUDGE", "source_id": "gpt-4.1"},
        "feedback": {"value": None, "error": {"error_code": "RATE", "error_message": "limit"}},
        "valid": True,
    },
    {"assessment_id": "a-3", "assessment_name": "old", "feedback": {"value": 1}, "valid": False},
    {"assessment_id": "a-4", "assessment_name": "expected", "expectation": {"value": "blue"}},
]


@pytest.mark.requirement("analytics.02-imports")
def test_assessments_of_mlflow_reach_trace_and_session() -> None:
    trace = {
        "info": {
            "trace_id": f"tr-{TRACE}",
            "trace_metadata": {"mlflow.trace.session": "news-001"},
            "assessments": ASSESSMENTS,
        },
        "data": {"spans": []},
    }
    quality, grounded = mlflow.feedbacks(trace)
    assert quality == Feedback(
        name="quality",
        value=4.0,
        value_kind="numeric",
        feedback_id="a-1",
        session_id="news-001",
        trace_id=TRACE,
        target_kind="trace",
        source_kind="human",
        rater_id="alice@x",
        comment="ok",
        time_ns=1795511716919000000,
        ingested_from="mlflow",
    )
    assert (grounded.value, grounded.error, grounded.source_id) == (None, "RATE", "gpt-4.1")


@pytest.mark.parametrize("form", ["row", "text"])
def test_rows_of_a_frame_of_mlflow_are_read_alike(form: str) -> None:
    info = {"trace_id": f"tr-{TRACE}", "assessments": ASSESSMENTS}
    row = (
        {"trace_id": f"tr-{TRACE}", "assessments": ASSESSMENTS}
        if form == "row"
        # CSV: the column of assessments is Python's text, the column of the trace is JSON.
        else {
            "trace_id": f"tr-{TRACE}",
            "assessments": "[{...",
            "trace": json.dumps({"info": info}),
        }
    )
    assert mlflow.recognises(row)
    assert [found.feedback_id for found in mlflow.feedbacks(row)] == ["a-1", "a-2"]


@pytest.mark.requirement("analytics.02-imports")
def test_a_numeric_score_of_langfuse() -> None:
    record = {
        "id": "s-1",
        "timestamp": "2026-11-24T09:15:16.919Z",
        "projectId": "p",
        "name": "quality",
        "source": "ANNOTATION",
        "authorUserId": "u-7",
        "comment": "fine",
        "traceId": TRACE,
        "observationId": SPAN,
        "value": 0.75,
        "dataType": "NUMERIC",
    }
    assert langfuse.recognises(record)
    assert only(list(langfuse.feedbacks(record))) == Feedback(
        name="quality",
        value=0.75,
        value_kind="numeric",
        feedback_id="s-1",
        trace_id=TRACE,
        span_id=SPAN,
        target_kind="span",
        source_kind="human",
        rater_id="u-7",
        comment="fine",
        time_ns=1795511716919000000,
        ingested_from="langfuse",
    )


def test_the_zero_of_a_categorical_score_of_langfuse_says_nothing() -> None:
    record = {
        "id": "s-2",
        "name": "tone",
        "trace_id": TRACE,
        "data_type": "CATEGORICAL",
        "string_value": "friendly",
        "value": 0,
        "source": "EVAL",
    }
    found = only(list(langfuse.feedbacks(record)))
    assert (found.value, found.label, found.value_kind) == (None, "friendly", "categorical")
    assert (found.source_kind, found.target_kind) == ("llm", "trace")


def test_a_boolean_score_of_langfuse_is_one_or_zero() -> None:
    record = {
        "id": "s-3",
        "name": "resolved",
        "sessionId": "news-001",
        "dataType": "BOOLEAN",
        "stringValue": "False",
        "value": "0",
    }
    found = only(list(langfuse.feedbacks(record)))
    assert (found.value, found.label, found.value_kind) == (0.0, "false", "boolean")
    assert (found.session_id, found.target_kind) == ("news-001", "session")


def test_scores_of_the_third_api_of_langfuse_name_their_subject() -> None:
    record = {
        "id": "s-4",
        "name": "quality",
        "value": "good",
        "dataType": "CATEGORICAL",
        "subject": {"kind": "observation", "id": SPAN, "traceId": TRACE},
    }
    found = only(list(langfuse.feedbacks(record)))
    assert (found.span_id, found.trace_id, found.label) == (SPAN, TRACE, "good")
    session = {**record, "subject": {"kind": "session", "id": "news-001"}}
    assert only(list(langfuse.feedbacks(session))).session_id == "news-001"


def test_a_correction_in_langfuse_is_no_feedback() -> None:
    record = {"name": "output", "traceId": TRACE, "dataType": "CORRECTION", "stringValue": "x"}
    assert list(langfuse.feedbacks(record)) == []


def test_no_platform_takes_the_records_of_another() -> None:
    records = {
        phoenix: {"annotator_kind": "HUMAN", "result.score": 1, "annotation_name": "n"},
        mlflow: {"trace_id": "t", "assessments": []},
        langfuse: {"name": "n", "traceId": TRACE, "dataType": "NUMERIC"},
        legacy: {"session_id": "s", "overall_score": 1},
    }
    for owner, record in records.items():
        assert [p for p in PLATFORMS if p.recognises(record)] == [owner]
    assert not [p for p in PLATFORMS if p.recognises({"session_id": "s", "score": 1})]


@pytest.mark.parametrize("wrapper", ["data", "annotations", None])
def test_answers_of_apis_are_unwrapped(tmp_path, wrapper) -> None:
    record = {"session_id": "s", "score": 1}
    path = tmp_path / "scores.json"
    path.write_text(json.dumps([record] if wrapper is None else {wrapper: [record], "meta": {}}))
    assert [found.value for found in collect(path).feedback] == [1.0]
