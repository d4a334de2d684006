-- One row: a tool that was asked for and the one that ran in its place.
WITH judged AS (
    SELECT
        $and_by fallback_from, tool_name, session_key,
        CASE WHEN outcome = 'ok' THEN 'ok' ELSE 'error' END AS outcome
    FROM $rows
    WHERE fallback_from IS NOT NULL
),
$share,
counted AS (
    SELECT
        $and_by fallback_from, tool_name, count(*) AS used,
        count(CASE WHEN outcome = 'ok' THEN 1 END) AS rescued,
        count(DISTINCT session_key) AS sessions
    FROM judged
    GROUP BY $and_by fallback_from, tool_name
)
SELECT
    $and_by fallback_from, tool_name, used, rescued, rescued / used AS rescue_rate,
    wilson_low(p, effective_n, t) AS rescue_rate_low,
    wilson_high(p, effective_n, t) AS rescue_rate_high,
    sessions
FROM counted
JOIN success USING ($and_by fallback_from, tool_name)
ORDER BY used DESC, $and_by fallback_from, tool_name;
