-- One row: a model (or what `$by` groups by). Cost is what the calls report, never estimated; NULL
-- where none reports any.
WITH $rates,
$latency,
$interval,
$busy,
usage AS (
    SELECT
        $by,
        CAST(sum(input_tokens) AS BIGINT) AS input_tokens,
        CAST(sum(output_tokens) AS BIGINT) AS output_tokens,
        CAST(sum(cache_read_tokens) AS BIGINT) AS cache_read_tokens,
        CAST(sum(cache_write_tokens) AS BIGINT) AS cache_write_tokens,
        CAST(sum(reasoning_tokens) AS BIGINT) AS reasoning_tokens,
        count(coalesce(input_tokens, output_tokens)) AS calls_with_usage,
        exact_sum(cost) AS cost,
        count(cost) AS calls_with_cost
    FROM $rows
    GROUP BY $by
)
SELECT
    $by, n AS calls, $counts,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens,
    calls_with_usage, cost, calls_with_cost, duration_ms, session_time_ms,
    session_time_ms / nullif(all_sessions_ms, 0) AS session_time_share,
    first_time, last_time, $note
FROM rates
LEFT JOIN success USING ($by)
LEFT JOIN latency USING ($by)
LEFT JOIN usage USING ($by)
LEFT JOIN busy USING ($by)
CROSS JOIN whole
ORDER BY calls DESC, $by;
