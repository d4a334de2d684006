-- One row: a call of one tool that is followed, in its session, by a call of another (or the same).
WITH step AS (
    SELECT
        session_key, tool_name AS from_tool, end_ns, outcome,
        lead(tool_name) OVER calls AS to_tool, lead(start_ns) OVER calls AS next_ns
    FROM $rows
    WINDOW calls AS (PARTITION BY session_key ORDER BY start_ns, span_key)
),
leaving AS (
    SELECT from_tool, count(*) AS leaving FROM step WHERE to_tool IS NOT NULL GROUP BY from_tool
)
SELECT
    from_tool, to_tool, count(*) AS count, count(DISTINCT session_key) AS sessions,
    count(*) / max(leaving) AS share,
    count(CASE WHEN is_failure(outcome) THEN 1 END) AS after_failure,
    exact_quantile(milliseconds(next_ns - end_ns), 0.5) AS p50_gap_ms
FROM step
JOIN leaving USING (from_tool)
WHERE to_tool IS NOT NULL
GROUP BY from_tool, to_tool
ORDER BY count DESC, from_tool, to_tool;
