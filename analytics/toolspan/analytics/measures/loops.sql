-- One row: three or more calls in a row, in one session, of one tool with the same arguments.
-- Neighbours are those of the whole session, whichever calls are looked at.
WITH call AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY session_key ORDER BY start_ns, span_key)
        - row_number() OVER (
            PARTITION BY session_key, tool_name, arguments_hash ORDER BY start_ns, span_key)
            AS streak
    FROM $rows
)
SELECT
    min(session_id) AS session_id, session_key, tool_name, count(*) AS calls,
    count(CASE WHEN is_failure(outcome) THEN 1 END) AS errors,
    min(start_time) AS start_time, exact_total(duration_ms) AS duration_ms,
    min(agent_name) AS agent_name
FROM call
WHERE arguments_hash IS NOT NULL AND is_chosen
GROUP BY session_key, tool_name, arguments_hash, streak
HAVING count(*) >= 3
ORDER BY calls DESC, session_key, start_time;
