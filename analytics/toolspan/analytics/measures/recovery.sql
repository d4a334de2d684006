-- One row: the attempts number k of a tool's calls, from the second on: how many were made, and
-- what came of them.
WITH judged AS (
    SELECT
        $and_by tool_name, attempt_number, session_key, waited_ms, duration_ms,
        CASE WHEN outcome = 'ok' THEN 'ok' ELSE 'error' END AS outcome
    FROM $rows
    WHERE attempt_number >= 2
),
$share,
made AS (
    SELECT
        $and_by tool_name, attempt_number, count(*) AS made,
        count(CASE WHEN outcome = 'ok' THEN 1 END) AS ok,
        count(DISTINCT session_key) AS sessions,
        exact_quantile(waited_ms, 0.5) AS p50_waited_ms,
        exact_total(waited_ms) AS waited_ms,
        exact_quantile(duration_ms, 0.5) AS p50_ms,
        exact_total(duration_ms) AS duration_ms
    FROM judged
    GROUP BY $and_by tool_name, attempt_number
)
SELECT
    $and_by tool_name, attempt_number, made, ok, ok / made AS recovery_rate,
    wilson_low(p, effective_n, t) AS recovery_rate_low,
    wilson_high(p, effective_n, t) AS recovery_rate_high,
    sessions, p50_waited_ms, waited_ms, p50_ms, duration_ms
FROM made
JOIN success USING ($and_by tool_name, attempt_number)
ORDER BY $and_by tool_name, attempt_number;
