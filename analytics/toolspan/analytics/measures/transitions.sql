-- One row: a call of one tool that is followed, in its session, by a call of another (or the same).
-- Neighbours are those of the whole session; a condition is about the first of the two. The gap is
-- negative where the second began before the first had ended.
WITH step AS (
    SELECT
        *,
        lead(tool_name) OVER calls AS to_tool, lead(start_ns) OVER calls AS next_ns
    FROM $rows
    WINDOW calls AS (PARTITION BY session_number ORDER BY start_ns, span_key)
),
per_session AS (
    SELECT
        $and_by session_key, tool_name, to_tool, count(*) AS n
    FROM step
    WHERE to_tool IS NOT NULL AND is_chosen
    GROUP BY $and_by session_key, tool_name, to_tool
),
-- How the sessions' own shares scatter around the share p of all: of the calls k that lead on to the
-- second tool, out of m that lead on to any, sum((k - m * p)^2) over all sessions with an m.
session_leaving AS (
    SELECT $and_by session_key, tool_name, sum(n) AS m
    FROM per_session
    GROUP BY $and_by session_key, tool_name
),
all_leaving AS (
    SELECT
        $and_by tool_name, sum(m) AS leaving, count(*) AS clusters, sum(m * m) AS sum_mm
    FROM session_leaving
    GROUP BY $and_by tool_name
),
pair AS (
    SELECT
        $and_by tool_name, to_tool, sum(n) AS n, count(*) AS sessions,
        sum(n * n) AS sum_kk, sum(n * m) AS sum_km
    FROM per_session
    JOIN session_leaving USING ($and_by session_key, tool_name)
    GROUP BY $and_by tool_name, to_tool
),
scatter AS (
    SELECT
        *, n / leaving AS p,
        sum_kk - 2 * sum_km * n / leaving + sum_mm * power(n / leaving, 2) AS scatter
    FROM pair
    JOIN all_leaving USING ($and_by tool_name)
),
told AS (
    SELECT
        $and_by tool_name, to_tool, count(*) AS count,
        count(CASE WHEN is_failure(outcome) THEN 1 END) AS after_failure,
        exact_quantile(milliseconds(next_ns - end_ns), 0.5) AS p50_gap_ms
    FROM step
    WHERE to_tool IS NOT NULL AND is_chosen
    GROUP BY $and_by tool_name, to_tool
),
shared AS (
    SELECT
        *, t_975(clusters - 1) AS t,
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
