-- One row: a step of a workflow (or what `$by` groups by), in the order of the workflow.
WITH $rates,
$latency,
$within,
$busy
SELECT
    $by, step_index, n AS runs, $counts,
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
    first_time, last_time, $note
FROM latency
LEFT JOIN tools USING ($by)
LEFT JOIN models USING ($by)
LEFT JOIN busy USING ($by)
CROSS JOIN whole
ORDER BY $by_first, step_index NULLS LAST, first_ns, $by;
