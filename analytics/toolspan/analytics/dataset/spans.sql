-- One row: a span as it was read, before any dialect or model; what `staged` has for reading only
-- is made text and times that every reader of Parquet knows.
WITH said AS (SELECT DISTINCT resource_id, resource FROM staged WHERE resource IS NOT NULL),
resource AS (
    SELECT
        resource_id, any_value(CAST(resource AS VARCHAR)) AS resource,
        any_value(attribute(
            json_extract_string(resource, '$[*].key'),
            list_transform(from_json(resource, '[{"value": "JSON"}]'),
                lambda pair: json_extract_string(pair.value, '$.*')[1]),
            'service.name')) AS service_name
    FROM said
    GROUP BY resource_id
)
SELECT
    trace_hex(trace_id) AS trace_id, span_hex(span_id) AS span_id,
    span_hex(parent_id) AS parent_span_id,
    name, span_kind,
    CAST(make_timestamp(start_ns // 1000) AS TIMESTAMPTZ) AS start_time,
    CAST(make_timestamp(end_ns // 1000) AS TIMESTAMPTZ) AS end_time,
    start_ns, end_ns, status_code, status_message, service_name,
    scope_name, scope_version, CAST(scope_attributes AS VARCHAR) AS scope_attributes,
    scope_schema_url,
    keys AS attribute_keys, vals AS attribute_values, attribute_types,
    CAST(events AS VARCHAR) AS events, CAST(links AS VARCHAR) AS links,
    trace_state, flags, dropped_attributes, dropped_events, dropped_links,
    resource.resource AS resource, resource_schema_url,
    CAST(CAST(make_timestamp(start_ns // 1000) AS DATE) AS VARCHAR) AS date
FROM staged
LEFT JOIN resource ON resource.resource_id = staged.resource_id
WHERE is_whole
