-- Spans that were kept, staged as if they had been read from lines; each resource comes once, in a
-- row that is no span.
INSERT INTO staged BY NAME
SELECT
    false AS is_odd, true AS is_whole, false AS has_call_events,
    CAST(trace_id AS UUID) AS trace_id,
    CAST('0x' || span_id AS UBIGINT) AS span_id,
    CAST('0x' || parent_span_id AS UBIGINT) AS parent_id,
    name, span_kind, start_ns, end_ns, status_code, status_message,
    scope_name, scope_version, hash(coalesce(resource, '')) AS resource_id,
    CAST(events AS JSON) AS events,
    attribute_keys AS keys, attribute_values AS vals, hash(attribute_keys) AS shape_id
    $kept
FROM read_parquet($files, hive_partitioning = false)
UNION ALL BY NAME
SELECT DISTINCT
    false AS is_odd, false AS is_whole, false AS has_call_events,
    hash(coalesce(resource, '')) AS resource_id, CAST(resource AS JSON) AS resource
FROM read_parquet($files, hive_partitioning = false)
WHERE resource IS NOT NULL;
