-- Retries, fallbacks and the tools' own charge, for measures of tool calls to include among what is
-- told of each of `$by`.
CAST(sum(attempts) AS BIGINT) AS attempts,
count(CASE WHEN is_retried THEN 1 END) AS retried_calls,
count(CASE WHEN is_retried AND outcome = 'ok' THEN 1 END) AS recovered_calls,
exact_total(wasted_retry_ms) AS wasted_retry_ms,
count(fallback_from) AS fallback_calls,
count(CASE WHEN fallback_from IS NOT NULL AND outcome = 'ok' THEN 1 END) AS rescued_calls,
exact_sum(cost) AS cost, count(cost) AS calls_with_cost,
