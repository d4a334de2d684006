-- One row: a log record that was kept, as a line of OTLP/JSON.
SELECT CAST(json_object('resourceLogs', [json_object(
    'resource', json_object('attributes', coalesce(CAST(resource AS JSON), CAST('[]' AS JSON))),
    'schemaUrl', resource_schema_url,
    'scopeLogs', [json_object(
        'scope', json_object(
            'name', scope_name, 'version', scope_version,
            'attributes', coalesce(CAST(scope_attributes AS JSON), CAST('[]' AS JSON))),
        'schemaUrl', scope_schema_url,
        'logRecords', [json_object(
            'timeUnixNano', CAST(time_ns AS VARCHAR),
            'observedTimeUnixNano', CAST(observed_ns AS VARCHAR),
            'severityNumber', severity_number, 'severityText', severity_text,
            'eventName', event_name, 'body', CAST(body AS JSON),
            'traceId', trace_id, 'spanId', span_id, 'flags', flags,
            'droppedAttributesCount', dropped_attributes,
            'attributes', list_transform(range(1, len(attribute_keys) + 1), lambda place:
                json_object(
                    'key', attribute_keys[place],
                    'value', CASE
                        WHEN attribute_types[place] IS NULL THEN CAST('{}' AS JSON)
                        -- What is no number (`NaN`) is a text in JSON.
                        WHEN attribute_types[place] IN ('array', 'kvlist', 'bool')
                            OR attribute_types[place] = 'double'
                                AND json_valid(attribute_values[place])
                            THEN json_object(attribute_types[place] || 'Value',
                                CAST(attribute_values[place] AS JSON))
                        ELSE json_object(
                            attribute_types[place] || 'Value', attribute_values[place])
                    END))
        )])])]) AS VARCHAR)
FROM read_parquet($files, hive_partitioning = false)
