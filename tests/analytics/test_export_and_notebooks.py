"""Measures and tables as files, and as what a notebook shows."""

import json
from datetime import timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from support.traces import agent, otlp, tool, write_lines
from toolspan.analytics import UsageError, open_traces
from toolspan.analytics._export import MEASURES as EXPORTED
from toolspan.analytics.traces import TABLES


def read(path: Path) -> pd.DataFrame:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return connection.execute("FROM read_parquet(?)", [str(path)]).df()


@pytest.mark.requirement("analytics.01-outputs")
def test_every_format_holds_the_same_numbers(newsletter: Path, tmp_path: Path) -> None:
    with open_traces(newsletter) as traces:
        written = traces.export(tmp_path / "out", ["json", "csv", "parquet", "markdown"])
        for name in EXPORTED:
            frame = traces.measure(name)
            parquet = read(tmp_path / "out" / f"{name}.parquet")
            assert list(parquet.columns) == list(frame.columns)
            for column in frame.columns:
                if frame[column].dtype.kind in "fi":
                    numbers = parquet[column].astype("float64")
                    assert numbers.equals(frame[column].astype("float64")), (name, column)
                else:
                    kept, wanted = parquet[column].tolist(), frame[column].tolist()
                    assert [str(k)[:19] for k in kept] == [str(w)[:19] for w in wanted]
            records = json.loads((tmp_path / "out" / f"{name}.json").read_text())
            assert len(records) == len(frame)
            csv = pd.read_csv(tmp_path / "out" / f"{name}.csv")
            assert list(csv.columns) == list(frame.columns)
            lines = (tmp_path / "out" / f"{name}.md").read_text().splitlines()
            assert len(lines) == len(frame) + 2
        for name in TABLES:
            table = read(tmp_path / "out" / "tables" / f"{name}.parquet")
            assert len(table) == len(getattr(traces.tables, name))
    assert len(written) == 4 * len(EXPORTED) + 3 * len(TABLES)
    assert all(path.stat().st_size for path in written)


def test_the_command_writes_what_is_asked_for(newsletter: Path, tmp_path: Path, cli) -> None:
    out = tmp_path / "out"
    assert cli("export", out, newsletter, "--format", "csv", "--format", "markdown") == 0
    assert cli.out.splitlines()[0].endswith(f"files written to {out}")
    assert {path.suffix for path in out.iterdir() if path.is_file()} == {".csv", ".md"}
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert cli("export", blocked, newsletter) == 2
    assert "Traceback" not in cli.err


def test_an_unknown_format_or_table_is_refused(newsletter: Path, tmp_path: Path) -> None:
    with open_traces(newsletter) as traces:
        with pytest.raises(UsageError, match="json, csv, parquet, markdown, not yaml"):
            traces.export(tmp_path, ["yaml"])
        with pytest.raises(UsageError, match="no table 'tool_call'"):
            traces.table_sql("tool_call")
        with pytest.raises(AttributeError, match="no table 'nix'; there are: spans, tool_calls"):
            _ = traces.tables.nix
        with pytest.raises(UsageError, match="no measure 'tool'; there are: tools, agents"):
            traces.measure("tool")


@pytest.mark.requirement("design.5-times")
def test_times_are_utc_to_the_nanosecond_and_lengths_milliseconds(tmp_path: Path) -> None:
    late = tool("search", 1, ms=0.000001)
    late["startTimeUnixNano"] = "1772442000123456789"
    late["endTimeUnixNano"] = "1772442000123456790"
    with open_traces(write_lines(tmp_path / "s.jsonl", otlp([late]))) as traces:
        calls = traces.tables.tool_calls
        assert str(calls["start_time"].dtype) == "datetime64[ns, UTC]"
        assert calls["start_time"][0].value == 1772442000123456789
        assert (calls["end_time"][0] - calls["start_time"][0]) == timedelta(0) + pd.Timedelta(
            1, "ns"
        )
        assert calls["duration_ms"][0] == pytest.approx(1e-6)
        for frame in (traces.tools(), traces.sessions(), traces.errors(), traces.trends("hour")):
            for column in frame.columns:
                if column.endswith("time"):
                    assert str(frame[column].dtype) == "datetime64[ns, UTC]", column


def test_a_notebook_shows_what_there_is(newsletter: Path, tmp_path: Path) -> None:
    with open_traces(newsletter) as traces:
        assert repr(traces) == "<Traces: 56 spans of 2 files>"
        assert str(traces).splitlines()[:3] == [
            "56 spans of 2 files",
            "4 sessions, 7 agent runs, 21 calls of 8 tools",
            "2026-03-02 09:00:00 UTC to 2026-03-02 09:20:08 UTC",
        ]
        assert traces._repr_html_().startswith("<b>56 spans of 2 files</b><br>4 sessions")
        assert "tool_calls" in dir(traces.tables)
        assert repr(traces.tables).startswith("<Tables: spans, tool_calls")
        view = traces.tool("fetch_page")
        assert view._repr_html_().startswith("<pre>fetch_page\n")
        assert repr(view) == str(view) == view.text()
        assert len(view.calls()) == 3
        assert list(view.errors()["count"]) == [1]
        assert list(view.recovery()["attempt_number"]) == [2, 3]
        assert list(view.trend()["calls"]) == [3]
        assert list(view.repeats()["repeated"]) == [0]
        session = traces.session("news-002")
        assert len(session.calls()) == 9
        assert len(session.feedback()) >= 1
        assert session._repr_html_().startswith("<pre>news-002: ok, 12 s")
    evil = write_lines(tmp_path / "s.jsonl", otlp([tool("<script>", 1, session__id="<i>")]))
    with open_traces(evil) as traces:
        for shown in (traces.tool("<script>"), traces.session("<i>"), traces.status("1h")):
            assert "<script>" not in shown._repr_html_()
            assert "<i>" not in shown._repr_html_()


@pytest.mark.requirement("analytics.12-waterfall")
def test_a_session_is_a_waterfall(newsletter: Path, cli) -> None:
    assert cli("session", "news-001", newsletter / "spans.jsonl") == 0
    assert cli.out.splitlines()[:17] == [
        "news-001: ok, 10 s from 2026-03-02 09:00:00 UTC",
        "4 tool calls (0 failed), 2 LLM calls, 3,000 + 500 tokens, cost 0.004",
        "feedback: links_ok 1 (code), quality 0.9 (human)",
        "",
        "                           0                                          10 s",
        "workflow newsletter        ===============================================  10 s",
        "  step gather              ============================                     6 s",
        "    agent researcher       ===========================                      5.6 s",
        "      llm gpt-4.1-mini     -----                                            1 s",
        "      tool search_web           ==========                                  2 s",
        "      tool search_archive        =====                                      1 s",
        "      tool fetch_page                     ==========                        2 s, 3 attempts",
        "  step write                                           ==================   3.8 s",
        "    agent writer                                       ==================   3.8 s",
        "      llm gpt-4.1                                      ---------            2 s",
        "      tool save_draft                                            ====       800 ms",
        "      pseudo final_answer                                             =     100 ms",
    ]
    assert cli("session", "news", newsletter / "spans.jsonl") == 2
    assert "4 sessions begin with 'news'" in cli.err
    assert cli("session", "nws-001", newsletter / "spans.jsonl") == 2
    assert "did you mean 'news-001'" in cli.err
    assert cli("tool", "serch_web", newsletter / "spans.jsonl") == 2
    assert "no call of a tool 'serch_web'; did you mean 'search_web'" in cli.err


def test_the_first_characters_of_an_id_stand_for_a_session(tmp_path: Path) -> None:
    spans = [tool("t", 1, session__id="abcd.1"), tool("t", 2, trace=2, session__id="abcdx1")]
    with open_traces(write_lines(tmp_path / "s.jsonl", otlp(spans))) as traces:
        assert traces.session("abcd.").session_id == "abcd.1"
        with pytest.raises(UsageError, match="2 sessions begin with 'abcd'"):
            traces.session("abcd")


@pytest.mark.requirement("analytics.quality-no-content")
def test_no_measure_needs_content(newsletter: Path) -> None:
    with open_traces(newsletter) as traces:
        calls = traces.tables.tool_calls
        assert calls["arguments"].isna().all()
        assert calls["result"].isna().all()
        assert all(len(traces.measure(name)) for name in EXPORTED)
        assert len(traces.loops()) == 1


@pytest.mark.requirement("analytics.quality-time-zones")
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/St_Johns"])
def test_results_do_not_depend_on_the_time_zone(
    newsletter: Path, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    import time

    def numbers() -> str:
        with open_traces(newsletter, since="2026-03-02 09:05:00") as traces:
            return json.dumps(
                [traces.records(name) for name in ("tools", "sessions", "trends")], default=str
            )

    here = numbers()
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert numbers() == here
    finally:
        monkeypatch.undo()
        time.tzset()


def test_runs_without_calls_and_calls_without_runs_are_no_problem(tmp_path: Path) -> None:
    for spans in ([agent("a", 1)], [tool("t", 1)]):
        with open_traces(write_lines(tmp_path / "s.jsonl", otlp(spans))) as traces:
            for name in EXPORTED:
                assert traces.measure(name) is not None
            assert traces.status("1h").level == "unsure"
            assert str(traces).startswith("1 span of 1 file\n1 session")
