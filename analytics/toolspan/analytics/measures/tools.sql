-- One row: a tool (or what `$by` groups by).
WITH $rates,
$latency,
$busy
SELECT
    $by, n AS calls, $counts,
    attempts, retried_calls, recovered_calls,
    recovered_calls / nullif(retried_calls, 0) AS recovery_rate, wasted_retry_ms,
    fallback_calls, rescued_calls, rescued_calls / nullif(fallback_calls, 0) AS rescue_rate,
    cost, calls_with_cost, duration_ms, session_time_ms,
    session_time_ms / nullif(all_sessions_ms, 0) AS session_time_share,
    first_time, last_time, $note
FROM latency
LEFT JOIN busy USING ($by)
CROSS JOIN whole
ORDER BY calls DESC, $by;
