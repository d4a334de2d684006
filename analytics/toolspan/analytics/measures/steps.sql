-- One row: a step of a workflow (or what `$by` groups by), in the order of the workflow.
WITH $interval,
$rates,
$latency,
place AS (
    SELECT $by, min(step_index) AS step_index, min(start_ns) AS first_ns
    FROM $rows
    GROUP BY $by
)
SELECT
    $by, step_index, n AS runs, errors, errors / nullif(ok + errors, 0) AS error_rate, sessions,
    mean_ms, p50_ms, p90_ms, p95_ms, p99_ms, max_ms,
    ok, error, tool_error, timeout, cancelled, interrupted, denied, abandoned,
    ok / nullif(ok + errors, 0) AS success_rate,
    wilson_low(p, effective_n, t) AS success_rate_low,
    wilson_high(p, effective_n, t) AS success_rate_high,
    p50_low_ms, p50_high_ms, p95_low_ms, p95_high_ms,
    duration_ms,
    $note AS note
FROM rates
LEFT JOIN success USING ($by)
LEFT JOIN latency USING ($by)
LEFT JOIN place USING ($by)
ORDER BY $by_first, step_index NULLS LAST, first_ns, $by;
