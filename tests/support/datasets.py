"""What a dataset holds, as toolspan and as anybody reads it."""

import json
from pathlib import Path
from typing import Any

import duckdb

from support.tables import everything
from toolspan.analytics import open_traces
from toolspan.analytics.read import MANIFEST


def answers(*paths: Path, **options: Any) -> dict[str, list[str]]:
    """All rows of all tables and measures, and every damaged place."""
    with open_traces(paths, **{"cache": False, **options}) as traces:
        damages = sorted(map(str, traces.damages()))
        return {**everything(traces), "damages": damages}


def agree(found: dict[str, list[str]], wanted: dict[str, list[str]]) -> None:
    for name, rows in wanted.items():
        assert found[name] == rows, name


def calls(*paths: Path) -> list[str]:
    with open_traces(paths, cache=False) as traces:
        rows = traces.sql_records("SELECT tool_name FROM tool_calls ORDER BY tool_name")
        return [row["tool_name"] for row in rows]


def table(dataset: Path, name: str = "spans") -> list[dict[str, Any]]:
    """The rows of a table as anybody reads them."""
    with duckdb.connect() as connection:
        times = "start_time, end_time" if name == "spans" else "time"
        found = connection.execute(
            f"SELECT * EXCLUDE ({times}) FROM read_parquet('{dataset}/{name}/*/*.parquet', "
            "hive_partitioning = true, hive_types_autocast = false) ORDER BY ALL"
        )
        names = [column[0] for column in found.description]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    return [{key: item for key, item in row.items() if item is not None} for row in rows]


def manifest(dataset: Path) -> dict[str, Any]:
    return json.loads((dataset / MANIFEST).read_text(encoding="utf-8"))
