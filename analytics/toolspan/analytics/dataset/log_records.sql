-- One row: a log record as it was read, with the resource and the scope it stood below.
WITH resources AS (
    SELECT unnest(json_transform(logs, '[{
        "resource": {"attributes": "JSON"}, "schemaUrl": "VARCHAR",
        "scopeLogs": [{
            "scope": {"name": "VARCHAR", "version": "VARCHAR", "attributes": "JSON"},
            "schemaUrl": "VARCHAR",
            "logRecords": [{
                "timeUnixNano": "BIGINT", "observedTimeUnixNano": "BIGINT",
                "severityNumber": "INTEGER", "severityText": "VARCHAR",
                "eventName": "VARCHAR", "body": "JSON", "attributes": "JSON",
                "traceId": "VARCHAR", "spanId": "VARCHAR", "flags": "BIGINT",
                "droppedAttributesCount": "BIGINT"
            }]
        }]
    }]')) AS said
    FROM staged
    WHERE logs IS NOT NULL
),
scopes AS (
    SELECT
        CAST(said.resource.attributes AS VARCHAR) AS resource,
        list_filter(
            from_json(said.resource.attributes, '[{"key": "VARCHAR", "value": "JSON"}]'),
            lambda pair: pair.key = 'service.name')[1].value AS service,
        said.schemaUrl AS resource_schema_url, unnest(said.scopeLogs) AS said
    FROM resources
),
records AS (
    SELECT
        resource, resource_schema_url, json_extract_string(service, '$.*')[1] AS service_name,
        said.scope.name AS scope_name,
        said.scope.version AS scope_version,
        CAST(said.scope.attributes AS VARCHAR) AS scope_attributes,
        said.schemaUrl AS scope_schema_url, unnest(said.logRecords) AS record
    FROM scopes
),
timed AS (
    SELECT
        *, coalesce(nullif(record.timeUnixNano, 0), record.observedTimeUnixNano, 0) // 1000
            AS time_us,
        from_json(record.attributes, '[{"key": "VARCHAR", "value": "JSON"}]') AS pairs
    FROM records
    WHERE record IS NOT NULL
)
SELECT
    CAST(make_timestamp(time_us) AS TIMESTAMPTZ) AS time,
    record.timeUnixNano AS time_ns, record.observedTimeUnixNano AS observed_ns,
    record.eventName AS event_name, record.severityNumber AS severity_number,
    record.severityText AS severity_text, CAST(record.body AS VARCHAR) AS body,
    list_transform(pairs, lambda pair: coalesce(pair.key, '')) AS attribute_keys,
    list_transform(pairs, lambda pair: json_extract_string(pair.value, '$.*')[1])
        AS attribute_values,
    list_transform(pairs, lambda pair: replace(json_keys(pair.value)[1], 'Value', ''))
        AS attribute_types,
    record.traceId AS trace_id, record.spanId AS span_id, record.flags AS flags,
    record.droppedAttributesCount AS dropped_attributes,
    service_name, scope_name, scope_version, scope_attributes, scope_schema_url,
    resource, resource_schema_url,
    CAST(CAST(make_timestamp(time_us) AS DATE) AS VARCHAR) AS date
FROM timed
