-- One row: a session, the newest last.
WITH calls AS (
    SELECT
        session_key, count(*) AS tool_calls,
        count(CASE WHEN is_failure(outcome) THEN 1 END) AS failed_calls,
        count(DISTINCT tool_name) AS tools,
        exact_sum(cost) AS tool_cost
    FROM $all_calls
    GROUP BY session_key
),
runs AS (SELECT session_key, count(*) AS agent_runs FROM agent_run_rows GROUP BY session_key)
SELECT
    session_id, session_key, workflow_name, outcome, start_time, end_time, duration_ms, user_id,
    coalesce(tool_calls, 0) AS tool_calls, coalesce(failed_calls, 0) AS failed_calls,
    coalesce(tools, 0) AS tools, coalesce(agent_runs, 0) AS agent_runs, llm_calls,
    input_tokens, output_tokens, cost, llm_calls_with_cost, tool_cost, traces, spans
FROM $rows AS session
LEFT JOIN calls USING (session_key)
LEFT JOIN runs USING (session_key)
ORDER BY start_time, session_key;
