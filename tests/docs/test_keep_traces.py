"""The page on keeping traces: its commands run, and the columns are those that are written."""

import re
import shlex
import shutil
from pathlib import Path

import duckdb
import pytest

from support.reference import REPOSITORY
from toolspan.launcher import main

PAGE = (REPOSITORY / "docs" / "how-to" / "keep-traces.md").read_text(encoding="utf-8")
NEWSLETTER = REPOSITORY / "tests" / "analytics" / "data" / "newsletter"
# The columns of `log_records` the page names by saying that they are those of spans.
SHARED = {
    "trace_id", "span_id", "attribute_keys", "attribute_values", "attribute_types", "service_name",
    "scope_name", "scope_version", "scope_attributes", "scope_schema_url", "resource",
    "resource_schema_url", "flags", "dropped_attributes",
}  # fmt: skip


def fenced(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(NEWSLETTER, tmp_path / "toolspan-data")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_traces_are_kept_as_the_guide_says(work: Path, capsys) -> None:
    lines = [line for block in fenced("console") for line in block.splitlines()]
    assert len(lines) == 5
    for line in lines:
        words = shlex.split(line)
        assert words[:2] == ["$", "toolspan"]
        assert main(words[2:]) == 0, line
    (code,) = fenced("python")
    capsys.readouterr()
    exec(compile(code, "keep-traces.md", "exec"), {})
    assert "56 spans of 1 day" in capsys.readouterr().out
    (query,) = fenced("sql")
    with duckdb.connect() as connection:
        found = connection.execute(query).fetchall()
    assert found[0][1:] == ("fact_check", 4)
    (shown,) = [block for block in fenced("") if block.startswith("kept/")]
    names = re.compile(r"-[0-9a-f]{8}-")
    written = {names.sub("-", str(p)) for p in Path("kept").rglob("*") if p.is_file()}
    assert written == {names.sub("-", line.split()[0]) for line in shown.splitlines()}


def test_every_column_is_in_the_guide(work: Path) -> None:
    assert main(["compact", "toolspan-data", "--out", "kept"]) == 0
    columns = {}
    with duckdb.connect() as connection:
        for name in ("spans", "log_records"):
            sql = (
                f"DESCRIBE FROM read_parquet('kept/{name}/*/*.parquet', hive_partitioning = false)"
            )
            columns[name] = [row[0] for row in connection.execute(sql).fetchall()]
    rows, _, rest = PAGE.partition("| column of `spans` | |\n| --- | --- |\n")[2].partition("\n\n")
    named = [
        name for row in rows.splitlines() for name in re.findall(r"`(\w+)`", row.split("|")[1])
    ]
    assert sorted(named) == sorted(columns["spans"])
    said = set(re.findall(r"`(\w+)`", rest.partition("Feedback is")[0]))
    assert said - {"log_records"} == set(columns["log_records"]) - SHARED
    assert set(columns["log_records"]) > SHARED
