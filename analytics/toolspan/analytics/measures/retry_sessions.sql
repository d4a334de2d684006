-- One row: the attempts of one tool's calls after the first, in one session.
SELECT
    tool_name, session_key, count(*) AS made,
    count(CASE WHEN outcome = 'ok' THEN 1 END) AS ok,
    exact_quantile(waited_ms, 0.5) AS p50_waited_ms
FROM $rows
WHERE attempt_number >= 2
GROUP BY tool_name, session_key
ORDER BY tool_name, session_key;
