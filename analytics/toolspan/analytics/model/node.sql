-- One row: a span with the little of it that decides about its place.
CREATE OR REPLACE TEMP $form node AS
SELECT
    trace_id, span_id, parent_id, start_ns, end_ns, kind, span_kind, layer, mcp_method,
    tool_name, agent_name, workflow_name, step_name, session_id, conversation_id, user_id
FROM span;
