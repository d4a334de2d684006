-- `resolved` of what is stored of it; the list of a span's keys stands once for all that have it.
SELECT
    stored.* EXCLUDE (repeats) REPLACE (
        CASE WHEN repeats & 1 > 0 THEN session_id ELSE own_session_id END AS own_session_id,
        CASE WHEN repeats & 2 > 0 THEN user_id ELSE own_user_id END AS own_user_id,
        CASE WHEN repeats & 4 > 0 THEN conversation_id ELSE own_conversation_id END AS own_conversation_id,
        CASE WHEN repeats & 8 > 0 THEN agent_name ELSE own_agent_name END AS own_agent_name,
        CASE WHEN repeats & 16 > 0 THEN workflow_name ELSE own_workflow_name END AS own_workflow_name,
        CASE WHEN repeats & 32 > 0 THEN step_name ELSE own_step_name END AS own_step_name,
        CASE WHEN repeats & 64 > 0 THEN agent_name ELSE stamped_agent END AS stamped_agent,
        CASE WHEN repeats & 128 > 0 THEN workflow_name ELSE stamped_workflow END AS stamped_workflow,
        CASE WHEN repeats & 256 > 0 THEN step_name ELSE stamped_step END AS stamped_step),
    coalesce(session_id, trace_hex(trace_id)) AS session_key,
    milliseconds(greatest(0, end_ns - start_ns)) AS duration_ms,
    shape.keys
FROM ($stored) AS stored
LEFT JOIN (SELECT shape_id, any_value(keys) AS keys FROM shape GROUP BY shape_id) AS shape
    ON shape.shape_id = stored.shape_id
