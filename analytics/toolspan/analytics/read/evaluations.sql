-- One row: a `gen_ai.evaluation.result` as it came: a log record, an event of a span, or a span of
-- its own below the one it is about.
CREATE OR REPLACE TEMP TABLE evaluation AS
WITH resources AS (
    SELECT unnest(json_transform(logs, '[{
        "scopeLogs": [{
            "logRecords": [{
                "timeUnixNano": "BIGINT", "observedTimeUnixNano": "BIGINT",
                "eventName": "VARCHAR", "body": "JSON", "attributes": "JSON",
                "traceId": "VARCHAR", "spanId": "VARCHAR"
            }]
        }]
    }]')) AS resource_logs
    FROM staged
    WHERE logs IS NOT NULL
),
scopes AS (SELECT unnest(resource_logs.scopeLogs) AS scope_logs FROM resources),
records AS (SELECT unnest(scope_logs.logRecords) AS record FROM scopes),
span_events AS (
    SELECT
        trace_id, span_id,
        unnest(from_json(events, '[{
            "timeUnixNano": "BIGINT", "name": "VARCHAR", "attributes": "JSON"}]')) AS event
    FROM staged
    WHERE contains(events, 'gen_ai.evaluation.')
),
extracted AS (
    SELECT
        coalesce(nullif(record.timeUnixNano, 0), record.observedTimeUnixNano) AS time_ns,
        CASE WHEN len(record.traceId) = 32 THEN try_cast(record.traceId AS UUID) END AS trace_id,
        CASE WHEN len(record.spanId) = 16
            THEN nullif(try_cast('0x' || record.spanId AS UBIGINT), 0) END AS span_id,
        record.attributes AS attributes
    FROM records
    UNION ALL
    SELECT event.timeUnixNano, trace_id, span_id, event.attributes
    FROM span_events
),
paired AS (
    SELECT
        time_ns, trace_id, span_id,
        -- One by one, because a value without a member (`{}`, a null) would shift those after it.
        list_transform(from_json(attributes, '[{"key": "VARCHAR"}]'), lambda pair: pair.key)
            AS keys,
        list_transform(
            from_json(attributes, '[{"value": "JSON"}]'),
            lambda pair: json_extract_string(pair.value, '$.*')[1]) AS vals
    FROM extracted
    UNION ALL
    SELECT start_ns, trace_id, parent_id, keys, vals
    FROM staged
    WHERE name = 'gen_ai.evaluation.result' AND trace_id IS NOT NULL
),
stated AS (
    SELECT
        time_ns, trace_id, span_id,
        attribute(keys, vals, 'gen_ai.evaluation.name') AS name,
        coalesce(
            attribute(keys, vals, 'gen_ai.evaluation.score.value'),
            attribute(keys, vals, 'gen_ai.evaluation.score')
        ) AS value,
        nullif(attribute(keys, vals, 'gen_ai.evaluation.score.label'), '') AS label,
        nullif(attribute(keys, vals, 'gen_ai.evaluation.explanation'), '') AS comment,
        nullif(attribute(keys, vals, 'error.type'), '') AS error,
        present(attribute(keys, vals, 'session.id')) AS session_id,
        present(attribute(keys, vals, 'gen_ai.conversation.id')) AS conversation_id,
        present(attribute(keys, vals, 'gen_ai.response.id')) AS response_id,
        present(attribute(keys, vals, 'gen_ai.tool.call.id')) AS tool_call_id,
        attribute(keys, vals, 'toolspan.feedback.target_key') AS target_key,
        attribute(keys, vals, 'toolspan.feedback.target_value') AS target_value,
        attribute(keys, vals, 'toolspan.feedback.id') AS feedback_id,
        attribute(keys, vals, 'toolspan.feedback.target_kind') AS target_kind,
        attribute(keys, vals, 'toolspan.feedback.value_kind') AS value_kind,
        attribute(keys, vals, 'toolspan.feedback.source_kind') AS source_kind,
        coalesce(
            attribute(keys, vals, 'toolspan.feedback.source_id'),
            attribute(keys, vals, 'feedback.source')
        ) AS source_id,
        attribute(keys, vals, 'toolspan.feedback.rater_id') AS rater_id,
        attribute(keys, vals, 'toolspan.feedback.evaluator_version') AS evaluator_version,
        try_cast(attribute(keys, vals, 'toolspan.feedback.scale_min') AS DOUBLE) AS scale_min,
        try_cast(attribute(keys, vals, 'toolspan.feedback.scale_max') AS DOUBLE) AS scale_max,
        attribute(keys, vals, 'toolspan.feedback.direction') AS direction,
        coalesce(
            attribute(keys, vals, 'toolspan.feedback.ingested_from'), 'opentelemetry'
        ) AS ingested_from
    FROM paired
    WHERE list_contains(keys, 'gen_ai.evaluation.name')
)
SELECT * REPLACE (CASE lower(value)
    WHEN 'true' THEN 1.0 WHEN 'false' THEN 0.0 ELSE try_cast(value AS DOUBLE) END AS value)
FROM stated;
