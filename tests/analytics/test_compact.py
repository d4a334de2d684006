"""A dataset that `toolspan compact` wrote says what the files it was made of said, without them."""

import json
from pathlib import Path
from typing import Any

import pytest

from support.datasets import agree, answers, calls, manifest, table
from support.reference import shared
from support.traces import START_NS, agent, otlp, span, tool, write_lines
from toolspan.analytics import compact, open_traces
from toolspan.analytics.dataset import _assemble, _compact
from toolspan.analytics.read import MANIFEST, _pieces
from toolspan.analytics.store import _open

DATA = Path(__file__).parent / "data"
DAY_MS = 86_400_000.0


# --- the same numbers ------------------------------------------------------------------------


@pytest.mark.requirement("analytics.15-dataset")
@pytest.mark.parametrize("source", ["newsletter", "claude_code", "mlflow", "phoenix"])
def test_every_row_of_every_table_and_measure_is_the_same(source: str, tmp_path: Path) -> None:
    compact([DATA / source], tmp_path / "kept")
    agree(answers(tmp_path / "kept"), answers(DATA / source))


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize("source", ["dialects", "legacy", "collector"])
def test_files_of_other_origins_give_the_same(source: str, tmp_path: Path) -> None:
    compact([shared("data", source)], tmp_path / "kept")
    agree(answers(tmp_path / "kept"), answers(shared("data", source)))


@pytest.mark.slow
@pytest.mark.shared
def test_real_sessions_with_their_feedback_give_the_same(tmp_path: Path) -> None:
    traces, scores = (
        shared("data", "tau2-bench", name)
        for name in ("traces.jsonl.gz", "feedback_otlp_logs.jsonl.gz")
    )
    done = compact([traces], tmp_path / "kept", [scores])
    assert (done.spans, done.days) == (32515, 21)
    agree(answers(tmp_path / "kept"), answers(traces, feedback=[scores]))


@pytest.mark.parametrize("merge_from", [3, pytest.param(99, marks=pytest.mark.slow)])
def test_a_day_in_many_files_is_read_in_parts_and_known_the_next_time(
    newsletter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, merge_from: int
) -> None:
    wanted = answers(newsletter)
    for module in (_open, _pieces, _assemble):
        monkeypatch.setattr(module, "PIECE_BYTES", 40_000)
    monkeypatch.setattr(_open, "CACHE_ABOVE_BYTES", -1)
    monkeypatch.setattr(_open, "MERGE_FROM", merge_from)
    compact([newsletter], tmp_path / "kept")
    assert len(manifest(tmp_path / "kept")["files"]) > 5
    for _ in range(2):
        agree(answers(tmp_path / "kept", cache=True, cache_dir=tmp_path / "cache"), wanted)
    with open_traces(tmp_path / "kept", cache_dir=tmp_path / "cache") as traces:
        assert traces.summary.bytes_read == 0


def test_feedback_of_any_form_is_kept_with_the_traces(tmp_path: Path) -> None:
    spans = write_lines(tmp_path / "s.jsonl", otlp([agent("a", 1, session__id="chat-1")]))
    scores = tmp_path / "scores.csv"
    scores.write_text("session_id,name,value\nchat-1,stars,4\n")
    compact([spans], tmp_path / "kept", [scores])
    asked = "SELECT session_key, score_name, value, matched_by FROM feedback"
    with open_traces(tmp_path / "kept") as traces:
        assert traces.sql_records(asked) == [
            {
                "session_key": "chat-1",
                "score_name": "stars",
                "value": 4.0,
                "matched_by": "session",
            }
        ]


# --- what is kept ----------------------------------------------------------------------------


def test_a_span_is_kept_as_it_was_read_before_any_model(tmp_path: Path) -> None:
    more = {
        "traceState": "vendor=1",
        "flags": 257,
        "links": [{"traceId": "f" * 32, "spanId": "e" * 16}],
        "events": [{"timeUnixNano": "7", "name": "cut", "attributes": []}],
        "droppedAttributesCount": 2,
    }
    one = span("work", 2, 1, n=3, x=0.5, yes=True, words=["a"], nothing=None) | more
    document = otlp([one])
    document["resourceSpans"][0]["schemaUrl"] = "https://r"
    document["resourceSpans"][0]["scopeSpans"][0]["schemaUrl"] = "https://s"
    compact([write_lines(tmp_path / "s.jsonl", document)], tmp_path / "kept")
    assert table(tmp_path / "kept") == [
        {
            "trace_id": f"{1:032x}",
            "span_id": f"{2:016x}",
            "parent_span_id": f"{1:016x}",
            "name": "work",
            "span_kind": 1,
            "start_ns": START_NS,
            "end_ns": START_NS + 100_000_000,
            "status_code": 0,
            "service_name": "tests",
            "scope_name": "my.app",
            "scope_schema_url": "https://s",
            "attribute_keys": ["n", "x", "yes", "words", "nothing"],
            "attribute_values": ["3", "0.5", "true", '{"values":[{"stringValue":"a"}]}', None],
            "attribute_types": ["int", "double", "bool", "array", None],
            "events": '[{"timeUnixNano":"7","name":"cut","attributes":[]}]',
            "links": json.dumps(more["links"], separators=(",", ":")),
            "trace_state": "vendor=1",
            "flags": 257,
            "dropped_attributes": 2,
            "resource": '[{"key":"service.name","value":{"stringValue":"tests"}}]',
            "resource_schema_url": "https://r",
            "date": "2026-03-02",
        }
    ]
    # And so it goes from one dataset into another.
    compact([tmp_path / "kept"], tmp_path / "again")
    assert table(tmp_path / "again") == table(tmp_path / "kept")


def test_a_log_record_is_kept_whether_or_not_anybody_asks_for_it(tmp_path: Path) -> None:
    record = {
        "timeUnixNano": str(START_NS),
        "severityNumber": 9,
        "severityText": "INFO",
        "eventName": "app.said",
        "body": {"stringValue": 'he said "x"'},
        "attributes": [
            {"key": "n", "value": {"intValue": "5"}},
            {"key": "odd", "value": {"doubleValue": "NaN"}},
            {"key": "list", "value": {"arrayValue": {"values": [{"boolValue": True}]}}},
        ],
        "traceId": "1" * 32,
        "spanId": "2" * 16,
    }
    scope = {"scope": {"name": "app", "version": "1"}, "logRecords": [record]}
    document = {"resourceLogs": [{"resource": {"attributes": []}, "scopeLogs": [scope]}]}
    path = write_lines(tmp_path / "l.jsonl", document, document, otlp([tool("t", 1)]))
    compact([path], tmp_path / "kept")
    assert table(tmp_path / "kept", "log_records") == [
        {
            "time_ns": START_NS,
            "event_name": "app.said",
            "severity_number": 9,
            "severity_text": "INFO",
            "body": '{"stringValue":"he said \\"x\\""}',
            "attribute_keys": ["n", "odd", "list"],
            "attribute_values": ["5", "NaN", '{"values":[{"boolValue":true}]}'],
            "attribute_types": ["int", "double", "array"],
            "trace_id": "1" * 32,
            "span_id": "2" * 16,
            "scope_name": "app",
            "scope_version": "1",
            "resource": "[]",
            "date": "2026-03-02",
        }
    ]
    compact([tmp_path / "kept"], tmp_path / "again")
    assert table(tmp_path / "again", "log_records") == [
        {**row, "scope_attributes": "[]"} for row in table(tmp_path / "kept", "log_records")
    ]


def test_each_day_is_a_partition_that_can_be_read_alone(tmp_path: Path) -> None:
    days = [tool(f"day{n}", n + 1, trace=n + 1, at=n * DAY_MS) for n in range(3)]
    compact([write_lines(tmp_path / "s.jsonl", otlp(days))], tmp_path / "kept")
    assert [(row["date"], row["name"]) for row in table(tmp_path / "kept")] == [
        ("2026-03-02", "execute_tool day0"),
        ("2026-03-03", "execute_tool day1"),
        ("2026-03-04", "execute_tool day2"),
    ]
    assert calls(tmp_path / "kept" / "spans" / "date=2026-03-03") == ["day1"]
    assert calls(tmp_path / "kept" / "spans" / "date=2026-03-0[34]") == ["day1", "day2"]
    assert calls(tmp_path / "kept" / MANIFEST) == ["day0", "day1", "day2"]


def test_the_manifest_says_what_is_in_it_and_where_it_came_from(tmp_path: Path) -> None:
    good = json.dumps(otlp([tool("t", 1)])).encode() + b"\n"
    (tmp_path / "a.jsonl").write_bytes(good + b'{"resourceSpans": [{"broken\n' + good[:30])
    (tmp_path / "other.json").write_text('{"numbers": []}')
    compact([tmp_path / "a.jsonl", tmp_path / "other.json"], tmp_path / "kept")
    told = manifest(tmp_path / "kept")
    assert told["format"] == 1
    assert told["needs_toolspan"] == "0.1.0"
    assert told["counts"] == {"spans": 1, "log_records": 0}
    assert [(s["name"], s["bytes"]) for s in told["sources"]] == [
        (str(tmp_path / "a.jsonl"), (tmp_path / "a.jsonl").stat().st_size)
    ]
    assert [(d["line"], d["kind"]) for d in told["damages"]] == [(2, "invalid_json")]
    assert told["held_back"] == {str(tmp_path / "a.jsonl"): 30}
    assert told["left_out"] == {
        str(tmp_path / "other.json"): "its JSON has no resourceSpans but: numbers"
    }
    # What was damaged then is still said of the dataset.
    assert answers(tmp_path / "kept")["damages"] == answers(tmp_path / "a.jsonl")["damages"]


def test_its_files_are_for_their_owner_alone(newsletter: Path, tmp_path: Path) -> None:
    compact([newsletter], tmp_path / "kept")
    write_lines(tmp_path / "more.jsonl", otlp([tool("t", 1, at=DAY_MS)]))
    compact([tmp_path / "more.jsonl"], tmp_path / "kept")
    found = [tmp_path / "kept", *(tmp_path / "kept").rglob("*")]
    assert {(path.is_dir(), path.stat().st_mode & 0o777) for path in found} == {
        (True, 0o700),
        (False, 0o600),
    }


# --- again, and together ---------------------------------------------------------------------


@pytest.mark.requirement("analytics.15-again")
def test_more_is_added_and_nothing_counts_twice(tmp_path: Path) -> None:
    first = write_lines(tmp_path / "a.jsonl", otlp([tool("one", 1), tool("two", 2)]))
    assert compact([first], tmp_path / "kept").added == 1
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "kept").rglob("*")}
    again = compact([first], tmp_path / "kept")
    assert (again.added, again.known, again.spans) == (0, 1, 2)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "kept").rglob("*")} == before

    other_day = otlp([tool("late", 9, trace=2, at=DAY_MS)])
    second = write_lines(tmp_path / "b.jsonl", otlp([tool("two", 2), tool("three", 3)]), other_day)
    assert compact([second], tmp_path / "kept").spans == 4
    assert len(table(tmp_path / "kept")) == 4
    assert calls(tmp_path / "kept") == ["late", "one", "three", "two"]
    # Beside the very files it was made of, and in a folder with them.
    agree(answers(tmp_path / "kept", first, second), answers(first, second))
    agree(answers(tmp_path), answers(first, second))


def test_a_file_that_has_grown_takes_the_place_of_what_it_was(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", otlp([tool("one", 1)]))
    compact([path], tmp_path / "kept")
    with path.open("ab") as file:
        file.write(json.dumps(otlp([tool("two", 2)])).encode() + b"\n")
    done = compact([path], tmp_path / "kept")
    assert (done.added, done.spans) == (1, 2)
    assert [s["bytes"] for s in manifest(tmp_path / "kept")["sources"]] == [path.stat().st_size]
    # Moved, it is still known.
    moved = path.rename(tmp_path / "moved.jsonl")
    assert compact([moved], tmp_path / "kept").known == 1


def test_of_two_deliveries_the_one_that_says_more_is_kept_wherever_it_lies(tmp_path: Path) -> None:
    less, more = tool("t", 1, at=DAY_MS, ms=5), tool("t", 1, ms=DAY_MS * 2)
    paths = [write_lines(tmp_path / f"{n}.jsonl", otlp([s])) for n, s in enumerate((less, more))]
    for order, name in ((paths, "a"), (paths[::-1], "b")):
        for path in order:
            compact([path], tmp_path / name)
        assert [row["date"] for row in table(tmp_path / name)] == ["2026-03-02"]
        assert len(manifest(tmp_path / name)["files"]) == 1
        agree(answers(tmp_path / name), answers(*paths))


def test_feedback_that_only_one_delivery_of_a_span_brings_is_kept(tmp_path: Path) -> None:
    score = {
        "timeUnixNano": str(START_NS),
        "name": "gen_ai.evaluation.result",
        "attributes": [
            {"key": "gen_ai.evaluation.name", "value": {"stringValue": "good"}},
            {"key": "gen_ai.evaluation.score.value", "value": {"doubleValue": 1}},
        ],
    }
    short = agent("a", 1, ms=5) | {"events": [score]}
    path = write_lines(tmp_path / "s.jsonl", otlp([short, short, agent("a", 1, ms=9)]))
    compact([path], tmp_path / "kept")
    assert len(table(tmp_path / "kept")) == 2
    agree(answers(tmp_path / "kept"), answers(path))


def test_datasets_are_put_together_with_all_that_they_say_of_their_origin(tmp_path: Path) -> None:
    paths = []
    for number, name in enumerate(("a", "b")):
        paths.append(write_lines(tmp_path / f"{name}.jsonl", otlp([tool(name, number + 1)]), "{x"))
        compact([paths[-1]], tmp_path / name)
    compact([tmp_path / "a", tmp_path / "b"], tmp_path / "both")
    agree(answers(tmp_path / "both"), answers(*paths))
    assert [s["name"] for s in manifest(tmp_path / "both")["sources"]] == list(map(str, paths))
    assert compact(paths, tmp_path / "both").added == 0


# --- whatever happens ------------------------------------------------------------------------


def test_without_anything_to_keep_there_is_no_dataset(tmp_path: Path, cli) -> None:
    (tmp_path / "other.json").write_text('{"numbers": []}')
    assert cli("compact", tmp_path / "other.json", "--out", tmp_path / "kept") == 2
    assert "no spans, its JSON has no resourceSpans but: numbers" in cli.err
    assert cli("compact", tmp_path / "missing", "--out", tmp_path / "kept") == 2
    assert [path.name for path in tmp_path.iterdir()] == ["other.json"]


@pytest.mark.requirement("analytics.15-refusals")
def test_a_dataset_from_the_future_says_which_toolspan_it_needs(
    newsletter: Path, tmp_path: Path, cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    from toolspan.analytics.read import _kept

    kept = tmp_path / "kept"
    with monkeypatch.context() as future:
        future.setattr(_kept, "FORMAT", 2)
        future.setattr(_kept, "FORMAT_SINCE", "3.1.0")
        future.setattr(_compact, "FORMAT", 2)
        future.setattr(_compact, "FORMAT_SINCE", "3.1.0")
        compact([newsletter], kept)
    (day,) = (kept / "spans").iterdir()
    for asked in (["tools", kept], ["tools", day], ["compact", newsletter, "--out", kept]):
        assert cli(*asked) == 2
        assert "format 2" in cli.err
        assert cli.err.endswith("toolspan 3.1.0 or newer is needed\n")


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda file: file.unlink(), "the dataset is not whole, spans/"),
        (lambda file: file.write_bytes(file.read_bytes()[:-9]), "its copy was interrupted"),
        (lambda file: file.write_bytes(bytes(file.stat().st_size)), "its copy was interrupted"),
    ],
)
def test_a_dataset_that_is_not_whole_is_refused(
    newsletter: Path, tmp_path: Path, cli, harm: Any, said: str
) -> None:
    compact([newsletter], tmp_path / "kept")
    (file,) = (tmp_path / "kept" / "spans").rglob("*.parquet")
    harm(file)
    assert cli("tools", tmp_path / "kept") == 2
    assert said in cli.err


# --- the command -----------------------------------------------------------------------------


def test_the_command_says_what_was_kept(newsletter: Path, tmp_path: Path, cli) -> None:
    kept = tmp_path / "kept"
    assert cli("compact", newsletter, "--out", kept) == 0
    lines = cli.out.splitlines()
    assert lines[0] == f"{kept}: 56 spans and 8 log records of 1 day, 0.0 MB"
    assert lines[1].startswith("2 files (")
    assert cli("compact", newsletter, "--out", kept, "--format", "json") == 0
    told = json.loads(cli.out)
    assert (told["spans"], told["log_records"], told["days"]) == (56, 8, 1)
    assert (told["added"], told["known"]) == (0, 2)
    assert cli.json("tools", kept) == cli.json("tools", newsletter)


def test_strict_ends_with_2_and_keeps_what_is_sound(tmp_path: Path, cli) -> None:
    path = write_lines(tmp_path / "s.jsonl", otlp([tool("t", 1)]), "{x")
    assert cli("compact", path, "--out", tmp_path / "kept", "--strict") == 2
    assert "1 damaged place" in cli.out
    assert cli("tools", tmp_path / "kept", "--strict") == 2
    assert calls(tmp_path / "kept") == ["t"]


def test_it_says_how_far_it_is(newsletter: Path, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    compact([newsletter], tmp_path / "kept", progress=lambda *how_far: told.append(how_far))
    assert {what for what, _, _ in told} == {"reading", "writing"}
    for what in ("reading", "writing"):
        *_, (_, done, total) = (one for one in told if one[0] == what)
        assert done == total
