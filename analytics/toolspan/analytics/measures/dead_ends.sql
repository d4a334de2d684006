-- One row: a tool whose call was the last of sessions that failed.
SELECT tool_name, count(*) AS sessions, min(session_key) AS example_session_key
FROM (
    SELECT
        session_key, tool_name,
        row_number() OVER (PARTITION BY session_key ORDER BY start_ns DESC, span_key DESC) AS place
    FROM $rows
) AS call
JOIN $sessions AS session USING (session_key)
WHERE place = 1 AND is_failure(session.outcome)
GROUP BY tool_name
ORDER BY sessions DESC, tool_name;
