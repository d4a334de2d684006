-- `span` again from resolved spans: what each states itself, without what it inherited.
CREATE OR REPLACE TEMP TABLE stated AS
SELECT
    * EXCLUDE (
        depth, root_id, unit, tool_call_of, llm_call_of, above_llm_id, parent_unit_id,
        agent_run_id, step_id, workflow_run_id, agent_name, parent_agent_name, workflow_name,
        step_name, session_id, session_key, conversation_id, user_id, duration_ms, outcome)
    RENAME (
        own_agent_name AS agent_name, own_workflow_name AS workflow_name,
        own_step_name AS step_name, own_session_id AS session_id,
        own_conversation_id AS conversation_id, own_user_id AS user_id,
        own_outcome AS outcome)
FROM ($resolved);

CREATE OR REPLACE TEMP VIEW span AS SELECT * FROM stated;
