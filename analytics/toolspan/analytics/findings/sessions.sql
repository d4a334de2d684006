-- One row: a session (or a trace, where feedback is per trace): what makes it comparable to others.
-- $unit is the column it is known by, $within further attributes to compare within.
WITH placed AS (
    SELECT CAST($unit AS VARCHAR) AS unit_key, * FROM resolved
),
made AS (
    SELECT
        CAST($unit AS VARCHAR) AS unit_key, count(*) AS calls,
        count(CASE WHEN is_failure(outcome) THEN 1 END) AS failed_calls
    FROM tool_call
    WHERE NOT is_pseudo
    GROUP BY unit_key
),
-- Who runs the session: the agent that began first, of several the one with the most tool calls.
run AS (
    SELECT agent_run_id, trace_id, count(*) AS calls
    FROM tool_call
    WHERE NOT is_pseudo
    GROUP BY ALL
),
entry AS (
    SELECT unit_key, agent_name, attribute(keys, vals, 'gen_ai.agent.version') AS version
    FROM placed
    LEFT JOIN run ON run.agent_run_id = placed.span_id AND run.trace_id = placed.trace_id
    WHERE unit = 'agent' AND placed.agent_run_id IS NULL
    QUALIFY row_number() OVER (
        PARTITION BY unit_key ORDER BY start_ns, coalesce(calls, 0) DESC, agent_name, span_id) = 1
),
model AS (
    SELECT placed.unit_key, model
    FROM placed
    LEFT JOIN entry ON entry.unit_key = placed.unit_key
    WHERE unit = 'llm' AND model IS NOT NULL
    GROUP BY placed.unit_key, model
    QUALIFY row_number() OVER (
        PARTITION BY placed.unit_key
        ORDER BY count(CASE WHEN placed.agent_name = entry.agent_name THEN 1 END) DESC, count(*) DESC,
            model) = 1
),
described AS (
    SELECT
        unit_key,
        min(session_key) AS session_key,
        arg_min(workflow_name, (start_ns, span_id)) FILTER (workflow_name IS NOT NULL)
            AS workflow_name,
        arg_min(user_id, (start_ns, span_id)) FILTER (user_id IS NOT NULL) AS user_id,
        min(attribute(resource_keys, resource_vals, 'service.version')) AS service_version,
        milliseconds(max(coalesce(end_ns, start_ns)) - min(start_ns)) AS duration_ms,
        min(start_ns) AS start_ns,
        bool_or(unit IN ('workflow', 'agent') AND parent_unit_id IS NULL AND is_failure(ended))
            AS run_failed,
        count(CASE WHEN unit IN ('workflow', 'agent') THEN 1 END) AS runs
        $within
    FROM placed
    GROUP BY unit_key
)
SELECT
    described.* EXCLUDE (run_failed, runs, service_version),
    entry.agent_name, model.model, coalesce(entry.version, service_version) AS version,
    coalesce(made.calls, 0) AS calls, coalesce(made.failed_calls, 0) AS failed_calls,
    CASE WHEN runs > 0 THEN coalesce(run_failed, false) ELSE coalesce(made.failed_calls, 0) > 0
    END AS has_failed
FROM described
LEFT JOIN entry ON entry.unit_key = described.unit_key
LEFT JOIN model ON model.unit_key = described.unit_key
LEFT JOIN made ON made.unit_key = described.unit_key
ORDER BY described.unit_key;
