-- One row: the calls of one tool (or what `$by` groups by) in one session, with the attempts after
-- the first, what came of them, and the time in which at least one call was under way.
WITH busy AS ($union_of_session)
SELECT
    $by, session_key, min(session_id) AS session_id,
    count(*) AS calls,
    count(CASE WHEN is_failure(outcome) THEN 1 END) AS errors,
    count(counted_ms(outcome, 0)) AS rated,
    count(CASE WHEN is_retried THEN 1 END) AS retried_calls,
    count(CASE WHEN is_retried AND outcome = 'ok' THEN 1 END) AS recovered_calls,
    exact_total(wasted_retry_ms) AS wasted_retry_ms,
    exact_sum(cost) AS cost,
    min(busy.union_ms) AS session_time_ms,
    min(start_time) AS first_time
FROM $rows
JOIN busy USING ($by, session_key)
GROUP BY $by, session_key
ORDER BY $by, session_key;
