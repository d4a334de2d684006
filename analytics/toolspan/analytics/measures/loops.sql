-- One row: three or more calls in a row, in one session, of one tool with the same arguments.
-- Neighbours are those of the whole session, whichever calls are looked at.
WITH call AS (
    SELECT
        *,
        tool_name = lag(tool_name) OVER calls AND arguments_hash = lag(arguments_hash) OVER calls
            AS is_like_previous,
        tool_name = lead(tool_name) OVER calls AND arguments_hash = lead(arguments_hash) OVER calls
            AS is_like_next
    FROM $rows
    WINDOW calls AS (PARTITION BY session_number ORDER BY start_ns, span_key)
),
-- Calls that are like none beside them are gone; each of the others begins or goes on with a streak.
numbered AS (
    SELECT
        *,
        sum(CASE WHEN is_like_previous THEN 0 ELSE 1 END) OVER (
            PARTITION BY session_number ORDER BY start_ns, span_key ROWS UNBOUNDED PRECEDING)
            AS streak
    FROM call
    WHERE is_like_previous OR is_like_next
)
SELECT
    min(session_id) AS session_id, session_key, tool_name, count(*) AS calls,
    count(CASE WHEN is_failure(outcome) THEN 1 END) AS errors,
    min(start_time) AS start_time, exact_total(duration_ms) AS duration_ms,
    min(agent_name) AS agent_name
FROM numbered
WHERE is_chosen
GROUP BY session_key, tool_name, streak
HAVING count(*) >= 3
ORDER BY calls DESC, session_key, start_time;
