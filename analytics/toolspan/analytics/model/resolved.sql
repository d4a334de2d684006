-- One row: a span with everything it states or inherits; all other tables are cut from this one.
-- The columns `own_*` keep what the span itself says where something else may be inherited.
WITH trace_says AS (
    -- What a span of the trace says, where neither the span nor those above it say anything.
    SELECT
        trace_id,
        arg_min(session_id, (start_ns, span_id)) FILTER (session_id IS NOT NULL) AS session_id,
        arg_min(conversation_id, (start_ns, span_id)) FILTER (conversation_id IS NOT NULL)
            AS conversation_id,
        arg_min(user_id, (start_ns, span_id)) FILTER (user_id IS NOT NULL) AS user_id
    FROM node
    GROUP BY trace_id
)
SELECT
    span.* RENAME (
        agent_name AS own_agent_name, workflow_name AS own_workflow_name,
        step_name AS own_step_name, session_id AS own_session_id,
        conversation_id AS own_conversation_id, user_id AS own_user_id,
        outcome AS own_outcome),
    context.depth, context.root_id, context.tool_call_of, context.llm_call_of,
    context.above_llm_id, context.parent_unit_id, context.agent_run_id, context.step_id,
    context.workflow_run_id,
    CASE WHEN unit = 'tool' AND is_pseudo THEN 'pseudo' ELSE unit END AS unit,
    CASE WHEN unit = 'agent' THEN coalesce(span.agent_name, '(unnamed)')
        ELSE coalesce(in_agent, span.agent_name, stamped_agent) END AS agent_name,
    CASE WHEN unit = 'agent' THEN in_agent END AS parent_agent_name,
    CASE WHEN unit = 'workflow' THEN coalesce(span.workflow_name, span.name)
        ELSE coalesce(in_workflow, span.workflow_name, stamped_workflow) END AS workflow_name,
    CASE WHEN unit = 'step' THEN coalesce(span.step_name, span.name)
        ELSE coalesce(in_step, stamped_step) END AS step_name,
    coalesce(context.session_id, trace_says.session_id,
        context.conversation_id, trace_says.conversation_id) AS session_id,
    coalesce(context.session_id, trace_says.session_id,
        context.conversation_id, trace_says.conversation_id,
        trace_hex(span.trace_id)) AS session_key,
    coalesce(context.conversation_id, trace_says.conversation_id) AS conversation_id,
    coalesce(span.user_id, trace_says.user_id) AS user_id,
    milliseconds(greatest(0, span.end_ns - span.start_ns)) AS duration_ms,
    outcome_of(span.outcome, status_code, error_type, says_failed, span.end_ns) AS outcome
FROM span
JOIN context ON context.trace_id = span.trace_id AND context.span_id = span.span_id
JOIN trace_says ON trace_says.trace_id = span.trace_id
