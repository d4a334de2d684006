-- One row: an LLM call, where none of them is described by more than one span: the same as
-- `llm_call.sql` gives, without looking for what is nested.
SELECT
    trace_id, span_id, parent_unit_id, agent_run_id, step_id, workflow_run_id,
    model, provider, agent_name, workflow_name, step_name,
    session_id, session_key, conversation_id, user_id,
    start_ns, end_ns, duration_ms, outcome,
    CASE WHEN is_failure(outcome) THEN coalesce(error_type, error_type_for(outcome)) END
        AS error_type,
    error_message,
    input_tokens, output_tokens,
    -- Details of what is not told at all count for nothing.
    CASE WHEN has_tokens THEN cache_read_tokens END AS cache_read_tokens,
    CASE WHEN has_tokens THEN cache_write_tokens END AS cache_write_tokens,
    CASE WHEN has_tokens THEN reasoning_tokens END AS reasoning_tokens,
    CAST(CAST(round(cost * 1e12) AS HUGEINT) AS DOUBLE) / 1e12 AS cost,
    CASE WHEN cost IS NOT NULL THEN cost_currency END AS cost_currency,
    service_name, scope_name, dialect
FROM (
    SELECT *, coalesce(input_tokens, output_tokens) IS NOT NULL AS has_tokens
    FROM resolved
    WHERE unit = 'llm'
)
