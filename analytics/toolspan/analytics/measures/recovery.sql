-- One row: the attempts number k of a tool's calls, from the second on: how many were made, and
-- what came of them.
SELECT
    tool_name, attempt_number, count(*) AS made,
    count(CASE WHEN outcome = 'ok' THEN 1 END) AS ok,
    count(CASE WHEN outcome = 'ok' THEN 1 END) / count(*) AS recovery_rate,
    exact_quantile(waited_ms, 0.5) AS p50_waited_ms,
    exact_quantile(duration_ms, 0.5) AS p50_ms
FROM $rows
WHERE attempt_number >= 2
GROUP BY tool_name, attempt_number
ORDER BY tool_name, attempt_number;
