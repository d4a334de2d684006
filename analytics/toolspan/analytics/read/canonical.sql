-- One row: a span, with the facts it states itself. Nothing is inherited yet, and a span that was
-- delivered twice is two rows.
WITH sound AS (
    SELECT
        staged.trace_id, staged.span_id,
        CASE WHEN staged.parent_id <> staged.span_id THEN staged.parent_id END AS parent_id,
        staged.name, staged.span_kind, staged.start_ns, staged.end_ns,
        staged.status_code, staged.status_message, staged.scope_name, staged.scope_version,
        staged.resource_id, staged.shape_id, shape.keys, staged.vals, staged.events,
        shape.* EXCLUDE (shape_id, keys), resource.* EXCLUDE (resource_id), $values
    FROM staged
    LEFT JOIN (SELECT shape_id, keys, $marks FROM shape) AS shape
        ON shape.shape_id = staged.shape_id
    LEFT JOIN (
        SELECT
            resource_id,
            attribute(resource_keys, resource_vals, 'service.name') AS service_name,
            $resource_values
        FROM resource
    ) AS resource ON resource.resource_id = staged.resource_id
    WHERE is_whole
),
spoken AS (
    SELECT *, $dialect AS dialect FROM sound
),
described AS (
    SELECT *, $kind AS own_kind FROM spoken
),
stated AS (
    SELECT
        trace_id, span_id, parent_id, name, span_kind, start_ns, end_ns, status_code,
        status_message, scope_name, scope_version, resource_id, shape_id, keys, vals,
        service_name, dialect, own_kind,
        $generic_kind AS generic_kind,
        $failed AS says_failed,
        -- Only failed spans with events are looked into; the last exception is the one that left.
        CASE WHEN status_code = 2 AND contains(events, 'exception.type') THEN list_filter(
            from_json(events, '[{"name": "VARCHAR", "attributes":
                [{"key": "VARCHAR", "value": {"stringValue": "VARCHAR"}}]}]'),
            lambda event: event.name = 'exception'
        )[-1].attributes END AS exception,
        $facts
    FROM described
),
kinds AS (
    SELECT
        * EXCLUDE (own_kind, generic_kind),
        CASE
            WHEN layer IS NOT NULL THEN 'tool'
            WHEN own_kind IS NOT NULL THEN own_kind
            WHEN generic_kind IS NOT NULL THEN generic_kind
            WHEN step_index IS NOT NULL THEN 'step'
        END AS kind
    FROM stated
)
SELECT
    * EXCLUDE (exception, error_type, error_message, arguments, result, arguments_hash),
    kind = 'tool' AND is_pseudo_tool(scope_name, tool_name) AS is_pseudo,
    coalesce(
        left(error_type, 100),
        list_filter(exception, lambda pair: pair.key = 'exception.type')[1].value.stringValue
    ) AS error_type,
    coalesce(
        status_message,
        list_filter(exception, lambda pair: pair.key = 'exception.message')[1].value.stringValue,
        error_message,
        -- Some emitters put the whole text where the type belongs.
        CASE WHEN len(error_type) > 64 OR contains(error_type, ' ') THEN error_type END
    ) AS error_message,
    CASE WHEN kind = 'tool' THEN arguments END AS arguments,
    CASE WHEN kind = 'tool' THEN result END AS result,
    -- Where the recorder gives no hash, equal arguments can be told by their own.
    CASE WHEN kind = 'tool' THEN coalesce(arguments_hash, 'md5:' || md5(arguments)) END
        AS arguments_hash
FROM kinds
