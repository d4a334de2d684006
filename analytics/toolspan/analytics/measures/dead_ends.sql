-- One row: a tool whose call was the last of `sessions` that failed, out of `ended_sessions` of
-- which it was the last call and that ended ok or failed.
SELECT
    $and_by tool_name,
    count(CASE WHEN is_failure(session.outcome) THEN 1 END) AS sessions,
    count(CASE WHEN session.outcome = 'ok' OR is_failure(session.outcome) THEN 1 END)
        AS ended_sessions,
    count(CASE WHEN is_failure(session.outcome) THEN 1 END)
        / nullif(count(CASE WHEN session.outcome = 'ok' OR is_failure(session.outcome) THEN 1 END), 0)
        AS share,
    count(CASE WHEN is_failure(session.outcome) AND is_failure(call.outcome) THEN 1 END)
        AS after_failure,
    min(CASE WHEN is_failure(session.outcome) THEN session_key END) AS example_session_key
FROM (
    SELECT
        *,
        row_number() OVER (PARTITION BY session_number ORDER BY start_ns DESC, span_key DESC)
            AS place
    FROM $rows
) AS call
JOIN sessions AS session USING (session_key)
WHERE place = 1 AND is_chosen
GROUP BY $and_by tool_name
HAVING count(CASE WHEN is_failure(session.outcome) THEN 1 END) > 0
ORDER BY sessions DESC, $and_by tool_name;
