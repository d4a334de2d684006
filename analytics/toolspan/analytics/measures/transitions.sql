-- One row: a call of one tool that is followed, in its session, by a call of another (or the same).
-- Neighbours are those of the whole session; a condition is about the first of the two. The gap is
-- negative where the second began before the first had ended.
WITH step AS (
    SELECT
        *,
        lead(tool_name) OVER calls AS to_tool, lead(start_ns) OVER calls AS next_ns
    FROM $rows
    WINDOW calls AS (PARTITION BY session_key ORDER BY start_ns, span_key)
),
leaving AS (
    SELECT $and_by tool_name, count(*) AS leaving
    FROM step
    WHERE to_tool IS NOT NULL AND is_chosen
    GROUP BY $and_by tool_name
),
per_session AS (
    SELECT
        $and_by session_key, tool_name, to_tool, count(*) AS n
    FROM step
    WHERE to_tool IS NOT NULL AND is_chosen
    GROUP BY $and_by session_key, tool_name, to_tool
),
-- How the sessions' own shares scatter around the share of all: one row is a session and a pair of
-- tools of which it could have shown the second after the first.
pair AS (
    SELECT $and_by tool_name, to_tool, sum(n) AS n
    FROM per_session
    GROUP BY $and_by tool_name, to_tool
),
session_leaving AS (
    SELECT $and_by session_key, tool_name, sum(n) AS m
    FROM per_session
    GROUP BY $and_by session_key, tool_name
),
scatter AS (
    SELECT
        $pair_by pair.tool_name, pair.to_tool, min(pair.n) AS n, min(leaving.leaving) AS leaving,
        count(*) AS clusters,
        sum(power(coalesce(per_session.n, 0)
            - session_leaving.m * pair.n / leaving.leaving, 2)) AS scatter
    FROM pair
    JOIN leaving USING ($and_by tool_name)
    JOIN session_leaving USING ($and_by tool_name)
    LEFT JOIN per_session USING ($and_by session_key, tool_name, to_tool)
    GROUP BY $pair_by pair.tool_name, pair.to_tool
),
told AS (
    SELECT
        $and_by tool_name, to_tool, count(*) AS count, count(DISTINCT session_key) AS sessions,
        count(CASE WHEN is_failure(outcome) THEN 1 END) AS after_failure,
        exact_quantile(milliseconds(next_ns - end_ns), 0.5) AS p50_gap_ms
    FROM step
    WHERE to_tool IS NOT NULL AND is_chosen
    GROUP BY $and_by tool_name, to_tool
),
shared AS (
    SELECT
        *, n / leaving AS p, t_975(clusters - 1) AS t,
        leaving / greatest(1, CASE
            WHEN n < leaving
                THEN clusters / nullif(clusters - 1, 0) * scatter / (n * (1 - n / leaving))
            ELSE 1
        END) AS effective_n
    FROM scatter
)
SELECT
    $and_by tool_name AS from_tool, to_tool, count, sessions, p AS share,
    wilson_low(p, effective_n, t) AS share_low, wilson_high(p, effective_n, t) AS share_high,
    after_failure, p50_gap_ms
FROM told
JOIN shared USING ($and_by tool_name, to_tool)
ORDER BY count DESC, $and_by from_tool, to_tool;
