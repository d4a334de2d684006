-- The tables as users see them: times as UTC timestamps, ids as the hexadecimal text of OTLP.
-- docs/model.md describes every column. Each has a twin `*_rows` with more columns, by which measures
-- join and compute without making text of numbers: `start_ns, end_ns`, and ids as `*_key`.
CREATE OR REPLACE TEMP VIEW span_rows AS
SELECT
    name, unit, kind,
    -- What the emitter did not state is told by where the span ended up.
    CASE
        WHEN layer IS NOT NULL THEN layer
        WHEN unit = 'tool' THEN 'logical'
        WHEN kind = 'tool' AND unit IS NULL AND tool_call_of IS NOT NULL
            THEN coalesce(layer_of(layer, mcp_method, span_kind), 'duplicate')
    END AS layer,
    tool_name, agent_name, workflow_name, step_name,
    session_id, session_key, conversation_id, user_id,
    timestamp_of(start_ns) AS start_time, timestamp_of(end_ns) AS end_time, duration_ms,
    outcome, error_type, error_message, status_code, span_kind, depth,
    service_name, scope_name, scope_version, dialect, model, response_model, provider, mcp_method,
    input_tokens, output_tokens, cost,
    trace_hex(trace_id) AS trace_id, span_hex(span_id) AS span_id,
    span_hex(parent_id) AS parent_span_id, span_hex(root_id) AS root_span_id,
    span_hex(parent_unit_id) AS parent_unit_id, span_hex(agent_run_id) AS agent_run_id,
    span_hex(step_id) AS step_id, span_hex(workflow_run_id) AS workflow_run_id,
    keys AS attribute_keys, vals AS attribute_values,
    trace_id AS trace_key, span_id AS span_key, start_ns, end_ns,
    parent_unit_id AS parent_unit_key, agent_run_id AS agent_run_key, step_id AS step_key,
    workflow_run_id AS workflow_run_key
FROM resolved;

CREATE OR REPLACE TEMP VIEW spans AS
SELECT * EXCLUDE (trace_key, span_key, start_ns, end_ns, parent_unit_key, agent_run_key, step_key,
    workflow_run_key)
FROM span_rows;

CREATE OR REPLACE TEMP VIEW tool_call_rows AS
SELECT
    tool_name, agent_name, workflow_name, step_name, session_id, session_key,
    timestamp_of(start_ns) AS start_time, timestamp_of(end_ns) AS end_time, duration_ms,
    outcome, error_type, error_message, attempts, is_retried, wasted_retry_ms,
    fallback_from, fallback_position, client_ms, server_ms, mcp_server, is_pseudo,
    conversation_id, user_id, tool_call_id, arguments_hash, arguments, result,
    cost, cost_currency, service_name, scope_name, dialect,
    trace_hex(trace_id) AS trace_id, span_hex(span_id) AS span_id,
    span_hex(parent_unit_id) AS parent_unit_id, span_hex(agent_run_id) AS agent_run_id,
    span_hex(step_id) AS step_id, span_hex(workflow_run_id) AS workflow_run_id,
    trace_id AS trace_key, span_id AS span_key, start_ns, end_ns,
    parent_unit_id AS parent_unit_key, agent_run_id AS agent_run_key, step_id AS step_key,
    workflow_run_id AS workflow_run_key
FROM tool_call;

CREATE OR REPLACE TEMP VIEW tool_calls AS
SELECT * EXCLUDE (trace_key, span_key, start_ns, end_ns, parent_unit_key, agent_run_key, step_key,
    workflow_run_key)
FROM tool_call_rows;

CREATE OR REPLACE TEMP VIEW attempt_rows AS
SELECT
    tool_call.tool_name, tool_call.agent_name, tool_call.workflow_name, tool_call.step_name,
    tool_call.session_id, tool_call.session_key, attempt.attempt_number,
    timestamp_of(attempt.start_ns) AS start_time, timestamp_of(attempt.end_ns) AS end_time,
    attempt.duration_ms, attempt.waited_ms, attempt.outcome, attempt.error_type,
    attempt.error_message,
    trace_hex(attempt.trace_id) AS trace_id, span_hex(attempt.span_id) AS span_id,
    span_hex(attempt.call_id) AS tool_call_span_id,
    attempt.trace_id AS trace_key, attempt.span_id AS span_key, attempt.start_ns, attempt.end_ns,
    attempt.call_id AS tool_call_key
FROM attempt
LEFT JOIN tool_call
    ON tool_call.trace_id = attempt.trace_id AND tool_call.span_id = attempt.call_id;

CREATE OR REPLACE TEMP VIEW attempts AS
SELECT * EXCLUDE (trace_key, span_key, start_ns, end_ns, tool_call_key) FROM attempt_rows;

-- Repeats inferred from data, never attempts: the call that follows a failed one in the same agent
-- run (or, outside of any, in the same session) and is of the same tool.
CREATE OR REPLACE TEMP VIEW retry_rows AS
SELECT
    tool_name, agent_name, workflow_name, step_name, session_id, session_key,
    timestamp_of(previous_end_ns) AS failed_time, timestamp_of(start_ns) AS start_time,
    milliseconds(start_ns - previous_end_ns) AS waited_ms,
    previous_outcome AS failed_outcome, previous_error_type AS failed_error_type, outcome,
    outcome = 'ok' AS has_recovered,
    arguments_hash = previous_arguments_hash AS has_same_arguments,
    trace_hex(trace_id) AS trace_id, span_hex(span_id) AS span_id,
    span_hex(previous_id) AS failed_span_id,
    trace_id AS trace_key, span_id AS span_key, start_ns, end_ns, previous_id AS failed_span_key
FROM (
    SELECT
        *,
        lag(tool_name) OVER calls AS previous_name, lag(outcome) OVER calls AS previous_outcome,
        lag(error_type) OVER calls AS previous_error_type,
        lag(arguments_hash) OVER calls AS previous_arguments_hash,
        lag(end_ns) OVER calls AS previous_end_ns, lag(span_id) OVER calls AS previous_id
    FROM tool_call
    WHERE NOT is_pseudo
    WINDOW calls AS (
        PARTITION BY session_key, trace_id, agent_run_id ORDER BY start_ns, span_id)
)
WHERE is_failure(previous_outcome) AND previous_name = tool_name;

CREATE OR REPLACE TEMP VIEW retries AS
SELECT * EXCLUDE (trace_key, span_key, start_ns, end_ns, failed_span_key) FROM retry_rows;

-- One row: a tool call and one that goes on inside it, at most six units (agents, steps, calls) deeper.
-- (Tries that are marked as one call are attempts of it, and units of their own.)
CREATE OR REPLACE TEMP VIEW inner_call_rows AS
WITH inside AS (
    SELECT trace_id, parent_unit_id, span_id, unit
    FROM resolved
    WHERE unit IN ('tool', 'pseudo', 'agent', 'step', 'workflow') AND parent_unit_id IS NOT NULL
),
below_1 AS (
    SELECT call.trace_id, call.outer_id, inside.span_id, inside.unit
    FROM (
        SELECT trace_id, span_id AS outer_id, span_id FROM tool_call
        UNION
        SELECT trace_id, call_id, span_id FROM attempt
    ) AS call
    JOIN inside ON inside.trace_id = call.trace_id AND inside.parent_unit_id = call.span_id
),
below_2 AS (
    SELECT above.trace_id, outer_id, inside.span_id, inside.unit
    FROM below_1 AS above
    JOIN inside ON inside.trace_id = above.trace_id AND inside.parent_unit_id = above.span_id
),
below_3 AS (
    SELECT above.trace_id, outer_id, inside.span_id, inside.unit
    FROM below_2 AS above
    JOIN inside ON inside.trace_id = above.trace_id AND inside.parent_unit_id = above.span_id
),
below_4 AS (
    SELECT above.trace_id, outer_id, inside.span_id, inside.unit
    FROM below_3 AS above
    JOIN inside ON inside.trace_id = above.trace_id AND inside.parent_unit_id = above.span_id
),
below_5 AS (
    SELECT above.trace_id, outer_id, inside.span_id, inside.unit
    FROM below_4 AS above
    JOIN inside ON inside.trace_id = above.trace_id AND inside.parent_unit_id = above.span_id
),
below_6 AS (
    SELECT above.trace_id, outer_id, inside.span_id, inside.unit
    FROM below_5 AS above
    JOIN inside ON inside.trace_id = above.trace_id AND inside.parent_unit_id = above.span_id
)
SELECT trace_id AS trace_key, outer_id AS outer_key, span_id AS inner_key
FROM (
    SELECT * FROM below_1
    UNION ALL
    SELECT * FROM below_2
    UNION ALL
    SELECT * FROM below_3
    UNION ALL
    SELECT * FROM below_4
    UNION ALL
    SELECT * FROM below_5
    UNION ALL
    SELECT * FROM below_6
)
WHERE unit IN ('tool', 'pseudo');

CREATE OR REPLACE TEMP VIEW agent_run_rows AS
SELECT
    agent_name, parent_agent_name, workflow_name, step_name, session_id, session_key,
    timestamp_of(start_ns) AS start_time, timestamp_of(end_ns) AS end_time, duration_ms,
    outcome, CASE WHEN is_failure(outcome) THEN coalesce(error_type, error_type_for(outcome)) END
        AS error_type,
    error_message, conversation_id, user_id, service_name, scope_name, dialect,
    trace_hex(trace_id) AS trace_id, span_hex(span_id) AS span_id,
    span_hex(parent_unit_id) AS parent_unit_id, span_hex(agent_run_id) AS parent_agent_run_id,
    span_hex(step_id) AS step_id, span_hex(workflow_run_id) AS workflow_run_id,
    trace_id AS trace_key, span_id AS span_key, start_ns, end_ns,
    parent_unit_id AS parent_unit_key, agent_run_id AS parent_agent_run_key, step_id AS step_key,
    workflow_run_id AS workflow_run_key
FROM resolved
WHERE unit = 'agent';

CREATE OR REPLACE TEMP VIEW agent_runs AS
SELECT * EXCLUDE (trace_key, span_key, start_ns, end_ns, parent_unit_key, parent_agent_run_key, step_key,
    workflow_run_key)
FROM agent_run_rows;

CREATE OR REPLACE TEMP VIEW workflow_run_rows AS
SELECT
    workflow_name, session_id, session_key,
    timestamp_of(start_ns) AS start_time, timestamp_of(end_ns) AS end_time, duration_ms,
    outcome, CASE WHEN is_failure(outcome) THEN coalesce(error_type, error_type_for(outcome)) END
        AS error_type,
    error_message, conversation_id, user_id, service_name, scope_name, dialect,
    trace_hex(trace_id) AS trace_id, span_hex(span_id) AS span_id,
    span_hex(parent_unit_id) AS parent_unit_id,
    trace_id AS trace_key, span_id AS span_key, start_ns, end_ns
FROM resolved
WHERE unit = 'workflow';

CREATE OR REPLACE TEMP VIEW workflow_runs AS
SELECT * EXCLUDE (trace_key, span_key, start_ns, end_ns) FROM workflow_run_rows;

CREATE OR REPLACE TEMP VIEW workflow_step_rows AS
SELECT
    workflow_name, step_name, step_index, agent_name, session_id, session_key,
    timestamp_of(start_ns) AS start_time, timestamp_of(end_ns) AS end_time, duration_ms,
    outcome, CASE WHEN is_failure(outcome) THEN coalesce(error_type, error_type_for(outcome)) END
        AS error_type,
    error_message, conversation_id, user_id, service_name, scope_name, dialect,
    trace_hex(trace_id) AS trace_id, span_hex(span_id) AS span_id,
    span_hex(parent_unit_id) AS parent_unit_id, span_hex(workflow_run_id) AS workflow_run_id,
    trace_id AS trace_key, span_id AS span_key, start_ns, end_ns
FROM resolved
WHERE unit = 'step';

CREATE OR REPLACE TEMP VIEW workflow_steps AS
SELECT * EXCLUDE (trace_key, span_key, start_ns, end_ns) FROM workflow_step_rows;

CREATE OR REPLACE TEMP VIEW llm_call_rows AS
SELECT
    model, provider, agent_name, workflow_name, step_name, session_id, session_key,
    timestamp_of(start_ns) AS start_time, timestamp_of(end_ns) AS end_time, duration_ms,
    outcome, error_type, error_message,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens,
    cost, cost_currency, conversation_id, user_id, service_name, scope_name, dialect,
    trace_hex(trace_id) AS trace_id, span_hex(span_id) AS span_id,
    span_hex(parent_unit_id) AS parent_unit_id, span_hex(agent_run_id) AS agent_run_id,
    span_hex(step_id) AS step_id, span_hex(workflow_run_id) AS workflow_run_id,
    trace_id AS trace_key, span_id AS span_key, start_ns, end_ns,
    parent_unit_id AS parent_unit_key, agent_run_id AS agent_run_key, step_id AS step_key,
    workflow_run_id AS workflow_run_key
FROM llm_call;

CREATE OR REPLACE TEMP VIEW llm_calls AS
SELECT * EXCLUDE (trace_key, span_key, start_ns, end_ns, parent_unit_key, agent_run_key, step_key,
    workflow_run_key)
FROM llm_call_rows;

-- One row: from when to when a session was under way.
CREATE OR REPLACE TEMP VIEW session_times AS
SELECT session_key, min(start_ns) AS start_ns, max(end_ns) AS end_ns
FROM trace
WHERE session_id IS NOT NULL OR units > 0
GROUP BY session_key;

-- One row: a session; where none is named, a trace stands for one (`session_id` is then NULL).
-- Its outcome is that of its last workflow run, or without workflows of its last outermost agent
-- run; `unknown` where that span never arrived.
CREATE OR REPLACE TEMP VIEW sessions AS
SELECT
    any_value(session_id) AS session_id, session_key,
    timestamp_of(min(start_ns)) AS start_time, timestamp_of(max(end_ns)) AS end_time,
    milliseconds(max(end_ns) - min(start_ns)) AS duration_ms,
    coalesce(arg_max(
        CASE WHEN has_lost_root THEN 'unknown'
            ELSE coalesce(workflow_outcome, agent_outcome, 'unknown') END,
        (workflow_outcome IS NOT NULL OR has_lost_root OR agent_outcome IS NOT NULL,
            start_ns, trace_id)), 'unknown') AS outcome,
    arg_min(workflow_name, start_ns) FILTER (workflow_name IS NOT NULL) AS workflow_name,
    arg_min(service_name, start_ns) FILTER (service_name IS NOT NULL) AS service_name,
    arg_min(user_id, start_ns) FILTER (user_id IS NOT NULL) AS user_id,
    arg_min(conversation_id, start_ns) FILTER (conversation_id IS NOT NULL) AS conversation_id,
    CAST(count(*) AS BIGINT) AS traces, CAST(sum(spans) AS BIGINT) AS spans,
    CAST(coalesce(sum(llm_calls), 0) AS BIGINT) AS llm_calls,
    CAST(sum(input_tokens) AS BIGINT) AS input_tokens,
    CAST(sum(output_tokens) AS BIGINT) AS output_tokens,
    exact_sum(cost) AS cost,
    CAST(sum(llm_calls_with_cost) AS BIGINT) AS llm_calls_with_cost
FROM trace
-- A trace of plumbing alone (an MCP handshake, a health check) is no session.
WHERE session_id IS NOT NULL OR units > 0
GROUP BY session_key;

CREATE OR REPLACE TEMP VIEW feedback AS
SELECT
    score_name, value, label, value_kind, source_kind, source_id, rater_id, evaluator_version,
    session_key, target_kind, scale_min, scale_max, direction, comment, error,
    timestamp_of(time_ns) AS time, is_superseded, is_no_judgement, is_unknown_label,
    matched_by, unmatched_because, feedback_id, ingested_from,
    trace_hex(trace_id) AS trace_id, span_hex(span_id) AS span_id, tool_call_id
FROM assessment;
