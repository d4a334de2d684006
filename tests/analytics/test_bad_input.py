"""Bad input gives one clear line or a count beside the result: no traceback, no wrong number."""

import gzip
import os
from pathlib import Path

import pytest

from support.traces import agent, otlp, span, tool, write_lines
from toolspan.analytics import InputError, open_traces

GOOD = otlp([tool("search", 1), tool("search", 2, at=500)])


def one_line(text: str) -> str:
    assert text.endswith("\n")
    (line,) = text.splitlines()
    return line


@pytest.mark.requirement("design.2-missing-input-is-2")
def test_a_missing_path_is_named(cli, tmp_path: Path) -> None:
    assert cli("tools", tmp_path / "nothing.jsonl") == 2
    assert one_line(cli.err) == f"toolspan: {tmp_path}/nothing.jsonl: no such file or folder"


def test_a_pattern_that_matches_nothing_is_named(cli, tmp_path: Path) -> None:
    assert cli("tools", tmp_path / "*.jsonl") == 2
    assert "no file matches" in one_line(cli.err)


def test_the_default_directory_is_named_when_it_is_missing(cli, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli("report") == 2
    assert "toolspan-data (the default) does not exist" in one_line(cli.err)
    monkeypatch.setenv("TOOLSPAN_DIR", str(tmp_path / "elsewhere"))
    assert cli("report") == 2
    assert "elsewhere ($TOOLSPAN_DIR) does not exist" in one_line(cli.err)


@pytest.mark.requirement("design.2-default-directory")
def test_the_default_directory_is_read(cli, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("TOOLSPAN_DIR", str(tmp_path))
    write_lines(tmp_path / "spans-a.jsonl", GOOD)
    assert [record["calls"] for record in cli.json("tools")] == [2]


@pytest.mark.requirement("design.2-missing-input-is-2")
def test_a_folder_without_span_files_is_refused(cli, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    assert cli("agents", tmp_path) == 2
    assert "no span files in it" in one_line(cli.err)


@pytest.mark.requirement("project.bad-input")
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"hello\nworld\n", "it is not JSON"),
        (bytes(range(256)) * 8, "it is binary"),
        (b'{"tool": 1}\n{"tool": 2}\n', "its JSON has no resourceSpans but: tool"),
        (b"[1, 2]\n", "it has no resourceSpans but is a list"),
    ],
)
def test_a_file_that_holds_something_else_is_refused(cli, tmp_path, content, reason) -> None:
    path = tmp_path / "file.jsonl"
    path.write_bytes(content)
    assert cli("tools", path) == 2
    assert one_line(cli.err) == f"toolspan: {path}: no spans, {reason}"


def test_something_else_beside_spans_is_left_out_and_said(cli, tmp_path: Path) -> None:
    write_lines(tmp_path / "a.jsonl", GOOD)
    (tmp_path / "b.json").write_text('{"scores": []}')
    assert [record["calls"] for record in cli.json("tools", tmp_path)] == [2]
    assert "1 file left out" in cli.err
    assert "no resourceSpans but: scores" in cli.err


def test_a_file_without_permission_is_named(cli, tmp_path, monkeypatch) -> None:
    path = write_lines(tmp_path / "a.jsonl", GOOD)
    path.chmod(0)
    really_open = Path.open

    def refuse(self: Path, *arguments: object, **named: object) -> object:
        """What the system does for anybody but root, as whom tests may run."""
        if self == path:
            raise PermissionError(13, "Permission denied", str(self))
        return really_open(self, *arguments, **named)

    monkeypatch.setattr(Path, "open", refuse)
    assert cli("tools", path) == 2
    assert one_line(cli.err) == f"toolspan: {path}: Permission denied"


def test_an_empty_file_is_no_traces(cli, tmp_path: Path) -> None:
    path = tmp_path / "spans-a.jsonl"
    path.write_bytes(b"")
    assert cli.json("tools", path) == []
    assert "0 spans read" in cli.err


@pytest.mark.requirement("design.2-no-agent-spans-is-0")
def test_spans_without_agents_or_tools_are_fine_and_said(cli, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", otlp([span("GET /", 1, kind=2)]))
    assert cli.json("tools", path) == []
    assert "1 span read, none describes a tool call" in cli.err
    assert cli.json("agents", path) == []
    assert "none describes an agent run" in cli.err
    assert cli("report", path) == 0
    assert "No tool calls in 1 spans" in cli.out


@pytest.mark.requirement("design.4-unterminated-tail")
def test_a_truncated_last_line_is_held_back(cli, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", GOOD, b'{"resourceSpans":[{"scopeSp')
    assert [record["calls"] for record in cli.json("tools", path)] == [2]
    assert "the last line has no end yet, 27 bytes held back" in cli.err
    with open_traces(path) as traces:
        assert traces.summary.damages == []


def test_a_whole_last_line_without_an_end_is_read(cli, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", GOOD)
    path.write_bytes(path.read_bytes().rstrip())
    assert [record["calls"] for record in cli.json("tools", path)] == [2]
    assert cli.err == ""


@pytest.mark.requirement("analytics.quality-damage")
def test_damaged_lines_are_counted_with_their_places(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", GOOD, "not json", GOOD, '{"scores": 1}', b"\xff\xfe\n")
    with open_traces(path) as traces:
        assert [record["calls"] for record in traces.records("tools")] == [2]
        length = path.read_bytes().index(b"\n") + 1
        assert [(d.line, d.byte, d.kind) for d in traces.summary.damages] == [
            (2, length, "invalid_json"),
            (4, 2 * length + 9, "not_otlp"),
            (5, 2 * length + 23, "invalid_utf8"),
            (5, 2 * length + 23, "invalid_json"),
        ]
        assert traces.summary.spans_delivered == 4


@pytest.mark.parametrize("place", [0, 255, 511])
def test_damage_costs_at_most_the_span_it_sits_in(tmp_path: Path, place: int) -> None:
    spans = [tool("search", n, at=n) for n in range(1, 513)]
    line = otlp(spans)
    spans[place]["name"] = "execute_tool \ud800"
    path = write_lines(tmp_path / "surrogate.jsonl", line)
    with open_traces(path) as traces:
        assert traces.summary.spans == 512
        assert [d.kind for d in traces.summary.damages] == ["lone_surrogate"]

    spans[place]["name"] = "BROKEN"
    text = write_lines(tmp_path / "broken.jsonl", line).read_text()
    path = write_lines(tmp_path / "broken.jsonl", text.replace('"BROKEN"', '"BRO"KEN', 1).encode())
    with open_traces(path) as traces:
        assert traces.summary.spans == 511
        assert [d.kind for d in traces.summary.damages] == ["invalid_json"]


def test_ids_in_base64_are_understood_and_nonsense_is_dropped(tmp_path: Path) -> None:
    odd = dict(tool("search", 1), traceId="AAAAAAAAAAAAAAAAAAAAAQ==", spanId="AAAAAAAAAAE=")
    nonsense = dict(tool("search", 2), spanId="xyz")
    timeless = dict(tool("search", 3), startTimeUnixNano="yesterday")
    path = write_lines(tmp_path / "a.jsonl", otlp([odd, nonsense, timeless, tool("search", 4)]))
    with open_traces(path) as traces:
        assert traces.summary.spans == 2
        assert [d.reason for d in traces.summary.damages] == [
            "spanId 'xyz' is no id of 16 hexadecimal digits",
            "startTimeUnixNano 'yesterday' is no time in nanoseconds",
        ]
        ids = traces.sql("SELECT trace_id, span_id FROM tool_calls ORDER BY span_id")
        assert ids.values.tolist()[0] == ["0" * 31 + "1", "0" * 15 + "1"]


def test_a_cut_off_archive_gives_what_it_holds(cli, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    line = write_lines(tmp_path / "b", GOOD).read_bytes()
    whole = gzip.compress(line + os.urandom(30_000).hex().encode() + b"\n")
    path.write_bytes(whole[: len(whole) // 2])
    assert [record["calls"] for record in cli.json("tools", path)] == [2]
    assert "truncated_archive" in cli.err


def test_null_values_do_not_shift_the_values_after_them(tmp_path: Path) -> None:
    odd = tool("search", 1, **{"a": None, "session.id": "s-1"})
    odd["attributes"].insert(0, {"key": "empty", "value": {}})
    resource = {"empty": None, "service.name": "shop"}
    path = write_lines(tmp_path / "a.jsonl", otlp([odd], resource=resource))
    with open_traces(path) as traces:
        frame = traces.sql("SELECT tool_name, session_id, service_name FROM tool_calls")
    assert frame.values.tolist() == [["search", "s-1", "shop"]]


def test_the_library_raises_what_the_command_prints(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        open_traces(tmp_path / "nothing")


def test_a_bad_format_is_bad_usage(cli, newsletter: Path) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli("tools", newsletter, "--format", "yaml")


@pytest.mark.requirement("design.9-csv-injection", "design.9-terminal-controls")
def test_names_from_traces_cannot_run_anything(cli, tmp_path: Path) -> None:
    evil = "=cmd|' /C calc'!A0"
    path = write_lines(
        tmp_path / "a.jsonl",
        otlp([tool(evil, 1), tool("\x1b[31mred", 2), tool("<script>|x", 3), agent("a'; DROP", 4)]),
    )
    assert cli("tools", path, "--format", "csv") == 0
    assert "\n'=cmd" in cli.out
    assert cli("tools", path) == 0
    assert "\x1b" not in cli.out
    assert cli("tools", path, "--format", "markdown") == 0
    assert "&lt;script>\\|x" in cli.out
    page = tmp_path / "page.html"
    assert cli("report", path, "--html", page) == 0
    assert "\x1b" not in cli.out
    text = page.read_text(encoding="utf-8")
    assert "&lt;script&gt;|x" in text
    assert "<script>|x" not in text


@pytest.mark.requirement("design.9-no-sql-from-content")
def test_no_text_of_a_trace_is_part_of_a_query(tmp_path: Path, monkeypatch) -> None:
    from toolspan.analytics.read import _stage

    evil = "x'); DROP TABLE span; --"
    keys = {f"gen_ai.{evil}": evil, f"koog.{evil}": evil, f"{evil}": evil}
    odd = tool(evil, 1, session__id=evil, **{key.replace(".", "__"): evil for key in keys})
    path = write_lines(
        tmp_path / "a.jsonl",
        otlp([odd], scope=f"logfire{evil}", resource={evil: evil, "service.name": evil}),
    )
    queries: list[str] = []
    really_connect = _stage._canonical

    def watched(connection: object, **options: bool) -> None:
        class Watched:
            def execute(self, sql: str, *parameters: object) -> object:
                queries.append(sql)
                return connection.execute(sql, *parameters)  # type: ignore[attr-defined]

        really_connect(Watched(), **options)  # type: ignore[arg-type]

    monkeypatch.setattr(_stage, "_canonical", watched)
    with open_traces(path) as traces:
        rows = traces.sql_records("SELECT tool_name, session_id, service_name FROM tool_calls")
        assert rows == [{"tool_name": evil, "session_id": evil, "service_name": evil}]
        assert traces.records("tools", where={"tool_name": evil})[0]["calls"] == 1
        assert traces.records("tools", by=f"gen_ai.{evil}")[0]["calls"] == 1
    assert len(queries) > 2
    assert not [sql for sql in queries if "DROP TABLE span" in sql]
