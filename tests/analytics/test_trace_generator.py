"""The generator of the benchmarks makes what it says, the same each time, and it is understood."""

from pathlib import Path

from benchmarks.analytics_reading import COLUMNS
from benchmarks.trace_generator import generate

from toolspan.analytics import open_traces
from toolspan.analytics.dialects import DIALECTS


def test_the_same_seed_gives_the_same_files(tmp_path: Path) -> None:
    first, again, other = (
        generate(tmp_path / name, 3000, seed=seed, spans_per_file=2000, processes=1)
        for name, seed in (("first", 1), ("again", 1), ("other", 2))
    )
    assert [path.read_bytes() for path in first.files] == [
        path.read_bytes() for path in again.files
    ]
    assert first.files[0].read_bytes() != other.files[0].read_bytes()
    assert len(first.files) == 2


def test_what_was_generated_is_what_is_read(tmp_path: Path) -> None:
    made = generate(tmp_path / "traces", 5000, processes=1)
    with open_traces(tmp_path / "traces") as traces:
        assert traces.summary.notes() == []
        assert traces.summary.spans == made.spans >= 5000
        assert len(traces.table_records("tool_calls")) == made.tool_calls
        assert len(traces.table_records("sessions")) == made.sessions
        units = traces.sql_records("SELECT DISTINCT coalesce(unit, layer) AS it FROM spans")
        assert {row["it"] for row in units} == {
            "workflow", "step", "agent", "llm", "tool", "attempt", "client", "server",
        }  # fmt: skip
        assert {row["outcome"] for row in traces.table_records("tool_calls")} == {
            "ok", "error", "tool_error", "timeout",
        }  # fmt: skip


def test_what_reading_is_compared_with_picks_every_fact_that_is_there(tmp_path: Path) -> None:
    generate(tmp_path, 20_000, processes=1)
    known = {
        place
        for dialect in DIALECTS
        for places in (*dialect.facts.values(), dialect.kinds)
        for place in places
    }
    with open_traces(tmp_path) as traces:
        there = traces.sql_records("SELECT DISTINCT unnest(attribute_keys) AS key FROM spans")
    assert {row["key"] for row in there} & known == set(COLUMNS)
