-- One row: a pair of tools in a session, where the second stood in for the first.
WITH call AS (
    SELECT
        session_key, tool_name, fallback_from, outcome, start_ns, duration_ms,
        -- What the first tool took before the second was asked.
        (SELECT max(first.duration_ms) FROM tool_call AS first
            WHERE first.session_key = tool_call.session_key
                AND first.tool_name = tool_call.fallback_from
                AND is_failure(first.outcome) AND first.start_ns <= tool_call.start_ns) AS lost_ms
    FROM tool_call
    WHERE NOT is_pseudo AND fallback_from IS NOT NULL
)
SELECT
    session_key, fallback_from AS asked, tool_name AS ran,
    count(*) AS used,
    count(CASE WHEN outcome = 'ok' THEN 1 END) AS rescued,
    coalesce(sum(lost_ms), 0) AS lost_ms
FROM call
GROUP BY ALL
ORDER BY ALL;
