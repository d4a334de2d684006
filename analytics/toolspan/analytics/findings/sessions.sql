-- One row: a session (or a trace, where feedback is per trace): what makes it comparable to others.
-- $unit is the column it is known by.
WITH placed AS (
    -- A trace of plumbing alone (an MCP handshake, a health check) is no session.
    SELECT CAST($unit AS VARCHAR) AS unit_key, *
    FROM trace
    WHERE session_id IS NOT NULL OR units > 0
),
made AS (
    SELECT CAST($unit AS VARCHAR) AS unit_key, count(*) AS calls
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
    SELECT unit_key, agent_name, version
    FROM (
        SELECT
            CAST($unit AS VARCHAR) AS unit_key, agent_name, trace_id, span_id, start_ns,
            attribute(keys, vals, 'gen_ai.agent.version') AS version
        FROM resolved
        WHERE unit = 'agent' AND agent_run_id IS NULL
    ) AS outermost
    LEFT JOIN run ON run.agent_run_id = outermost.span_id AND run.trace_id = outermost.trace_id
    QUALIFY row_number() OVER (
        PARTITION BY unit_key ORDER BY start_ns, coalesce(calls, 0) DESC, agent_name, span_id) = 1
),
asked AS (
    SELECT CAST($unit AS VARCHAR) AS unit_key, model, agent_name
    FROM llm_call
    WHERE model IS NOT NULL
),
model AS (
    SELECT asked.unit_key, model
    FROM asked
    LEFT JOIN entry ON entry.unit_key = asked.unit_key
    GROUP BY asked.unit_key, model
    QUALIFY row_number() OVER (
        PARTITION BY asked.unit_key
        ORDER BY count(CASE WHEN asked.agent_name = entry.agent_name THEN 1 END) DESC,
            count(*) DESC, model) = 1
),
service AS (
    SELECT unit_key, min(attribute(resource_keys, resource_vals, 'service.version')) AS version
    FROM (SELECT DISTINCT CAST($unit AS VARCHAR) AS unit_key, resource_id FROM resolved) AS used
    JOIN resource ON resource.resource_id = used.resource_id
    GROUP BY unit_key
),
described AS (
    SELECT
        unit_key,
        arg_min(workflow_name, (start_ns, trace_id)) FILTER (workflow_name IS NOT NULL)
            AS workflow_name,
        arg_min(user_id, (start_ns, trace_id)) FILTER (user_id IS NOT NULL) AS user_id,
        milliseconds(max(end_ns) - min(start_ns)) AS duration_ms,
        min(start_ns) AS start_ns
    FROM placed
    GROUP BY unit_key
)
SELECT
    described.*, entry.agent_name, model.model, coalesce(entry.version, service.version) AS version,
    coalesce(made.calls, 0) AS calls
FROM described
LEFT JOIN entry ON entry.unit_key = described.unit_key
LEFT JOIN model ON model.unit_key = described.unit_key
LEFT JOIN made ON made.unit_key = described.unit_key
LEFT JOIN service ON service.unit_key = described.unit_key
ORDER BY described.unit_key;
