-- One row: a tool that was asked for and the one that ran in its place.
SELECT
    $and_by fallback_from, tool_name, count(*) AS used,
    count(CASE WHEN outcome = 'ok' THEN 1 END) AS rescued,
    count(CASE WHEN outcome = 'ok' THEN 1 END) / count(*) AS rescue_rate,
    count(DISTINCT session_key) AS sessions
FROM $rows
WHERE fallback_from IS NOT NULL
GROUP BY $and_by fallback_from, tool_name
ORDER BY used DESC, $and_by fallback_from, tool_name;
