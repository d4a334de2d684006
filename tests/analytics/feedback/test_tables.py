"""Tables of anybody's making: a session and a score are enough."""

import gzip
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolspan.analytics import InputError, UsageError
from toolspan.analytics.feedback import _values as v
from toolspan.analytics.feedback import collect, parse_mapping


def table(tmp_path: Path, text: str, name: str = "ratings.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.requirement("analytics.02-imports")
def test_a_session_and_a_score_are_enough(tmp_path) -> None:
    found = collect(table(tmp_path, "session_id,score\ns1,4\ns2,0\ns3,\n"))
    assert [(f.session_id, f.name, f.value) for f in found.feedback] == [
        ("s1", "score", 4.0),
        ("s2", "score", 0.0),
    ]
    assert (found.records, dict(found.left_out)) == (3, {"no judgement": 1})
    assert found.columns == {"session_id": "session_id", "value": "score"}


def test_names_of_columns_are_understood_however_they_are_written(tmp_path) -> None:
    text = (
        "Session ID;Metric;Rating;Verdict;Source;Annotator;Comment;Timestamp\n"
        "s1;tone;4,5;good;llm_judge:gpt-4o;amy;nice;2026-03-02T09:00:00Z\n"
        "s2;tone;3;;human;bob;;1772442000\n"
    )
    first, second = collect(table(tmp_path, text)).feedback
    assert (first.name, first.value, first.label) == ("tone", None, "good")
    assert (first.source_kind, first.source_id, first.rater_id) == (
        "llm",
        "llm_judge:gpt-4o",
        "amy",
    )
    assert (second.value, second.source_kind, second.source_id) == (3.0, "human", None)
    assert first.time_ns == second.time_ns == 1772442000000000000


def test_columns_can_be_named_and_several_be_scores(tmp_path) -> None:
    path = table(tmp_path, "chat,stars,accuracy,order\nc1,5,0.5,o-1\nc2,,0.25,o-2\n")
    found = collect(path, parse_mapping(["session_id=chat", "score=stars,accuracy"]))
    assert [(f.session_id, f.name, f.value) for f in found.feedback] == [
        ("c1", "stars", 5.0),
        ("c1", "accuracy", 0.5),
        ("c2", "accuracy", 0.25),
    ]
    by_order = collect(path, parse_mapping(["attribute:order.id=order", "score=stars"]))
    (first,) = by_order.feedback
    assert (first.target_key, first.target_value, first.target_kind) == (
        "order.id",
        "o-1",
        "attribute",
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "chat,score\nc,1\n",
            "There are: chat, score; say it with --map session_id=COLUMN",
        ),
        ("session_id,mood\nc,1\n", "which column holds a score?"),
        ("session_id,score\nc,1,2\n", "line 2: more cells than the header has columns"),
        ("", "it is empty"),
        ("{broken", "it is no JSON"),
        ("[1, 2]", "expected a list of objects"),
        ("session_id,score\n", "no records in it"),
    ],
)
def test_what_cannot_be_understood_is_said(tmp_path, text, words) -> None:
    with pytest.raises(InputError, match="ratings") as caught:
        collect(table(tmp_path, text))
    assert words in str(caught.value)


@pytest.mark.parametrize("pair", ["session_id", "=x", "nobody=x", "score="])
def test_mappings_that_make_no_sense_are_refused(pair: str) -> None:
    with pytest.raises(UsageError):
        parse_mapping([pair])


def test_a_mapping_to_a_column_that_is_not_there_is_refused(tmp_path) -> None:
    with pytest.raises(InputError, match="no column 'chat'; there are: session_id, score"):
        collect(table(tmp_path, "session_id,score\na,1\n"), parse_mapping(["session_id=chat"]))


@pytest.mark.requirement("analytics.02-imports")
def test_parquet_and_compressed_files_are_read(tmp_path) -> None:
    parquet = tmp_path / "r.parquet"
    duckdb.sql("SELECT 's1' AS session_id, 0.5 AS score").write_parquet(str(parquet))
    assert collect(parquet).feedback[0].value == 0.5
    packed = tmp_path / "r.jsonl.gz"
    packed.write_bytes(gzip.compress(b'{"session_id": "s1", "score": true}\n\n'))
    assert collect(packed).feedback[0].value_kind == "boolean"


def test_the_same_row_always_gets_the_same_id(tmp_path) -> None:
    text = "session_id,score\ns1,4\ns1,5\ns1,4\n"
    once = [f.feedback_id for f in collect(table(tmp_path, text)).feedback]
    again = [f.feedback_id for f in collect(table(tmp_path, text, "other.csv")).feedback]
    assert once == again
    assert once[0] == once[2] != once[1]


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("2026-03-02T09:00:00Z", 1772442000000000000),
        ("2026-03-02T10:00:00+01:00", 1772442000000000000),
        ("2026-03-02 09:00:00", 1772442000000000000),
        ("2026-03-02T09:00:00.123456789Z", 1772442000123456789),
        ("2026-03-02 09:00:00.5 UTC", 1772442000500000000),
        (1772442000, 1772442000000000000),
        ("1772442000000", 1772442000000000000),
        (1772442000000000, 1772442000000000000),
        (1772442000000000000, 1772442000000000000),
        ("yesterday", None),
        (None, None),
        ("", None),
    ],
)
def test_times_of_every_spelling_are_one_time(item, expected) -> None:
    assert v.nanoseconds(item) == expected


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (4, (4.0, None, "numeric")),
        ("4.5", (4.5, None, "numeric")),
        (True, (1.0, "true", "boolean")),
        ("False", (0.0, "false", "boolean")),
        ("pass", (None, "pass", "categorical")),
        (float("nan"), (None, None, None)),
        ("inf", (None, "inf", "categorical")),
        (None, (None, None, None)),
        ("  ", (None, None, None)),
    ],
)
def test_cells_are_numbers_truths_or_words(item, expected) -> None:
    assert v.judgement(item) == expected


@given(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()))
def test_no_cell_is_too_strange(item: object) -> None:
    value, label, kind = v.judgement(item)
    assert (value is None and label is None) == (kind is None)
    v.nanoseconds(item)
    for read in (v.trace_id, v.span_id):
        assert read(item) is None or isinstance(read(item), str)


def test_ids_are_recognised_in_every_spelling() -> None:
    trace = "70015ba0000000000000000000000001"
    for spelling in (trace, trace.upper(), f"tr-{trace}", "70015ba0-0000-0000-0000-000000000001"):
        assert v.trace_id(spelling) == trace
    assert v.trace_id("0" * 32) is None
    assert v.trace_id("run-7") is None
    assert v.span_id("70015BA000000110") == "70015ba000000110"
    assert v.span_id("0" * 16) is None
