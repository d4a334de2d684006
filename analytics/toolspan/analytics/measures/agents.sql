-- One row: an agent (or what `$by` groups by). Tool and LLM calls of an agent are those whose
-- nearest agent run is one of its runs; `own_ms` leaves out the agent runs directly below.
WITH $interval,
$rates,
$latency,
run AS (SELECT * FROM $rows),
tools AS (
    SELECT
        $run_by,
        count(*) AS tool_calls,
        count(CASE WHEN call.outcome = 'ok' THEN 1 END) AS tool_ok,
        count(CASE WHEN is_failure(call.outcome) THEN 1 END) AS tool_errors,
        exact_sum(call.cost) AS tool_cost
    FROM $calls AS call
    JOIN run ON run.trace_key = call.trace_key AND run.span_id = call.agent_run_id
    GROUP BY $run_by
),
models AS (
    SELECT
        $run_by,
        count(*) AS llm_calls,
        CAST(sum(call.input_tokens) AS BIGINT) AS input_tokens,
        CAST(sum(call.output_tokens) AS BIGINT) AS output_tokens,
        exact_sum(call.cost) AS cost
    FROM llm_call_rows AS call
    JOIN run ON run.trace_key = call.trace_key AND run.span_id = call.agent_run_id
    GROUP BY $run_by
),
child AS (
    SELECT trace_key, parent_agent_run_id, start_ns, end_ns
    FROM agent_run_rows
    WHERE parent_agent_run_id IS NOT NULL
),
below AS ($union_of_child),
own AS (
    SELECT $run_by, exact_total(run.duration_ms - coalesce(below.union_ms, 0)) AS own_ms
    FROM run
    LEFT JOIN below
        ON below.trace_key = run.trace_key AND below.parent_agent_run_id = run.span_id
    GROUP BY $run_by
)
SELECT
    $by, n AS runs, errors, errors / nullif(ok + errors, 0) AS error_rate, sessions,
    mean_ms, p50_ms, p90_ms, p95_ms, p99_ms, max_ms,
    ok, error, tool_error, timeout, cancelled, interrupted, denied, abandoned,
    ok / nullif(ok + errors, 0) AS success_rate,
    wilson_low(p, effective_n, t) AS success_rate_low,
    wilson_high(p, effective_n, t) AS success_rate_high,
    p50_low_ms, p50_high_ms, p95_low_ms, p95_high_ms,
    coalesce(tool_calls, 0) AS tool_calls, coalesce(tool_errors, 0) AS tool_errors,
    tool_ok / nullif(tool_ok + tool_errors, 0) AS tool_success_rate, tool_cost,
    coalesce(llm_calls, 0) AS llm_calls, input_tokens, output_tokens, cost,
    duration_ms, own_ms,
    $note AS note
FROM rates
LEFT JOIN success USING ($by)
LEFT JOIN latency USING ($by)
LEFT JOIN tools USING ($by)
LEFT JOIN models USING ($by)
LEFT JOIN own USING ($by)
ORDER BY runs DESC, $by;
