-- One row: two tools called one after the other in a session.
WITH call AS (
    SELECT
        CAST($unit AS VARCHAR) AS unit_key, tool_name,
        lead(tool_name) OVER (PARTITION BY $unit ORDER BY start_ns, span_id) AS next_tool
    FROM tool_call
    WHERE NOT is_pseudo
)
SELECT unit_key, tool_name, next_tool, count(*) AS calls
FROM call
WHERE next_tool IS NOT NULL
GROUP BY ALL
ORDER BY ALL;
