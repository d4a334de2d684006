-- One row: the attempts number k of a tool's calls, from the second on: how many were made, and
-- what came of them.
SELECT
    $and_by tool_name, attempt_number, count(*) AS made,
    count(CASE WHEN outcome = 'ok' THEN 1 END) AS ok,
    count(CASE WHEN outcome = 'ok' THEN 1 END) / count(*) AS recovery_rate,
    count(DISTINCT session_key) AS sessions,
    exact_quantile(waited_ms, 0.5) AS p50_waited_ms,
    exact_total(waited_ms) AS waited_ms,
    exact_quantile(duration_ms, 0.5) AS p50_ms,
    exact_total(duration_ms) AS duration_ms
FROM $rows
WHERE attempt_number >= 2
GROUP BY $and_by tool_name, attempt_number
ORDER BY $and_by tool_name, attempt_number;
