-- One row: a session that something happened in within the window, the latest first; its numbers are
-- those of all of it.
WITH latest AS (
    SELECT session_key, max(end_ns) AS end_ns
    FROM trace
    WHERE session_id IS NOT NULL OR units > 0
    GROUP BY session_key
    HAVING max(end_ns) >= $first_ns
    ORDER BY max(end_ns) DESC, session_key
    LIMIT $limit
),
calls AS (
    SELECT session_key, count(*) AS calls, count(CASE WHEN is_failure(outcome) THEN 1 END) AS errors
    FROM tool_call
    WHERE NOT is_pseudo AND session_key IN (SELECT session_key FROM latest)
    GROUP BY session_key
)
SELECT
    session_key, outcome, duration_ms, latest.end_ns,
    coalesce(calls, 0) AS calls, coalesce(errors, 0) AS errors, llm_calls, cost
FROM latest
JOIN (SELECT * FROM sessions WHERE session_key IN (SELECT session_key FROM latest)) AS session
    USING (session_key)
LEFT JOIN calls USING (session_key)
ORDER BY latest.end_ns DESC, session_key;
