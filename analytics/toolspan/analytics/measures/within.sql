-- The tool calls and LLM calls that belong to runs (of agents, steps, workflows), for measures to
-- include: all calls of the chosen runs. Tokens and cost are those of the LLM calls, as reported.
run AS (SELECT * FROM $rows),
tools AS (
    SELECT
        $run_by,
        count(*) AS tool_calls,
        count(CASE WHEN call.outcome = 'ok' THEN 1 END) AS tool_ok,
        count(CASE WHEN is_failure(call.outcome) THEN 1 END) AS tool_errors,
        count(CASE WHEN call.is_retried THEN 1 END) AS retried_calls,
        count(CASE WHEN call.is_retried AND call.outcome = 'ok' THEN 1 END) AS recovered_calls,
        exact_total(call.wasted_retry_ms) AS wasted_retry_ms,
        count(call.fallback_from) AS fallback_calls,
        count(CASE WHEN call.fallback_from IS NOT NULL AND call.outcome = 'ok' THEN 1 END)
            AS rescued_calls,
        exact_sum(call.cost) AS tool_cost
    FROM $all_calls AS call
    JOIN run ON run.trace_key = call.trace_key AND run.span_key = call.$run_key
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
    JOIN run ON run.trace_key = call.trace_key AND run.span_key = call.$run_key
    GROUP BY $run_by
)
