-- One row: a reason why calls of a tool (or of what `$by` groups by) led nowhere, how many there are
-- and what went into them; `total` is all reasons together. Each call counts under the first reason
-- that holds. Of calls that failed:
--   repeated     the call before had failed with the same arguments
--   looped       it had been asked for before in the same circle of calls (measure `loops`)
--   superseded   another tool stood in for it next
--   tried_again  the same tool was called next, of which this is the failure before
--   given_up     none of these: nothing followed it up
-- Of calls that ended ok:
--   looped       it had been answered before in the same circle, not known to be otherwise
--   retried      attempts within it failed: of it counts only their time with the waits
-- What was cancelled, interrupted, denied or never ended counts nowhere. What a call is counted under
-- depends on all calls of its session, whichever are looked at.
WITH $circles,
$carried,
circled AS (
    SELECT
        session_number, kind, place, asked, outcome, answer, start_ns, trace_key, span_key,
        count(*) OVER (PARTITION BY session_number, kind, place) AS calls
    FROM circling
),
repetition AS (
    SELECT
        *,
        row_number() OVER alike AS times_asked, row_number() OVER ended_so AS times_ended_so,
        lag(answer) OVER ended_so AS last_answer
    FROM circled
    WHERE calls >= CASE WHEN kind = 'oscillation' THEN 4 ELSE 3 END
        AND counted_ms(outcome, 0) IS NOT NULL
    WINDOW
        alike AS (PARTITION BY session_number, kind, place, asked ORDER BY start_ns, span_key),
        ended_so AS (
            PARTITION BY session_number, kind, place, asked, outcome ORDER BY start_ns, span_key)
),
-- A call may lie in two circles.
looped AS (
    SELECT DISTINCT trace_key, span_key
    FROM repetition
    WHERE is_failure(outcome) AND times_asked > 1
        OR outcome = 'ok' AND times_ended_so > 1 AND coalesce(answer = last_answer, true)
),
after_failure AS (
    SELECT trace_key, span_key, failed_span_key, has_same_arguments FROM retry_rows
),
wanted AS (SELECT *, coalesce(fallback_from, tool_name) AS wanted_tool FROM $rows),
followed AS (
    SELECT
        *,
        coalesce(lead(fallback_from) OVER wanted_next IS NOT NULL
            AND lead(tool_name) OVER wanted_next <> tool_name, false) AS is_superseded
    FROM wanted
    WINDOW wanted_next AS (
        PARTITION BY trace_key, agent_run_key, session_key, wanted_tool
        ORDER BY start_ns, span_key)
),
reasoned AS (
    SELECT
        followed.*,
        CASE
            WHEN is_failure(outcome) THEN CASE
                WHEN repeat_.has_same_arguments THEN 'repeated'
                WHEN looped.span_key IS NOT NULL THEN 'looped'
                WHEN is_superseded THEN 'superseded'
                WHEN next_.span_key IS NOT NULL THEN 'tried_again'
                ELSE 'given_up'
            END
            WHEN outcome = 'ok' AND looped.span_key IS NOT NULL THEN 'looped'
            WHEN outcome = 'ok' AND attempts > 1 THEN 'retried'
        END AS reason
    FROM followed
    LEFT JOIN after_failure AS repeat_
        ON repeat_.trace_key = followed.trace_key AND repeat_.span_key = followed.span_key
    LEFT JOIN after_failure AS next_
        ON next_.trace_key = followed.trace_key AND next_.failed_span_key = followed.span_key
    LEFT JOIN looped
        ON looped.trace_key = followed.trace_key AND looped.span_key = followed.span_key
),
-- Attempts that failed come first in a call. Where attempts are only counted, not recorded one by
-- one, their time is not known.
timed AS (
    SELECT
        *,
        CASE
            WHEN reason <> 'retried' THEN duration_ms
            WHEN wasted_retry_ms > 0 AND duration_ms IS NOT NULL
                THEN least(wasted_retry_ms, duration_ms)
        END AS whole_ms
    FROM reasoned
    WHERE reason IS NOT NULL
),
spanned AS (
    SELECT *, start_ns + CAST(round(coalesce(whole_ms, 0) * 1e6) AS BIGINT) AS spent_until_ns
    FROM timed
),
-- What goes on inside another of these calls is time of the inner one.
inner_call AS (
    SELECT
        nested.trace_key, outer_key, greatest(inside.start_ns, outside.start_ns) AS start_ns,
        least(inside.spent_until_ns, outside.spent_until_ns) AS end_ns
    FROM inner_call_rows AS nested
    JOIN spanned AS inside
        ON inside.trace_key = nested.trace_key AND inside.span_key = nested.inner_key
    JOIN spanned AS outside
        ON outside.trace_key = nested.trace_key AND outside.span_key = nested.outer_key
),
taken_inside AS (SELECT trace_key, outer_key, union_ms FROM ($union_of_inner) AS united),
token AS (
    SELECT
        trace_key, span_key, part * added * turns_after AS tokens,
        part * added * turns_after * token_cost AS token_cost
    FROM call
    JOIN grown USING (trace_key, agent_run_key, turn)
    WHERE turns_after > 0
),
counted AS (
    SELECT
        $by, reason, session_key, spanned.cost,
        CASE WHEN whole_ms IS NOT NULL THEN greatest(0, whole_ms - coalesce(union_ms, 0)) END
            AS spent_ms,
        CASE WHEN reason <> 'retried' THEN tokens END AS tokens,
        CASE WHEN reason <> 'retried' THEN token_cost END AS token_cost
    FROM spanned
    LEFT JOIN taken_inside
        ON taken_inside.trace_key = spanned.trace_key AND outer_key = spanned.span_key
    LEFT JOIN token ON token.trace_key = spanned.trace_key AND token.span_key = spanned.span_key
    WHERE is_chosen
),
-- All calls that ended ok or failed, which the shares are of.
whole AS (
    SELECT
        $by, count(*) AS all_calls, count(DISTINCT session_key) AS all_sessions,
        exact_total(duration_ms) AS all_ms, exact_sum(cost) AS all_cost,
        exact_sum(CASE WHEN attempts = 1 THEN cost END)
            / nullif(count(CASE WHEN attempts = 1 THEN cost END), 0) AS first_cost
    FROM $rows
    WHERE is_chosen AND counted_ms(outcome, 0) IS NOT NULL
    GROUP BY $by
),
summed_up AS (
    SELECT
        $by, reason, count(*) AS calls, count(DISTINCT session_key) AS sessions,
        exact_total(spent_ms) AS spent_ms, exact_sum(cost) AS cost, count(cost) AS calls_with_cost,
        exact_sum(tokens) AS carried_tokens, exact_sum(token_cost) AS carried_cost
    FROM counted
    GROUP BY $by, reason
),
-- What retries cost is what these calls cost beyond as many that needed one attempt.
of_reason AS (
    SELECT
        $by, reason, calls, sessions, spent_ms, carried_tokens, carried_cost,
        CASE
            WHEN reason <> 'retried' THEN cost
            WHEN cost - calls_with_cost * first_cost IS NOT NULL
                THEN greatest(0, cost - calls_with_cost * first_cost)
        END AS cost
    FROM summed_up
    JOIN whole USING ($by)
),
in_all AS (
    SELECT $by, count(DISTINCT session_key) AS sessions FROM counted GROUP BY $by
),
told AS (
    SELECT $by, reason, calls, sessions, spent_ms, cost, carried_tokens, carried_cost
    FROM of_reason
    UNION ALL
    SELECT
        $by, 'total', CAST(sum(calls) AS BIGINT), max(in_all.sessions), exact_total(spent_ms),
        exact_sum(cost), exact_sum(carried_tokens), exact_sum(carried_cost)
    FROM of_reason
    JOIN in_all USING ($by)
    GROUP BY $by
),
counted_in_session AS (
    SELECT $by, reason, session_key, count(*) AS k FROM counted GROUP BY $by, reason, session_key
    UNION ALL
    SELECT $by, 'total', session_key, count(*) FROM counted GROUP BY $by, session_key
),
session_calls AS (
    SELECT $by, session_key, count(*) AS n
    FROM $rows
    WHERE is_chosen AND counted_ms(outcome, 0) IS NOT NULL
    GROUP BY $by, session_key
),
per_session AS (
    SELECT $by, reason, session_key, n, coalesce(k, 0) AS k
    FROM session_calls
    JOIN (SELECT $by, reason FROM told) AS reasons USING ($by)
    LEFT JOIN counted_in_session USING ($by, reason, session_key)
),
$summed,
placed AS (
    SELECT
        *,
        max(CASE WHEN reason = 'total' THEN spent_ms END) OVER (PARTITION BY $by) AS tool_ms
    FROM told
)
SELECT
    $by, reason, calls, all_calls, calls / all_calls AS share,
    wilson_low(p, effective_n, t) AS share_low, wilson_high(p, effective_n, t) AS share_high,
    sessions, all_sessions, spent_ms, all_ms, spent_ms / nullif(all_ms, 0) AS time_share,
    cost, all_cost, cost / nullif(all_cost, 0) AS cost_share, carried_tokens, carried_cost,
    $few AS note
FROM placed
JOIN whole USING ($by)
JOIN success USING ($by, reason)
ORDER BY
    tool_ms DESC NULLS LAST, $by, CASE WHEN reason = 'total' THEN 0 ELSE 1 END,
    spent_ms DESC NULLS LAST, reason;
