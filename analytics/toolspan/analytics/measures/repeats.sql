-- One row: a tool (or what `$by` groups by) that failed, and how often its agent called it again
-- right away: repeats inferred from the data, never attempts within one call.
WITH failed AS (
    SELECT
        $by, failed.session_key, again.span_key, again.waited_ms, again.has_same_arguments,
        again.has_recovered
    FROM $rows AS failed
    LEFT JOIN retry_rows AS again
        ON again.trace_key = failed.trace_key AND again.failed_span_key = failed.span_key
),
judged AS (
    SELECT $by, session_key, CASE WHEN has_recovered THEN 'ok' ELSE 'error' END AS outcome
    FROM failed
    WHERE span_key IS NOT NULL
),
$share,
counted AS (
    SELECT
        $by,
        count(*) AS errors,
        count(span_key) AS repeated,
        count(CASE WHEN has_same_arguments THEN 1 END) AS with_same_arguments,
        count(CASE WHEN has_recovered THEN 1 END) AS recovered,
        count(DISTINCT session_key) AS sessions,
        exact_quantile(waited_ms, 0.5) AS p50_waited_ms
    FROM failed
    GROUP BY $by
)
SELECT
    $by, errors, repeated, repeated / errors AS repeat_rate, with_same_arguments, recovered,
    recovered / nullif(repeated, 0) AS recovery_rate,
    wilson_low(p, effective_n, t) AS recovery_rate_low,
    wilson_high(p, effective_n, t) AS recovery_rate_high,
    sessions, p50_waited_ms
FROM counted
LEFT JOIN success USING ($by)
ORDER BY repeated DESC, errors DESC, $by;
