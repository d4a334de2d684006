-- One row: a call that failed, the newest first.
SELECT tool_name, agent_name, session_key, outcome, error_type, error_message, duration_ms, start_ns,
    end_ns
FROM tool_call
WHERE NOT is_pseudo AND is_failure(outcome) AND start_ns >= $first_ns
ORDER BY coalesce(end_ns, start_ns) DESC, span_id
LIMIT $limit;
