-- One row: a session (and one with `session_key` NULL, all together): the most calls in flight at
-- one moment. A call is in flight from its start up to, and without, its end.
WITH change AS (
    SELECT session_key, session_number, start_ns AS at_ns, 1 AS change FROM $rows
    UNION ALL
    SELECT session_key, session_number, coalesce(end_ns, start_ns), -1 FROM $rows
),
overall AS (
    SELECT
        at_ns, sum(change) OVER (ORDER BY at_ns, change ROWS UNBOUNDED PRECEDING) AS in_flight
    FROM change
),
in_session AS (
    SELECT
        session_key, at_ns,
        sum(change) OVER (PARTITION BY session_number ORDER BY at_ns, change
            ROWS UNBOUNDED PRECEDING) AS in_flight
    FROM change
)
SELECT
    CAST(NULL AS VARCHAR) AS session_key, CAST(max(in_flight) AS BIGINT) AS most_at_once,
    timestamp_of(greatest_by(at_ns, in_flight, -at_ns)) AS first_time
FROM overall
UNION ALL
SELECT
    session_key, CAST(max(in_flight) AS BIGINT),
    timestamp_of(greatest_by(at_ns, in_flight, -at_ns))
FROM in_session
GROUP BY session_key
ORDER BY session_key NULLS FIRST;
