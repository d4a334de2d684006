-- One row: a logical tool call (framework plumbing included, and marked).
WITH part AS (
    -- The other descriptions of the same call: which layer each is, and how the last request ended.
    SELECT
        trace_id, tool_call_of AS call_id,
        arg_max(duration_ms, end_ns) FILTER (side = 'client') AS client_ms,
        arg_max(duration_ms, end_ns) FILTER (side = 'server') AS server_ms,
        arg_max(outcome, depth) FILTER (has_failed) AS failed_outcome,
        arg_max(error_type, depth) FILTER (has_failed) AS failed_type,
        arg_max(error_message, depth) FILTER (has_failed) AS failed_message,
        -- A server is called what it calls itself, else by its service, else by its address.
        coalesce(min(mcp_server), min(service_name) FILTER (side = 'server'), min(mcp_address))
            AS mcp_server
    FROM (
        SELECT
            *,
            -- Requests before the last one were retried; within it the innermost span knows best.
            is_failure(outcome) AND start_ns >= coalesce(
                max(CASE WHEN side = 'client' THEN start_ns END)
                    OVER (PARTITION BY trace_id, tool_call_of), 0) AS has_failed
        FROM (
            SELECT *, layer_of(layer, mcp_method, span_kind) AS side
            FROM resolved
            WHERE kind = 'tool' AND unit IS NULL AND coalesce(layer, '') <> 'attempt'
                AND tool_call_of IS NOT NULL
        )
    )
    GROUP BY ALL
),
tries AS (
    SELECT
        trace_id, call_id, count(*) AS attempts,
        sum(CASE WHEN outcome = 'ok' THEN 0 ELSE duration_ms END) AS lost_ms,
        sum(greatest(0, waited_ms)) AS waited_ms
    FROM attempt
    GROUP BY ALL
),
call AS (
    SELECT
        call.*,
        part.client_ms AS part_client_ms, part.server_ms AS part_server_ms,
        part.mcp_server AS part_mcp_server,
        -- A failure that only an inner layer saw (MCP `isError`) is the call's, unless the
        -- emitter states how the call ended.
        call.own_outcome IS NULL AND call.outcome = 'ok' AND part.failed_outcome IS NOT NULL
            AS failed_inside,
        part.failed_outcome, part.failed_type, part.failed_message,
        CAST(greatest(1, coalesce(tries.attempts, 1), coalesce(call.attempt_count, 1)) AS INTEGER)
            AS attempts,
        CASE WHEN tries.attempts > 1 THEN tries.lost_ms + tries.waited_ms ELSE 0 END
            AS wasted_retry_ms
    FROM resolved AS call
    LEFT JOIN part ON part.trace_id = call.trace_id AND part.call_id = call.span_id
    LEFT JOIN tries ON tries.trace_id = call.trace_id AND tries.call_id = call.span_id
    WHERE call.unit IN ('tool', 'pseudo')
)
SELECT
    trace_id, span_id, parent_unit_id, agent_run_id, step_id, workflow_run_id,
    coalesce(tool_name, name) AS tool_name, is_pseudo,
    agent_name, workflow_name, step_name, session_id, session_key, conversation_id, user_id,
    start_ns, end_ns, duration_ms,
    CASE WHEN failed_inside THEN failed_outcome ELSE outcome END AS outcome,
    CASE
        WHEN failed_inside THEN coalesce(failed_type, error_type_for(failed_outcome))
        WHEN is_failure(outcome) THEN coalesce(error_type, error_type_for(outcome))
    END AS error_type,
    CASE WHEN failed_inside THEN failed_message ELSE error_message END AS error_message,
    attempts, attempts > 1 AS is_retried, CAST(wasted_retry_ms AS DOUBLE) AS wasted_retry_ms,
    fallback_from, fallback_position,
    CASE WHEN layer_of(layer, mcp_method, span_kind) = 'client' OR
            (mcp_method IS NOT NULL AND span_kind = 3) THEN duration_ms
        ELSE part_client_ms END AS client_ms,
    CASE WHEN layer_of(layer, mcp_method, span_kind) = 'server' OR
            (mcp_method IS NOT NULL AND span_kind = 2) THEN duration_ms
        ELSE part_server_ms END AS server_ms,
    coalesce(mcp_server, part_mcp_server,
        CASE WHEN mcp_method IS NOT NULL THEN mcp_address END) AS mcp_server,
    tool_call_id, arguments_hash, arguments, result,
    tool_cost AS cost, tool_cost_currency AS cost_currency,
    service_name, scope_name, dialect, retried_as, retry_of
FROM call
