-- One row: a workflow (or what `$by` groups by). `lost_roots` are traces that name the workflow but
-- whose own span never arrived; a workflow of which only such traces are known has a row too.
WITH $rates,
$latency,
$within,
$busy,
lost AS (
    SELECT workflow_name AS key_1, count(*) AS lost_roots
    FROM $traces
    WHERE has_lost_root
    GROUP BY workflow_name
)
SELECT
    $by, coalesce(n, 0) AS runs, $counts,
    coalesce(tool_calls, 0) AS tool_calls, coalesce(tool_errors, 0) AS tool_errors,
    tool_ok / nullif(tool_ok + tool_errors, 0) AS tool_success_rate,
    coalesce(retried_calls, 0) AS retried_calls, coalesce(recovered_calls, 0) AS recovered_calls,
    recovered_calls / nullif(retried_calls, 0) AS recovery_rate,
    coalesce(wasted_retry_ms, 0) AS wasted_retry_ms,
    coalesce(fallback_calls, 0) AS fallback_calls, coalesce(rescued_calls, 0) AS rescued_calls,
    rescued_calls / nullif(fallback_calls, 0) AS rescue_rate, tool_cost,
    coalesce(llm_calls, 0) AS llm_calls, input_tokens, output_tokens, cost,
    duration_ms, session_time_ms,
    session_time_ms / nullif(all_sessions_ms, 0) AS session_time_share,
    $lost_roots AS lost_roots, first_time, last_time, $note
FROM latency
LEFT JOIN tools USING ($by)
LEFT JOIN models USING ($by)
LEFT JOIN busy USING ($by)
$join_lost
CROSS JOIN whole
ORDER BY runs DESC, $by;
