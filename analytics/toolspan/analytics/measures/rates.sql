-- How things ended and how long they took, for measures to include: one row of `rates` is one of
-- `$by`. Percentiles and `max_ms` are over what ended ok or failed. `$ranked` is
-- the length that percentiles are of, exact or by its bucket; `$also` are more aggregates.
told AS (
    SELECT
        $by,
        count(*) AS n,
        count(CASE WHEN outcome = 'ok' THEN 1 END) AS ok,
        count(CASE WHEN outcome = 'error' THEN 1 END) AS error,
        count(CASE WHEN outcome = 'tool_error' THEN 1 END) AS tool_error,
        count(CASE WHEN outcome = 'timeout' THEN 1 END) AS timeout,
        count(CASE WHEN outcome = 'cancelled' THEN 1 END) AS cancelled,
        count(CASE WHEN outcome = 'interrupted' THEN 1 END) AS interrupted,
        count(CASE WHEN outcome = 'denied' THEN 1 END) AS denied,
        count(CASE WHEN outcome = 'abandoned' THEN 1 END) AS abandoned,
        count(CASE WHEN is_failure(outcome) THEN 1 END) AS errors,
        exact_mean(length_ms) AS mean_ms,
        max(length_ms) AS max_ms,
        sorted_values($ranked) AS lengths,
        exact_total(duration_ms) AS duration_ms,
        $also
        timestamp_of(min(start_ns)) AS first_time, timestamp_of(max(start_ns)) AS last_time
    FROM $rows
    GROUP BY $by
),
rates AS (
    SELECT
        *,
        quantile_of(lengths, 0.5) AS p50_ms, quantile_of(lengths, 0.9) AS p90_ms,
        quantile_of(lengths, 0.95) AS p95_ms, quantile_of(lengths, 0.99) AS p99_ms
    FROM told
)
