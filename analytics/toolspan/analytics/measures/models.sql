-- One row: a model (or what `$by` groups by). Cost is what the calls report, never estimated; NULL
-- where none reports any.
WITH $rates,
$latency,
$busy
SELECT
    $by, n AS calls, $counts,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens,
    calls_with_usage, cost, calls_with_cost, duration_ms, session_time_ms,
    session_time_ms / nullif(all_sessions_ms, 0) AS session_time_share,
    first_time, last_time, $note
FROM latency
LEFT JOIN busy USING ($by)
CROSS JOIN whole
ORDER BY calls DESC, $by;
