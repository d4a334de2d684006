-- Lines of OTLP/JSON to staged spans: one row is a span, or (span_id NULL) a place where a span
-- could have been: a line that is no JSON, a line of another signal, an empty envelope. Where
-- such a place is one that the tolerant decoder must look at, `is_odd`; a span that can be used
-- `is_whole`.
--
-- `json_transform` over raw objects costs the same at any line length; `read_json` with nested
-- columns is up to four times slower. Attributes stay JSON until two wildcard paths turn them
-- into two lists, which is a third cheaper than a list of structs.
--
-- Where spans are to be kept whole, more is asked of each (`_keeping.py` fills the open places).
CREATE OR REPLACE TEMP TABLE staged AS
WITH lines AS (
    SELECT
        json IS NULL AS is_damaged,
        json_transform(json, '{
            "resourceSpans": [{
                "resource": {"attributes": "JSON"}$resource_fields,
                "scopeSpans": [{
                    "scope": {"name": "VARCHAR", "version": "VARCHAR"$scope_fields}$scope_spans_fields,
                    "spans": [{
                        "traceId": "VARCHAR", "spanId": "VARCHAR", "parentSpanId": "VARCHAR",
                        "name": "VARCHAR", "kind": "VARCHAR",
                        "startTimeUnixNano": "BIGINT", "endTimeUnixNano": "BIGINT",
                        "attributes": "JSON", "events": "JSON",
                        "status": {"code": "VARCHAR", "message": "VARCHAR"}$span_fields
                    }]
                }]
            }],
            "resourceLogs": "JSON",
            "resourceMetrics": "JSON"
        }') AS line
    FROM $lines
),
resources AS (
    SELECT
        is_damaged,
        CASE WHEN $is_asked OR contains(line.resourceLogs, 'gen_ai.evaluation.')
            THEN line.resourceLogs END AS logs,
        coalesce(contains(line.resourceLogs, $call_events), false) AS has_call_events,
        NOT is_damaged AND line.resourceSpans IS NULL AND line.resourceLogs IS NULL
            AND line.resourceMetrics IS NULL AS is_foreign,
        -- What is no object where one should be has none of its members; what stands for a list
        -- that is not there has none either, but is not odd.
        len(line.resourceSpans) > 0 AS has_resources,
        unnest(coalesce(line.resourceSpans, [NULL])) AS resource_spans,
        unnest(range(greatest(1, len(line.resourceSpans)))) AS line_position
    FROM lines
),
scopes AS (
    SELECT
        is_damaged, logs, has_call_events, is_foreign OR (has_resources AND resource_spans.resource IS NULL
            AND resource_spans.scopeSpans IS NULL) AS is_foreign,
        len(resource_spans.scopeSpans) > 0 AS has_scopes,
        resource_spans.resource.attributes AS resource,
        hash(coalesce(resource_spans.resource.attributes::VARCHAR, '')) AS resource_id,
        unnest(coalesce(resource_spans.scopeSpans, [NULL])) AS scope_spans,
        line_position + unnest(range(greatest(1, len(resource_spans.scopeSpans))))
            AS scope_position $of_resource
    FROM resources
),
spans AS (
    SELECT
        is_damaged, logs, has_call_events, is_foreign OR (has_scopes AND scope_spans.scope IS NULL
            AND scope_spans.spans IS NULL) AS is_foreign,
        len(scope_spans.spans) > 0 AS has_spans,
        resource, resource_id, scope_position,
        scope_spans.scope.name AS scope_name,
        scope_spans.scope.version AS scope_version,
        unnest(coalesce(scope_spans.spans, [NULL])) AS span,
        unnest(range(greatest(1, len(scope_spans.spans)))) AS position $of_scope
    FROM scopes
),
extracted AS (
    SELECT
        is_damaged OR is_foreign OR (has_spans AND span IS NULL) AS is_no_span,
        has_call_events, span IS NOT NULL AS is_span,
        CASE WHEN scope_position = 0 AND position = 0 THEN logs END AS logs,
        -- Ids of the wrong length are wrong: these spans are read again by the tolerant decoder.
        CASE WHEN len(span.traceId) = 32 THEN try_cast(span.traceId AS UUID) END AS trace_id,
        CASE WHEN len(span.spanId) = 16 THEN try_cast('0x' || span.spanId AS UBIGINT) END AS span_id,
        CASE WHEN len(span.parentSpanId) = 16
            THEN nullif(try_cast('0x' || span.parentSpanId AS UBIGINT), 0) END AS parent_id,
        span.parentSpanId <> '' AND len(span.parentSpanId) <> 16 AS has_odd_parent,
        span.name AS name,
        CASE span.kind
            WHEN '1' THEN 1 WHEN '2' THEN 2 WHEN '3' THEN 3 WHEN '4' THEN 4 WHEN '5' THEN 5
            WHEN 'SPAN_KIND_INTERNAL' THEN 1 WHEN 'SPAN_KIND_SERVER' THEN 2
            WHEN 'SPAN_KIND_CLIENT' THEN 3 WHEN 'SPAN_KIND_PRODUCER' THEN 4
            WHEN 'SPAN_KIND_CONSUMER' THEN 5 ELSE 0
        END::TINYINT AS span_kind,
        span.startTimeUnixNano AS start_ns,
        nullif(span.endTimeUnixNano, 0) AS end_ns,
        CASE span.status.code
            WHEN '1' THEN 1 WHEN '2' THEN 2
            WHEN 'STATUS_CODE_OK' THEN 1 WHEN 'STATUS_CODE_ERROR' THEN 2 ELSE 0
        END::TINYINT AS status_code,
        nullif(span.status.message, '') AS status_message,
        scope_name, scope_version, resource_id,
        CASE WHEN position = 0 THEN resource END AS resource,
        span.events AS events,
        span.attributes AS attributes,
        json_extract_string(span.attributes, '$[*].key') AS keys,
        json_extract_string(span.attributes, '$[*].value.*') AS vals $of_span
    FROM spans
),
judged AS (
    SELECT
        *, trace_id IS NOT NULL AND span_id IS NOT NULL AND start_ns IS NOT NULL AS is_whole
    FROM extracted
)
SELECT
    * EXCLUDE (is_no_span, is_span, has_odd_parent, attributes),
    is_no_span OR is_span AND (NOT is_whole OR coalesce(has_odd_parent, false)) AS is_odd,
    -- A value without a member (`{}`, a null) shifts those after it: kept for `unshifted.sql`.
    CASE WHEN len(keys) <> len(vals) THEN attributes END AS shifted,
    hash(keys) AS shape_id
FROM judged;
