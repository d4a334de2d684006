-- One row: a session (and one with `session_key` NULL, all together): the most calls in flight at
-- one moment. A call is in flight from its start up to, and without, its end.
WITH change AS (
    SELECT session_key, start_ns AS at_ns, 1 AS change FROM $rows
    UNION ALL
    SELECT session_key, coalesce(end_ns, start_ns), -1 FROM $rows
),
level AS (
    SELECT
        session_key, at_ns,
        sum(change) OVER (PARTITION BY session_key ORDER BY at_ns, change
            ROWS UNBOUNDED PRECEDING) AS in_session,
        sum(change) OVER (ORDER BY at_ns, change ROWS UNBOUNDED PRECEDING) AS overall
    FROM change
)
SELECT
    CAST(NULL AS VARCHAR) AS session_key, CAST(max(overall) AS BIGINT) AS most_at_once,
    timestamp_of(arg_min(at_ns, (-overall, at_ns))) AS first_time
FROM level
UNION ALL
SELECT
    session_key, CAST(max(in_session) AS BIGINT), timestamp_of(arg_min(at_ns, (-in_session, at_ns)))
FROM level
GROUP BY session_key
ORDER BY session_key NULLS FIRST;
