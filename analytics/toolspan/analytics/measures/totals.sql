-- One row: everything at a glance. A condition is about the calls.
WITH called AS (SELECT * FROM $rows),
chosen_sessions AS (SELECT * FROM $sessions),
runs AS (SELECT agent_name FROM $runs),
traces AS (SELECT * FROM $traces)
SELECT
    (SELECT count(*) FROM called) AS calls,
    (SELECT count(*) FROM called WHERE outcome = 'ok') AS ok,
    (SELECT count(*) FROM called WHERE is_failure(outcome)) AS errors,
    (SELECT count(*) FROM called WHERE outcome = 'abandoned') AS abandoned,
    (SELECT count(DISTINCT tool_name) FROM called) AS tools,
    (SELECT count(*) FROM runs) AS runs,
    (SELECT count(DISTINCT agent_name) FROM runs) AS agents,
    (SELECT count(*) FROM chosen_sessions) AS sessions,
    (SELECT CAST(sum(input_tokens) AS BIGINT) FROM chosen_sessions) AS input_tokens,
    (SELECT CAST(sum(output_tokens) AS BIGINT) FROM chosen_sessions) AS output_tokens,
    (SELECT exact_sum(cost) FROM chosen_sessions) AS cost,
    (SELECT CAST(coalesce(sum(spans), 0) AS BIGINT) FROM traces) AS spans,
    (SELECT timestamp_of(min(start_ns)) FROM traces) AS first_time,
    (SELECT timestamp_of(max(end_ns)) FROM traces) AS last_time;
