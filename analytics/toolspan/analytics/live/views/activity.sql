-- One row: a stretch of the window and the calls that began in it.
SELECT (start_ns - $first_ns) // $stretch_ns AS stretch, count(*) AS calls,
    count(CASE WHEN is_failure(outcome) THEN 1 END) AS errors
FROM tool_call
WHERE NOT is_pseudo AND start_ns >= $first_ns AND start_ns < $last_ns
GROUP BY ALL
ORDER BY stretch;
