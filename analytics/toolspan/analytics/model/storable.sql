-- `resolved` as it is stored: without what can be told from the rest. What a span states and what it
-- inherits is mostly the same; `repeats` has a bit for each statement that is left out for that.
SELECT
    * EXCLUDE (keys, session_key, duration_ms) REPLACE (
        CASE WHEN own_session_id IS DISTINCT FROM session_id THEN own_session_id END AS own_session_id,
        CASE WHEN own_user_id IS DISTINCT FROM user_id THEN own_user_id END AS own_user_id,
        CASE WHEN own_conversation_id IS DISTINCT FROM conversation_id THEN own_conversation_id END AS own_conversation_id,
        CASE WHEN own_agent_name IS DISTINCT FROM agent_name THEN own_agent_name END AS own_agent_name,
        CASE WHEN own_workflow_name IS DISTINCT FROM workflow_name THEN own_workflow_name END AS own_workflow_name,
        CASE WHEN own_step_name IS DISTINCT FROM step_name THEN own_step_name END AS own_step_name,
        CASE WHEN stamped_agent IS DISTINCT FROM agent_name THEN stamped_agent END AS stamped_agent,
        CASE WHEN stamped_workflow IS DISTINCT FROM workflow_name THEN stamped_workflow END AS stamped_workflow,
        CASE WHEN stamped_step IS DISTINCT FROM step_name THEN stamped_step END AS stamped_step),
    CAST(CASE WHEN own_session_id IS NOT DISTINCT FROM session_id THEN 1 ELSE 0 END
    + CASE WHEN own_user_id IS NOT DISTINCT FROM user_id THEN 2 ELSE 0 END
    + CASE WHEN own_conversation_id IS NOT DISTINCT FROM conversation_id THEN 4 ELSE 0 END
    + CASE WHEN own_agent_name IS NOT DISTINCT FROM agent_name THEN 8 ELSE 0 END
    + CASE WHEN own_workflow_name IS NOT DISTINCT FROM workflow_name THEN 16 ELSE 0 END
    + CASE WHEN own_step_name IS NOT DISTINCT FROM step_name THEN 32 ELSE 0 END
    + CASE WHEN stamped_agent IS NOT DISTINCT FROM agent_name THEN 64 ELSE 0 END
    + CASE WHEN stamped_workflow IS NOT DISTINCT FROM workflow_name THEN 128 ELSE 0 END
    + CASE WHEN stamped_step IS NOT DISTINCT FROM step_name THEN 256 ELSE 0 END AS USMALLINT) AS repeats
FROM ($resolved)
