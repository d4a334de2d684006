-- One row: a session, with how long it took and when it began.
SELECT
    session_key,
    milliseconds(max(coalesce(end_ns, start_ns)) - min(start_ns)) AS duration_ms,
    min(start_ns) AS start_ns
FROM resolved
GROUP BY session_key
ORDER BY session_key;
