-- One row: the attempt number k of a tool's calls (or of what `$by` groups by), from the first on,
-- where any of its calls was retried: how many calls came to it, how many of those ended ok with it,
-- how many were ok by then, and what the attempts after the first add.
WITH call AS (
    SELECT $by, session_key, outcome, attempts, cost, trace_key, span_key
    FROM $rows
    WHERE counted_ms(outcome, 0) IS NOT NULL
),
rung AS (SELECT DISTINCT attempts AS attempt_number FROM call WHERE attempts > 1),
came AS (
    SELECT $by, session_key, outcome, attempts, cost, 1 AS attempt_number FROM call
    UNION ALL
    SELECT $by, session_key, outcome, attempts, cost, attempt_number
    FROM call
    CROSS JOIN rung
    WHERE attempts > 1 AND attempt_number <= attempts
),
judged AS (
    SELECT
        $by, attempt_number, session_key,
        CASE WHEN outcome = 'ok' AND attempts = attempt_number THEN 'ok' ELSE 'error' END AS outcome
    FROM came
),
$share,
-- Of the attempts that were recorded one by one, how long the wait and the attempt took.
added AS (
    SELECT
        $by, attempt_number,
        exact_quantile(coalesce(waited_ms, 0) + duration_ms, 0.5) AS p50_added_ms,
        exact_total(coalesce(waited_ms, 0) + duration_ms) AS added_ms
    FROM attempt_rows AS attempt
    JOIN call
        ON call.trace_key = attempt.trace_key AND call.span_key = attempt.tool_call_key
    WHERE attempt_number > 1
    GROUP BY $by, attempt_number
),
counted AS (
    SELECT
        $by, attempt_number, count(*) AS calls,
        count(CASE WHEN outcome = 'ok' AND attempts = attempt_number THEN 1 END) AS ok,
        count(DISTINCT session_key) AS sessions,
        exact_sum(CASE WHEN attempts = attempt_number THEN cost END) AS cost,
        count(CASE WHEN attempts = attempt_number THEN cost END) AS calls_with_cost
    FROM came
    GROUP BY $by, attempt_number
),
climbed AS (
    SELECT
        *,
        sum(ok) OVER up AS ok_so_far,
        max(CASE WHEN attempt_number = 1 THEN calls END) OVER whole AS all_calls,
        max(attempt_number) OVER whole AS attempts,
        max(CASE WHEN attempt_number = 1 THEN cost / nullif(calls_with_cost, 0) END) OVER whole
            AS first_cost
    FROM counted
    WINDOW
        whole AS (PARTITION BY $by),
        up AS (PARTITION BY $by ORDER BY attempt_number ROWS UNBOUNDED PRECEDING)
)
SELECT
    $by, attempt_number, calls, ok, ok / calls AS success_rate,
    wilson_low(p, effective_n, t) AS success_rate_low,
    wilson_high(p, effective_n, t) AS success_rate_high,
    ok_so_far / all_calls AS success_so_far, sessions, p50_added_ms, added_ms, cost,
    CASE WHEN attempt_number > 1 THEN cost - calls_with_cost * first_cost END AS added_cost
FROM climbed
JOIN success USING ($by, attempt_number)
LEFT JOIN added USING ($by, attempt_number)
WHERE attempts > 1
ORDER BY $by, attempt_number;
