-- One row: a stretch of time (minute to month, `$every`) in which calls began (of one of `$by`).
-- `growth` is the number of calls over that of the stretch before, less one; NULL where that had none.
WITH $rates,
$latency,
change AS (
    SELECT $and_by start_ns AS at_ns, 1 AS change FROM $rows
    UNION ALL
    SELECT $and_by coalesce(end_ns, start_ns), -1 FROM $rows
),
level AS (
    SELECT
        $and_by at_ns, change, time_bucket_of('$every', timestamp_of(at_ns)) AS time,
        sum(change) OVER ($partition ORDER BY at_ns, change ROWS UNBOUNDED PRECEDING) AS level
    FROM change
),
-- The most at once: also those that were in flight when the stretch began.
busy AS (
    SELECT
        $by,
        CAST(max(CASE WHEN change < 0 AND at_ns > ns_of(time) THEN level - change ELSE level END)
            AS BIGINT) AS most_at_once
    FROM level
    GROUP BY $by
)
SELECT
    $by, n AS calls,
    n / nullif(CASE
        WHEN lag(time) OVER ($partition ORDER BY time) = time_bucket_before('$every', time)
            THEN lag(n) OVER ($partition ORDER BY time)
    END, 0) - 1 AS growth,
    $counts, greatest(0, most_at_once) AS most_at_once, cost, duration_ms, $note
FROM latency
LEFT JOIN busy USING ($by)
ORDER BY $by;
