-- One row: what a trace adds to a session; nearly always a trace has one session.
--
-- Tokens are summed over LLM calls. Only where no LLM call of the trace reports any, the outermost
-- agent runs' own numbers stand in: elsewhere they repeat what their calls say.
--
-- What spans are ordered by is made one value first: the engine makes it of several for each
-- aggregate again.
WITH calls AS (
    SELECT
        trace_id, session_key,
        sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
        exact_sum(cost) AS cost, count(cost) AS llm_calls_with_cost, count(*) AS llm_calls
    FROM llm_call
    GROUP BY trace_id, session_key
)
SELECT
    resolved.trace_id,
    arg_min(session_id, in_order) AS session_id,
    resolved.session_key,
    arg_min(conversation_id, in_order) AS conversation_id,
    arg_min(user_id, in_order) AS user_id,
    arg_min(service_name, top_first) AS service_name,
    arg_min(workflow_name, top_first) FILTER (workflow_name IS NOT NULL) AS workflow_name,
    arg_min(outcome, top_first) FILTER (unit = 'workflow') AS workflow_outcome,
    arg_min(outcome, top_first) FILTER (unit = 'agent' AND agent_run_id IS NULL)
        AS agent_outcome,
    -- A workflow is named, but its own span never arrived.
    count(*) FILTER (unit = 'workflow') = 0 AND bool_or(stamped_workflow IS NOT NULL)
        AS has_lost_root,
    min(start_ns) AS start_ns,
    max(coalesce(end_ns, start_ns)) AS end_ns,
    count(*) AS spans,
    count(unit) AS units,
    any_value(calls.llm_calls) AS llm_calls,
    CAST(coalesce(any_value(calls.input_tokens),
        sum(resolved.input_tokens) FILTER (unit = 'agent' AND agent_run_id IS NULL)) AS BIGINT)
        AS input_tokens,
    CAST(coalesce(any_value(calls.output_tokens),
        sum(resolved.output_tokens) FILTER (unit = 'agent' AND agent_run_id IS NULL)) AS BIGINT)
        AS output_tokens,
    coalesce(any_value(calls.cost),
        exact_sum(CASE WHEN unit = 'agent' AND agent_run_id IS NULL THEN resolved.cost END))
        AS cost,
    coalesce(any_value(calls.llm_calls_with_cost), 0) AS llm_calls_with_cost
FROM (
    SELECT *, in_order_of(start_ns, span_id) AS in_order,
        top_first_of(depth, start_ns, span_id) AS top_first
    FROM resolved
) AS resolved
LEFT JOIN calls
    ON calls.trace_id = resolved.trace_id AND calls.session_key = resolved.session_key
GROUP BY resolved.trace_id, resolved.session_key
