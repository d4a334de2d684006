-- One row: a tool (or what `$by` groups by) that failed, and how often its agent called it again
-- right away: repeats inferred from the data, never attempts within one call.
SELECT
    $by,
    count(*) AS errors,
    count(again.span_key) AS repeated,
    count(again.span_key) / count(*) AS repeat_rate,
    count(CASE WHEN again.has_same_arguments THEN 1 END) AS with_same_arguments,
    count(CASE WHEN again.has_recovered THEN 1 END) AS recovered,
    count(CASE WHEN again.has_recovered THEN 1 END) / nullif(count(again.span_key), 0)
        AS recovery_rate,
    count(DISTINCT failed.session_key) AS sessions,
    exact_quantile(again.waited_ms, 0.5) AS p50_waited_ms
FROM $rows AS failed
LEFT JOIN retry_rows AS again
    ON again.trace_key = failed.trace_key AND again.failed_span_id = failed.span_id
GROUP BY $by
ORDER BY repeated DESC, errors DESC, $by;
