-- One row: an LLM call, the outermost of nested LLM spans. Tokens and cost are those of the deepest
-- spans that report any: instrumentations that nest all report the same ones.
WITH RECURSIVE span_of AS (
    SELECT
        trace_id, span_id, llm_call_of, above_llm_id, depth, model, provider,
        input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens,
        cost, cost_currency,
        coalesce(input_tokens, output_tokens) IS NOT NULL AS has_tokens,
        cost IS NOT NULL AS has_cost
    FROM resolved
    WHERE kind = 'llm' AND llm_call_of IS NOT NULL
),
covered AS (
    SELECT trace_id, above_llm_id AS span_id, has_tokens, has_cost
    FROM span_of
    WHERE above_llm_id IS NOT NULL AND (has_tokens OR has_cost)
    UNION
    SELECT covered.trace_id, span_of.above_llm_id, covered.has_tokens, covered.has_cost
    FROM covered
    JOIN span_of ON span_of.trace_id = covered.trace_id AND span_of.span_id = covered.span_id
    WHERE span_of.above_llm_id IS NOT NULL
),
counted AS (
    SELECT
        span_of.*,
        span_of.has_tokens AND NOT coalesce(below.has_tokens, false) AS counts_tokens,
        span_of.has_cost AND NOT coalesce(below.has_cost, false) AS counts_cost
    FROM span_of
    LEFT JOIN (
        SELECT trace_id, span_id, bool_or(has_tokens) AS has_tokens, bool_or(has_cost) AS has_cost
        FROM covered
        GROUP BY ALL
    ) AS below ON below.trace_id = span_of.trace_id AND below.span_id = span_of.span_id
),
usage AS (
    SELECT
        trace_id, llm_call_of,
        arg_max(model, (counts_tokens, depth, span_id)) FILTER (model IS NOT NULL) AS model,
        arg_max(provider, (counts_tokens, depth, span_id)) FILTER (provider IS NOT NULL)
            AS provider,
        CAST(sum(input_tokens) FILTER (counts_tokens) AS BIGINT) AS input_tokens,
        CAST(sum(output_tokens) FILTER (counts_tokens) AS BIGINT) AS output_tokens,
        CAST(sum(cache_read_tokens) FILTER (counts_tokens) AS BIGINT) AS cache_read_tokens,
        CAST(sum(cache_write_tokens) FILTER (counts_tokens) AS BIGINT) AS cache_write_tokens,
        CAST(sum(reasoning_tokens) FILTER (counts_tokens) AS BIGINT) AS reasoning_tokens,
        exact_sum(CASE WHEN counts_cost THEN cost END) AS cost,
        min(cost_currency) FILTER (counts_cost) AS cost_currency
    FROM counted
    GROUP BY ALL
)
SELECT
    call.trace_id, call.span_id, call.parent_unit_id, call.agent_run_id, call.step_id,
    call.workflow_run_id, usage.model, usage.provider,
    call.agent_name, call.workflow_name, call.step_name,
    call.session_id, call.session_key, call.conversation_id, call.user_id,
    call.start_ns, call.end_ns, call.duration_ms, call.outcome,
    CASE WHEN is_failure(call.outcome) THEN coalesce(call.error_type, error_type_for(call.outcome))
    END AS error_type,
    call.error_message,
    usage.input_tokens, usage.output_tokens, usage.cache_read_tokens, usage.cache_write_tokens,
    usage.reasoning_tokens, usage.cost, usage.cost_currency,
    call.service_name, call.scope_name, call.dialect
FROM resolved AS call
JOIN usage ON usage.trace_id = call.trace_id AND usage.llm_call_of = call.span_id
WHERE call.unit = 'llm'
