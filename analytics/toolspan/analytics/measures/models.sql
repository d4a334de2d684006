-- One row: a model (or what `$by` groups by). Cost is what the calls report, never estimated; NULL
-- where none reports any.
WITH $interval,
$rates,
$latency,
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
    $by, n AS calls, errors, errors / nullif(ok + errors, 0) AS error_rate, sessions,
    mean_ms, p50_ms, p90_ms, p95_ms, p99_ms, max_ms,
    ok, error, tool_error, timeout, cancelled, interrupted, denied, abandoned,
    ok / nullif(ok + errors, 0) AS success_rate,
    wilson_low(p, effective_n, t) AS success_rate_low,
    wilson_high(p, effective_n, t) AS success_rate_high,
    p50_low_ms, p50_high_ms, p95_low_ms, p95_high_ms,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens,
    calls_with_usage, cost, calls_with_cost, duration_ms,
    $note AS note
FROM rates
LEFT JOIN success USING ($by)
LEFT JOIN latency USING ($by)
LEFT JOIN usage USING ($by)
ORDER BY calls DESC, $by;
