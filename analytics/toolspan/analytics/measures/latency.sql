-- The intervals of the success rate and of percentiles, for measures to include after `rates`: one
-- row of `latency` is one of `$by`. All of them count calls for what they are worth: what happens
-- within one session is alike.
--
-- Percentiles: Woodruff's inversion. Of n calls, q * n are expected below the percentile, give or
-- take t * sqrt(q * (1 - q) / n) on the effective number of calls (with the design effect of
-- clusters in sessions, as for success rates); the lengths at these two places are the bounds. A
-- bound for which there are too few calls is NULL: the largest of n lies above the percentile q only
-- with probability 1 - q^n.
--
-- One row: what counted in one session (n), how much of it was ok (k), and lay at or below each
-- percentile.
within AS (
    SELECT
        $by, session_key, count(length_ms) AS n,
        count(CASE WHEN is_ok THEN length_ms END) AS k,
        count(CASE WHEN ranked_ms <= p50_ms THEN 1 END) AS k50,
        count(CASE WHEN ranked_ms <= p90_ms THEN 1 END) AS k90,
        count(CASE WHEN ranked_ms <= p95_ms THEN 1 END) AS k95,
        count(CASE WHEN ranked_ms <= p99_ms THEN 1 END) AS k99
    FROM (
        SELECT $by, session_key, outcome = 'ok' AS is_ok, length_ms, $ranked AS ranked_ms
        FROM $rows
    ) AS row_
    JOIN (SELECT $by, p50_ms, p90_ms, p95_ms, p99_ms FROM rates) AS percentiles USING ($by)
    GROUP BY $by, session_key
),
-- The sums over sessions that all scatter is computed from; whole numbers, so exact in any order.
summed AS (
    SELECT
        $by, count(*) AS sessions, count(CASE WHEN n > 0 THEN 1 END) AS clusters,
        sum(n) AS sum_n, sum(n * n) AS nn,
        sum(k) AS sum_k, sum(k * k) AS kk, sum(k * n) AS kn,
        sum(k50) AS sum_50, sum(k50 * k50) AS kk_50, sum(k50 * n) AS kn_50,
        sum(k90) AS sum_90, sum(k90 * k90) AS kk_90, sum(k90 * n) AS kn_90,
        sum(k95) AS sum_95, sum(k95 * k95) AS kk_95, sum(k95 * n) AS kn_95,
        sum(k99) AS sum_99, sum(k99 * k99) AS kk_99, sum(k99 * n) AS kn_99
    FROM within
    GROUP BY $by
),
-- For how many independent calls they count: n over the design effect, which is 1 where each call is
-- a session of its own.
effect AS (
    SELECT
        $by, sessions, t_975(clusters - 1) AS t, sum_n,
        sum_k / nullif(sum_n, 0) AS p,
        effective_calls(sum_n, sum_k, nn, kk, kn, clusters) AS effective_n,
        independent_calls(sum_n, sum_50, nn, kk_50, kn_50, clusters) AS n50,
        independent_calls(sum_n, sum_90, nn, kk_90, kn_90, clusters) AS n90,
        independent_calls(sum_n, sum_95, nn, kk_95, kn_95, clusters) AS n95,
        independent_calls(sum_n, sum_99, nn, kk_99, kn_99, clusters) AS n99
    FROM summed
),
latency AS (
    SELECT
        rates.*, sessions, t, p, effective_n, n95,
        CASE WHEN t IS NOT NULL AND power(0.5, n50) <= 0.025
            THEN value_at(lengths, round(sum_n * (0.5 - t * sqrt(0.25 / n50)))) END AS p50_low_ms,
        CASE WHEN t IS NOT NULL AND power(0.5, n50) <= 0.025
            THEN value_at(lengths, ceil(sum_n * (0.5 + t * sqrt(0.25 / n50)))) END AS p50_high_ms,
        CASE WHEN t IS NOT NULL AND power(0.1, n90) <= 0.025
            THEN value_at(lengths, round(sum_n * (0.9 - t * sqrt(0.09 / n90)))) END AS p90_low_ms,
        CASE WHEN t IS NOT NULL AND power(0.9, n90) <= 0.025
            THEN value_at(lengths, ceil(sum_n * (0.9 + t * sqrt(0.09 / n90)))) END AS p90_high_ms,
        CASE WHEN t IS NOT NULL AND power(0.05, n95) <= 0.025
            THEN value_at(lengths, round(sum_n * (0.95 - t * sqrt(0.0475 / n95)))) END
            AS p95_low_ms,
        CASE WHEN t IS NOT NULL AND power(0.95, n95) <= 0.025
            THEN value_at(lengths, ceil(sum_n * (0.95 + t * sqrt(0.0475 / n95)))) END
            AS p95_high_ms,
        CASE WHEN t IS NOT NULL AND power(0.01, n99) <= 0.025
            THEN value_at(lengths, round(sum_n * (0.99 - t * sqrt(0.0099 / n99)))) END
            AS p99_low_ms,
        CASE WHEN t IS NOT NULL AND power(0.99, n99) <= 0.025
            THEN value_at(lengths, ceil(sum_n * (0.99 + t * sqrt(0.0099 / n99)))) END
            AS p99_high_ms
    FROM rates
    JOIN effect USING ($by)
)
