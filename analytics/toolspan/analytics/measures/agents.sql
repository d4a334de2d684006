-- One row: an agent (or what `$by` groups by). Tool and LLM calls of an agent are those whose
-- nearest agent run is one of its runs; `own_ms` leaves out the agent runs directly below.
WITH $rates,
$latency,
$within,
$busy,
child AS (
    SELECT trace_key, parent_agent_run_key, start_ns, end_ns
    FROM agent_run_rows
    WHERE parent_agent_run_key IS NOT NULL
),
apart AS ($union_of_child),
own AS (
    SELECT $run_by, exact_total(run.duration_ms - coalesce(apart.union_ms, 0)) AS own_ms
    FROM run
    LEFT JOIN apart
        ON apart.trace_key = run.trace_key AND apart.parent_agent_run_key = run.span_key
    GROUP BY $run_by
)
SELECT
    $by, n AS runs, $counts,
    coalesce(tool_calls, 0) AS tool_calls, coalesce(tool_errors, 0) AS tool_errors,
    tool_ok / nullif(tool_ok + tool_errors, 0) AS tool_success_rate,
    coalesce(retried_calls, 0) AS retried_calls, coalesce(recovered_calls, 0) AS recovered_calls,
    recovered_calls / nullif(retried_calls, 0) AS recovery_rate,
    coalesce(wasted_retry_ms, 0) AS wasted_retry_ms,
    coalesce(fallback_calls, 0) AS fallback_calls, coalesce(rescued_calls, 0) AS rescued_calls,
    rescued_calls / nullif(fallback_calls, 0) AS rescue_rate, tool_cost,
    coalesce(llm_calls, 0) AS llm_calls, input_tokens, output_tokens, cost,
    duration_ms, own_ms, session_time_ms,
    session_time_ms / nullif(all_sessions_ms, 0) AS session_time_share,
    first_time, last_time, $note
FROM latency
LEFT JOIN tools USING ($by)
LEFT JOIN models USING ($by)
LEFT JOIN own USING ($by)
LEFT JOIN busy USING ($by)
CROSS JOIN whole
ORDER BY runs DESC, $by;
