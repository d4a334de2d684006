"""One way to read a folder of OTLP/JSON lines, in a process of its own: CPU, time, peak memory.

python -m benchmarks.analytics_reading WAY FOLDER OUT
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

# The attributes that become columns, of these types: every one that some span of the generated
# traces has and that is a fact of the model (`toolspan.analytics.dialects.FACTS`), and no other.
# All attributes are kept besides as a pair of lists, as in our `spans`.
COLUMNS = (
    "gen_ai.operation.name", "gen_ai.tool.name", "gen_ai.tool.call.id", "gen_ai.agent.name",
    "gen_ai.workflow.name", "session.id", "user.id", "toolspan.workflow", "toolspan.agent",
    "toolspan.step", "toolspan.step.index", "gen_ai.request.model", "gen_ai.response.model",
    "gen_ai.provider.name", "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens",
    "gen_ai.usage.cost.amount", "gen_ai.usage.cost.currency", "error.type", "toolspan.outcome",
    "toolspan.tool_call.layer", "toolspan.attempt.number", "toolspan.attempt.count",
    "toolspan.attempt.error_type", "toolspan.fallback.from", "toolspan.fallback.position",
    "toolspan.tool_call.arguments_hash", "mcp.method.name",
)  # fmt: skip
TYPES = {
    "toolspan.step.index": "INTEGER",
    "gen_ai.usage.input_tokens": "BIGINT",
    "gen_ai.usage.output_tokens": "BIGINT",
    "gen_ai.usage.cost.amount": "DOUBLE",
    "toolspan.attempt.number": "INTEGER",
    "toolspan.attempt.count": "INTEGER",
    "toolspan.fallback.position": "INTEGER",
}
MEMORY_LIMIT = "1400MB"


def ours(folder: Path, out: Path) -> int:
    """Everything: dialects, model, Parquet cache."""
    from toolspan.analytics import open_traces

    with open_traces(folder, cache_dir=out) as traces:
        return traces.summary.spans


def best_raw(folder: Path, out: Path) -> int:
    """The cheapest SQL known for the same columns, to Parquet: no model, no tolerance.

    That is `read_ndjson_objects` and `json_transform` with attributes left as JSON, two wildcard
    paths for their keys and values, and `list_position` for each of `COLUMNS` (28) with the types
    of the model; besides those the span's ids as numbers, name, kind, start, end, status and its
    message, scope with version, service, and all keys and values: 42 columns. Ours writes the
    same ones and what it works out of them (dialect, kind, unit, place in the tree, what is
    inherited, outcome) as well as the tables of calls, attempts, model calls and traces.
    """
    picked = ", ".join(
        f"CAST(vals[list_position(keys, '{key}')] AS {TYPES.get(key, 'VARCHAR')}) AS \"{key}\""
        for key in COLUMNS
    )
    return _duckdb(
        f"""
        WITH lines AS (
            SELECT json_transform(json, '{{"resourceSpans": [{{
                "resource": {{"attributes": "JSON"}},
                "scopeSpans": [{{"scope": {{"name": "VARCHAR", "version": "VARCHAR"}}, "spans": [{{
                    "traceId": "VARCHAR", "spanId": "VARCHAR", "parentSpanId": "VARCHAR",
                    "name": "VARCHAR", "kind": "TINYINT",
                    "startTimeUnixNano": "BIGINT", "endTimeUnixNano": "BIGINT",
                    "attributes": "JSON", "events": "JSON",
                    "status": {{"code": "TINYINT", "message": "VARCHAR"}} }}] }}] }}] }}') AS line
            FROM read_ndjson_objects('{folder}/spans-*.jsonl', maximum_object_size = 16777216)
        ),
        resources AS (SELECT unnest(line.resourceSpans) AS resource_spans FROM lines),
        scopes AS (
            SELECT resource_spans.resource.attributes AS resource,
                unnest(resource_spans.scopeSpans) AS scope_spans
            FROM resources
        ),
        spans AS (
            SELECT resource, scope_spans.scope.name AS scope,
                scope_spans.scope.version AS scope_version, unnest(scope_spans.spans) AS span
            FROM scopes
        ),
        attributed AS (
            SELECT
                CAST(span.traceId AS UUID) AS trace_id,
                CAST('0x' || span.spanId AS UBIGINT) AS span_id,
                CAST('0x' || span.parentSpanId AS UBIGINT) AS parent_id,
                span.name, span.kind, span.startTimeUnixNano AS start_ns,
                span.endTimeUnixNano AS end_ns, span.status.code AS status_code,
                span.status.message AS status_message, scope, scope_version,
                resource->>'$[0].value.stringValue' AS service,
                json_extract_string(span.attributes, '$[*].key') AS keys,
                json_extract_string(span.attributes, '$[*].value.*') AS vals
            FROM spans
        )
        SELECT *, {picked} FROM attributed
        """,
        out,
    )


def read_json(folder: Path, out: Path) -> int:
    """DuckDB as most would write it: `read_json` with nested columns and a map of attributes."""
    value = "STRUCT(stringValue VARCHAR, intValue VARCHAR, doubleValue DOUBLE)"
    pair = f"STRUCT(key VARCHAR, value {value})"
    span = (
        "STRUCT(traceId VARCHAR, spanId VARCHAR, parentSpanId VARCHAR, name VARCHAR, kind TINYINT, "
        f"startTimeUnixNano BIGINT, endTimeUnixNano BIGINT, attributes {pair}[], "
        "status STRUCT(code TINYINT, message VARCHAR))"
    )
    columns = (
        f"STRUCT(resource STRUCT(attributes {pair}[]), "
        f"scopeSpans STRUCT(scope STRUCT(name VARCHAR), spans {span}[])[])[]"
    )
    picked = ", ".join(f"pairs['{key}'] AS \"{key}\"" for key in COLUMNS)
    return _duckdb(
        f"""
        WITH resources AS (
            SELECT unnest(resourceSpans) AS resource_spans
            FROM read_json('{folder}/spans-*.jsonl', format = 'newline_delimited',
                columns = {{resourceSpans: '{columns}'}})
        ),
        scopes AS (
            SELECT resource_spans.resource.attributes[1].value.stringValue AS service,
                unnest(resource_spans.scopeSpans) AS scope_spans
            FROM resources
        ),
        spans AS (
            SELECT service, scope_spans.scope.name AS scope, unnest(scope_spans.spans) AS span
            FROM scopes
        ),
        mapped AS (
            SELECT service, scope, span, map_from_entries(list_transform(span.attributes,
                lambda pair: ROW(pair.key, coalesce(pair.value.stringValue, pair.value.intValue,
                    pair.value.doubleValue::VARCHAR)))) AS pairs
            FROM spans
        )
        SELECT service, scope, span.* EXCLUDE (attributes), pairs, {picked} FROM mapped
        """,
        out,
    )


def _duckdb(query: str, out: Path) -> int:
    import duckdb

    connection = duckdb.connect(
        config={
            "memory_limit": MEMORY_LIMIT,
            "threads": len(os.sched_getaffinity(0)),
            "preserve_insertion_order": False,
            "temp_directory": str(out / "spill"),
        }
    )
    connection.execute(
        f"COPY ({query}) TO '{out}/raw.parquet' "
        "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, DICTIONARY_SIZE_LIMIT 1000)"
    )
    row = connection.execute(f"SELECT count(*) FROM '{out}/raw.parquet'").fetchone()
    assert row is not None
    return int(row[0])


def pandas(folder: Path, out: Path) -> int:
    """`json.loads` and `pandas.json_normalize`, a column for each attribute; nothing is written."""
    import pandas as pd

    count = 0
    for path in sorted(folder.glob("spans-*.jsonl")):
        spans = []
        with path.open(encoding="utf-8") as file:
            for line in file:
                for resource in json.loads(line)["resourceSpans"]:
                    for scope in resource["scopeSpans"]:
                        for span in scope["spans"]:
                            pairs = span.pop("attributes")
                            span["attributes"] = {
                                pair["key"]: next(iter(pair["value"].values())) for pair in pairs
                            }
                            spans.append(span)
        frame = pd.json_normalize(spans)
        count += len(frame)
    return count


def polars(folder: Path, out: Path) -> int:
    """`scan_ndjson`, exploded, attributes picked from lists of structs."""
    import polars as pl

    lines = pl.scan_ndjson(sorted(folder.glob("spans-*.jsonl")), infer_schema_length=None)
    spans = (
        lines.explode("resourceSpans")
        .select(pl.col("resourceSpans").struct.field("scopeSpans"))
        .explode("scopeSpans")
        .select(pl.col("scopeSpans").struct.field("spans"))
        .explode("spans")
        .unnest("spans")
        .with_row_index("row")
    )
    pairs = (
        spans.select("row", "attributes")
        .explode("attributes")
        .unnest("attributes")
        .filter(pl.col("key").is_in(COLUMNS))
        .with_columns(
            pl.coalesce(
                pl.col("value").struct.field("stringValue"),
                pl.col("value").struct.field("intValue"),
                pl.col("value").struct.field("doubleValue").cast(pl.String),
            ).alias("text")
        )
    )
    picked = pairs.group_by("row").agg(
        *(pl.col("text").filter(pl.col("key") == key).first().alias(key) for key in COLUMNS)
    )
    frame = spans.drop("attributes").join(picked, on="row", how="left").collect()
    frame.write_parquet(out / "polars.parquet")
    return frame.height


WAYS: dict[str, Callable[[Path, Path], int]] = {
    way.__name__: way for way in (ours, best_raw, read_json, pandas, polars)
}


def main() -> None:
    name, folder, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    start, cpu = time.perf_counter(), time.process_time()
    spans = WAYS[name](folder, out)
    found: dict[str, Any] = {
        "spans": spans,
        "seconds": time.perf_counter() - start,
        "cpu_s": time.process_time() - cpu,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
