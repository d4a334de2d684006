-- One row: two or more calls of one agent run, one after the other, between which the agent neither
-- thought (an LLM call, an agent below) nor had to wait for what it asked for (a fallback, the same
-- arguments again). At best they would have taken as long as the longest of them: an upper bound.
-- Calls of which any two overlap count as parallel already.
WITH event AS (
    SELECT
        trace_key, agent_run_key, start_ns, end_ns, span_key, session_key, session_id, agent_name,
        step_name, tool_name, duration_ms, fallback_from, arguments_hash,
        CAST(NULL AS BIGINT) AS thought_ns
    FROM $rows
    WHERE agent_run_key IS NOT NULL
    UNION ALL
    SELECT
        trace_key, parent_unit_key, start_ns, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
        NULL, start_ns
    FROM (
        SELECT trace_key, parent_unit_key, start_ns FROM llm_call_rows
        UNION ALL
        SELECT trace_key, parent_unit_key, start_ns FROM agent_run_rows
    )
    WHERE parent_unit_key IS NOT NULL
),
told AS (
    SELECT
        *,
        max(thought_ns) OVER (PARTITION BY trace_key, agent_run_key ORDER BY start_ns
            RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS last_thought_ns
    FROM event
),
call AS (
    SELECT
        *,
        CASE WHEN lag(start_ns) OVER calls IS NULL OR last_thought_ns > lag(start_ns) OVER calls
            OR fallback_from IS NOT NULL OR arguments_hash = lag(arguments_hash) OVER calls
            THEN 1 ELSE 0 END AS is_fresh
    FROM told
    WHERE span_key IS NOT NULL
    WINDOW calls AS (PARTITION BY trace_key, agent_run_key ORDER BY start_ns, span_key)
),
grouped AS (
    SELECT
        *,
        sum(is_fresh) OVER (PARTITION BY trace_key, agent_run_key ORDER BY start_ns, span_key
            ROWS UNBOUNDED PRECEDING) AS place
    FROM call
),
ordered AS (
    SELECT
        *,
        CASE WHEN lag(end_ns) OVER (PARTITION BY trace_key, agent_run_key, place
            ORDER BY start_ns, span_key) > start_ns THEN 1 ELSE 0 END AS is_overlapping
    FROM grouped
),
found AS (
    SELECT
        trace_key, agent_run_key, place, min(session_key) AS session_key,
        min(session_id) AS session_id, min(agent_name) AS agent_name, min(step_name) AS step_name,
        joined_in_order(tool_name, start_ns, span_key) AS tools, count(*) AS calls,
        exact_total(duration_ms) - max(duration_ms) AS saving_ms,
        timestamp_of(min(start_ns)) AS start_time, min(start_ns) AS first_ns
    FROM ordered
    GROUP BY trace_key, agent_run_key, place
    HAVING count(*) > 1 AND max(is_overlapping) = 0
)
SELECT
    session_id, session_key, agent_name, step_name, tools, calls, saving_ms, start_time
FROM found
ORDER BY saving_ms DESC, session_key, first_ns;
