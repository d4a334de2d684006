-- One row: an agent, step, workflow or model ($unit_kind, known by $name) in a session.
WITH part AS (
    SELECT
        CAST($unit AS VARCHAR) AS unit_key, $name AS name, trace_id, span_id, start_ns
    FROM resolved
    WHERE unit = '$unit_kind' AND $name IS NOT NULL
),
own AS (
    SELECT CAST($unit AS VARCHAR) AS unit_key, $call_name AS name, count(*) AS calls
    FROM tool_call
    WHERE NOT is_pseudo AND $call_name IS NOT NULL
    GROUP BY ALL
),
first_error AS (
    SELECT CAST($unit AS VARCHAR) AS unit_key, min(coalesce(end_ns, start_ns)) AS failed_ns
    FROM tool_call
    WHERE NOT is_pseudo AND is_failure(outcome)
    GROUP BY unit_key
)
SELECT
    part.unit_key, part.name AS tool_name,
    coalesce(any_value(own.calls), 0) AS calls,
    coalesce(min(start_ns) < any_value(failed_ns), true) AS before_error
FROM part
LEFT JOIN own ON own.unit_key = part.unit_key AND own.name = part.name
LEFT JOIN first_error ON first_error.unit_key = part.unit_key
GROUP BY part.unit_key, part.name
ORDER BY ALL;
