-- One row: a stretch of time (minute to month, `$every`) in which calls began. `growth` is the
-- number of calls over that of the stretch before, less one; NULL where that had none.
WITH call AS (SELECT *, time_bucket_of('$every', start_time) AS time FROM $rows),
change AS (
    SELECT start_ns AS at_ns, 1 AS change FROM call
    UNION ALL
    SELECT coalesce(end_ns, start_ns), -1 FROM call
),
level AS (
    SELECT
        time_bucket_of('$every', timestamp_of(at_ns)) AS time, change,
        sum(change) OVER (ORDER BY at_ns, change ROWS UNBOUNDED PRECEDING) AS level
    FROM change
),
busy AS (
    -- Also those that were in flight when the stretch began.
    SELECT time, CAST(max(greatest(level, level - change)) AS BIGINT) AS most_at_once
    FROM level
    GROUP BY time
),
stretch AS (
    SELECT
        time,
        count(*) AS calls,
        count(CASE WHEN is_failure(outcome) THEN 1 END) AS errors,
        count(CASE WHEN is_failure(outcome) THEN 1 END)
            / nullif(count(counted_ms(outcome, 0)), 0) AS error_rate,
        count(DISTINCT session_key) AS sessions,
        exact_quantile(counted_ms(outcome, duration_ms), 0.5) AS p50_ms,
        exact_quantile(counted_ms(outcome, duration_ms), 0.95) AS p95_ms,
        exact_sum(cost) AS cost
    FROM call
    GROUP BY time
)
SELECT
    stretch.*, busy.most_at_once,
    calls / nullif(CASE
        WHEN lag(time) OVER (ORDER BY time) = time_bucket_before('$every', time)
            THEN lag(calls) OVER (ORDER BY time)
    END, 0) - 1 AS growth
FROM stretch
LEFT JOIN busy USING (time)
ORDER BY time;
