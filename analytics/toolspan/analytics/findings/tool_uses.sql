-- One row: a tool in a session.
WITH call AS (
    SELECT
        CAST($unit AS VARCHAR) AS unit_key, tool_name, start_ns, coalesce(end_ns, start_ns) AS end_ns,
        duration_ms, is_failure(outcome) AS has_failed, attempts, fallback_from, cost, span_id,
        -- Called again after it failed: a retry, whoever decided on it.
        coalesce(lag(is_failure(outcome)) OVER (
            PARTITION BY $unit, tool_name ORDER BY start_ns, span_id), false) AS follows_failure
    FROM tool_call
    WHERE NOT is_pseudo
),
first_error AS (
    SELECT unit_key, min(end_ns) AS failed_ns FROM call WHERE has_failed GROUP BY unit_key
),
-- The time a tool takes of a session: the union of its calls, which may overlap.
reached AS (
    SELECT
        unit_key, tool_name, start_ns, end_ns,
        max(end_ns) OVER (
            PARTITION BY unit_key, tool_name ORDER BY start_ns, end_ns, span_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before_ns
    FROM call
),
busy AS (
    SELECT
        unit_key, tool_name,
        milliseconds(sum(greatest(0, end_ns - greatest(start_ns, coalesce(before_ns, start_ns)))))
            AS busy_ms
    FROM reached
    GROUP BY ALL
)
SELECT
    call.unit_key, call.tool_name,
    count(*) AS calls,
    count(CASE WHEN has_failed THEN 1 END) AS failures,
    count(CASE WHEN attempts > 1 OR follows_failure THEN 1 END) AS retries,
    count(fallback_from) AS fallbacks,
    any_value(busy_ms) AS busy_ms,
    coalesce(min(start_ns) < any_value(failed_ns), true) AS before_error
FROM call
LEFT JOIN first_error ON first_error.unit_key = call.unit_key
LEFT JOIN busy ON busy.unit_key = call.unit_key AND busy.tool_name = call.tool_name
GROUP BY ALL
ORDER BY ALL;
