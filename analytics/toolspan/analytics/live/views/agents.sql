-- One row: an agent, with those numbers of the measure `agents` that a page shows (a test compares
-- them), without what its tool and LLM calls add to that measure: a third of the time.
WITH run AS (
    SELECT
        coalesce(agent_name, '(none)') AS agent_name, session_key, outcome,
        counted_ms(outcome, duration_ms) AS length_ms
    FROM outline
    WHERE unit = 'agent' AND start_ns >= $first_ns
),
judged AS (SELECT agent_name, session_key, outcome FROM run WHERE length_ms IS NOT NULL),
$interval,
told AS (
    SELECT
        agent_name, count(*) AS runs, count(CASE WHEN is_failure(outcome) THEN 1 END) AS errors,
        count(CASE WHEN outcome = 'ok' THEN 1 END) AS ok,
        count(CASE WHEN outcome = 'abandoned' THEN 1 END) AS abandoned,
        count(DISTINCT session_key) AS sessions,
        exact_quantile(length_ms, 0.5) AS p50_ms, exact_quantile(length_ms, 0.95) AS p95_ms,
        max(length_ms) AS max_ms
    FROM run
    GROUP BY agent_name
)
SELECT
    agent_name, runs, errors, abandoned, sessions, ok / nullif(ok + errors, 0) AS success_rate,
    wilson_low(p, effective_n, t) AS success_rate_low,
    wilson_high(p, effective_n, t) AS success_rate_high, p50_ms, p95_ms, max_ms
FROM told
LEFT JOIN success USING (agent_name)
ORDER BY runs DESC, agent_name;
