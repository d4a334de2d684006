-- One row: a tool call.
SELECT
    session_key, tool_name, outcome = 'ok' AS is_ok, is_failure(outcome) AS has_failed,
    duration_ms
FROM tool_call
WHERE NOT is_pseudo
ORDER BY session_key, start_ns, span_id;
