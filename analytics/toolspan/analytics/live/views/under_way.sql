-- One row: a trace with something under way, the latest first: a span that has begun and not ended
-- (where starts are recorded), or spans whose parent has not arrived. A span arrives when it ends, so
-- what that stands for most likely goes on; where it may be another service's that nobody recorded
-- (above SERVER and CONSUMER spans), nothing is told from its absence.
WITH waiting AS (
    SELECT
        trace_id, any_value(session_key) AS session_key,
        arg_max(coalesce(agent_name, workflow_name, service_name), start_ns) AS name,
        arg_max(coalesce(tool_name, model), start_ns)
            FILTER (end_ns IS NULL AND unit IN ('tool', 'pseudo', 'llm')) AS doing,
        min(start_ns) AS start_ns
    FROM outline
    WHERE end_ns IS NULL OR depth = 0 AND parent_id IS NOT NULL AND span_kind NOT IN (2, 5)
    GROUP BY trace_id
),
lately AS (
    SELECT waiting.*, trace.end_ns
    FROM waiting
    JOIN (SELECT trace_id, max(end_ns) AS end_ns FROM trace GROUP BY trace_id) AS trace
        ON trace.trace_id = waiting.trace_id
    WHERE trace.end_ns >= $first_ns
),
calls AS (
    SELECT trace_id, count(*) AS calls, count(CASE WHEN is_failure(outcome) THEN 1 END) AS errors,
        arg_max(tool_name, end_ns) AS last_tool
    FROM tool_call
    WHERE NOT is_pseudo AND end_ns IS NOT NULL AND trace_id IN (SELECT trace_id FROM lately)
    GROUP BY trace_id
)
SELECT
    count(*) OVER () AS traces, session_key, name, doing, lately.start_ns, lately.end_ns,
    coalesce(calls, 0) AS calls, coalesce(errors, 0) AS errors, last_tool
FROM lately
LEFT JOIN calls ON calls.trace_id = lately.trace_id
ORDER BY lately.end_ns DESC, session_key
LIMIT $limit;
