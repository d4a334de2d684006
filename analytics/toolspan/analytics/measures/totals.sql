-- One row: everything at a glance.
SELECT
    (SELECT count(*) FROM $calls) AS calls,
    (SELECT count(*) FROM $calls WHERE outcome = 'ok') AS ok,
    (SELECT count(*) FROM $calls WHERE is_failure(outcome)) AS errors,
    (SELECT count(*) FROM $calls WHERE outcome = 'abandoned') AS abandoned,
    (SELECT count(DISTINCT tool_name) FROM $calls) AS tools,
    (SELECT count(*) FROM agent_run_rows) AS runs,
    (SELECT count(DISTINCT agent_name) FROM agent_run_rows) AS agents,
    (SELECT count(*) FROM sessions) AS sessions,
    (SELECT sum(input_tokens) FROM sessions) AS input_tokens,
    (SELECT sum(output_tokens) FROM sessions) AS output_tokens,
    (SELECT exact_sum(cost) FROM sessions) AS cost,
    (SELECT coalesce(sum(spans), 0) FROM trace) AS spans,
    (SELECT timestamp_of(min(start_ns)) FROM trace) AS first_time,
    (SELECT timestamp_of(max(end_ns)) FROM trace) AS last_time;
