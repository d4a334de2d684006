-- One row: a workflow (or what `$by` groups by). `lost_roots` are traces that name the workflow but
-- whose own span never arrived; a workflow of which only such traces are known has a row too.
WITH $interval,
$rates,
$latency,
lost AS (
    SELECT workflow_name, count(*) AS lost_roots
    FROM trace
    WHERE has_lost_root
    GROUP BY workflow_name
)
SELECT
    $by, coalesce(n, 0) AS runs, coalesce(errors, 0) AS errors,
    errors / nullif(ok + errors, 0) AS error_rate, coalesce(sessions, 0) AS sessions,
    mean_ms, p50_ms, p90_ms, p95_ms, p99_ms, max_ms,
    ok, error, tool_error, timeout, cancelled, interrupted, denied, abandoned,
    ok / nullif(ok + errors, 0) AS success_rate,
    wilson_low(p, effective_n, t) AS success_rate_low,
    wilson_high(p, effective_n, t) AS success_rate_high,
    p50_low_ms, p50_high_ms, p95_low_ms, p95_high_ms,
    duration_ms, $lost_roots AS lost_roots,
    $note AS note
FROM rates
LEFT JOIN success USING ($by)
LEFT JOIN latency USING ($by)
$join_lost
ORDER BY runs DESC, $by;
