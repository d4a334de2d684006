-- One row: a tool in a session, with what recommendations are made of.
WITH call AS (
    SELECT
        session_key, tool_name, start_ns, coalesce(end_ns, start_ns) AS end_ns, duration_ms,
        outcome, attempts, is_retried, wasted_retry_ms, fallback_from, cost, cost_currency,
        arguments_hash, span_id,
        lag(is_failure(outcome)) OVER of_tool AS follows_failure,
        -- A run of equal calls goes on as long as tool and arguments stay the same.
        CASE WHEN arguments_hash IS NOT NULL
            AND lag(tool_name) OVER in_session = tool_name
            AND lag(arguments_hash) OVER in_session = arguments_hash
            THEN 0 ELSE 1 END AS begins_run
    FROM tool_call
    WHERE NOT is_pseudo
    WINDOW
        in_session AS (PARTITION BY session_key ORDER BY start_ns, span_id),
        of_tool AS (PARTITION BY session_key, tool_name ORDER BY start_ns, span_id)
),
numbered AS (
    SELECT *, sum(begins_run) OVER (
        PARTITION BY session_key ORDER BY start_ns, span_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS run
    FROM call
),
repeated AS (
    SELECT
        session_key, tool_name,
        sum(calls - 1) AS loop_calls, sum(loop_ms) AS loop_ms
    FROM (
        SELECT
            session_key, tool_name, run, count(*) AS calls,
            sum(CASE WHEN begins_run = 0 THEN duration_ms END) AS loop_ms
        FROM numbered
        GROUP BY ALL
        HAVING count(*) >= 3
    )
    GROUP BY ALL
),
reached AS (
    SELECT *, max(end_ns) OVER (
        PARTITION BY session_key, tool_name ORDER BY start_ns, end_ns, span_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before_ns
    FROM call
)
SELECT
    reached.session_key, reached.tool_name,
    count(*) AS calls,
    count(CASE WHEN outcome = 'ok' THEN 1 END) AS ok,
    count(CASE WHEN is_failure(outcome) THEN 1 END) AS failures,
    -- A retry: a further attempt of one call, or the next call of a tool that has just failed.
    count(CASE WHEN is_retried OR follows_failure THEN 1 END) AS retried,
    count(CASE WHEN (is_retried OR follows_failure) AND outcome = 'ok' THEN 1 END) AS recovered,
    coalesce(sum(CASE
        WHEN follows_failure AND is_failure(outcome) THEN duration_ms
        WHEN is_retried THEN wasted_retry_ms
    END), 0) AS retry_ms,
    milliseconds(sum(greatest(0, end_ns - greatest(start_ns, coalesce(before_ns, start_ns)))))
        AS busy_ms,
    sum(cost) AS cost, any_value(cost_currency) AS cost_currency,
    coalesce(any_value(loop_calls), 0) AS loop_calls, coalesce(any_value(loop_ms), 0) AS loop_ms,
    max(start_ns) AS last_ns
FROM reached
LEFT JOIN repeated
    ON repeated.session_key = reached.session_key AND repeated.tool_name = reached.tool_name
GROUP BY reached.session_key, reached.tool_name
ORDER BY ALL;
