-- One row: a tool (or what `$by` groups by).
WITH $interval,
$rates,
$latency,
retried AS (
    SELECT
        $by,
        CAST(sum(attempts) AS BIGINT) AS attempts,
        count(CASE WHEN is_retried THEN 1 END) AS retried_calls,
        count(CASE WHEN is_retried AND outcome = 'ok' THEN 1 END) AS recovered_calls,
        exact_total(wasted_retry_ms) AS wasted_retry_ms,
        count(fallback_from) AS fallback_calls,
        count(CASE WHEN fallback_from IS NOT NULL AND outcome = 'ok' THEN 1 END) AS rescued_calls,
        exact_sum(cost) AS cost,
        min(start_time) AS first_time, max(start_time) AS last_time
    FROM $rows
    GROUP BY $by
),
busy AS (
    SELECT $by, sum(union_ms) AS session_time_ms
    FROM ($union_of_session)
    GROUP BY $by
),
whole AS (SELECT sum(duration_ms) AS all_sessions_ms FROM $sessions)
SELECT
    $by, n AS calls, errors, errors / nullif(ok + errors, 0) AS error_rate, sessions,
    mean_ms, p50_ms, p90_ms, p95_ms, p99_ms, max_ms,
    ok, error, tool_error, timeout, cancelled, interrupted, denied, abandoned,
    ok / nullif(ok + errors, 0) AS success_rate,
    wilson_low(p, effective_n, t) AS success_rate_low,
    wilson_high(p, effective_n, t) AS success_rate_high,
    p50_low_ms, p50_high_ms, p95_low_ms, p95_high_ms,
    attempts, retried_calls, recovered_calls,
    recovered_calls / nullif(retried_calls, 0) AS recovery_rate, wasted_retry_ms,
    fallback_calls, rescued_calls, rescued_calls / nullif(fallback_calls, 0) AS rescue_rate,
    cost, duration_ms, session_time_ms,
    session_time_ms / nullif(all_sessions_ms, 0) AS session_time_share,
    first_time, last_time,
    $note AS note
FROM rates
LEFT JOIN success USING ($by)
LEFT JOIN latency USING ($by)
LEFT JOIN retried USING ($by)
LEFT JOIN busy USING ($by)
CROSS JOIN whole
ORDER BY calls DESC, $by;
