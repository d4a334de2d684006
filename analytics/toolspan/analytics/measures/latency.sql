-- The intervals of percentiles, for measures to include after `rates`: one row of `latency` is one
-- of `$by`. Woodruff's inversion: of n calls, q * n are expected below the percentile, give or take
-- t * sqrt(q * (1 - q) / n) on the effective number of calls (with the design effect of clusters in
-- sessions, as for success rates); the lengths at these two places are the bounds. A bound for which
-- there are too few calls is NULL: the largest of n lies above the percentile q only with
-- probability 1 - q^n.
sorted AS (
    SELECT $by, sorted_values(counted_ms(outcome, duration_ms)) AS lengths
    FROM $rows
    GROUP BY $by
),
-- One row: what counted in one session, how much of it was ok, and lay at or below each percentile.
within AS (
    SELECT
        $by, session_key, count(*) AS n, count(CASE WHEN is_ok THEN 1 END) AS k,
        count(CASE WHEN length_ms <= p50_ms THEN 1 END) AS k50,
        count(CASE WHEN length_ms <= p90_ms THEN 1 END) AS k90,
        count(CASE WHEN length_ms <= p95_ms THEN 1 END) AS k95,
        count(CASE WHEN length_ms <= p99_ms THEN 1 END) AS k99
    FROM (
        SELECT
            $by, session_key, outcome = 'ok' AS is_ok,
            counted_ms(outcome, duration_ms) AS length_ms
        FROM $rows
    )
    JOIN rates USING ($by)
    WHERE length_ms IS NOT NULL
    GROUP BY $by, session_key
),
-- Which share lies at or below the observed percentile: nearly the percentile's own.
below AS (
    SELECT
        $by,
        sum(k50) / sum(n) AS s50,
        sum(k90) / sum(n) AS s90,
        sum(k95) / sum(n) AS s95,
        sum(k99) / sum(n) AS s99
    FROM within
    GROUP BY $by
),
-- For how many independent calls they count: n over the design effect, which is 1 where each call is
-- a session of its own.
effect AS (
    SELECT
        $by, sum(n) AS n, t_975(count(*) - 1) AS t,
        sum(n) / greatest(1, CASE WHEN sum(n) > count(*) THEN
            sum(power(k50 - n * s50, 2)) / nullif(sum(n) * s50 * (1 - s50), 0)
        END) AS n50,
        sum(n) / greatest(1, CASE WHEN sum(n) > count(*) THEN
            sum(power(k90 - n * s90, 2)) / nullif(sum(n) * s90 * (1 - s90), 0)
        END) AS n90,
        sum(n) / greatest(1, CASE WHEN sum(n) > count(*) THEN
            sum(power(k95 - n * s95, 2)) / nullif(sum(n) * s95 * (1 - s95), 0)
        END) AS n95,
        sum(n) / greatest(1, CASE WHEN sum(n) > count(*) THEN
            sum(power(k99 - n * s99, 2)) / nullif(sum(n) * s99 * (1 - s99), 0)
        END) AS n99
    FROM within
    JOIN below USING ($by)
    GROUP BY $by, s50, s90, s95, s99
),
latency AS (
    SELECT
        $by, n95,
        CASE WHEN t IS NOT NULL AND power(0.5, n50) <= 0.025
            THEN value_at(lengths, round(n * (0.5 - t * sqrt(0.25 / n50)))) END AS p50_low_ms,
        CASE WHEN t IS NOT NULL AND power(0.5, n50) <= 0.025
            THEN value_at(lengths, ceil(n * (0.5 + t * sqrt(0.25 / n50)))) END AS p50_high_ms,
        CASE WHEN t IS NOT NULL AND power(0.1, n90) <= 0.025
            THEN value_at(lengths, round(n * (0.9 - t * sqrt(0.09 / n90)))) END AS p90_low_ms,
        CASE WHEN t IS NOT NULL AND power(0.9, n90) <= 0.025
            THEN value_at(lengths, ceil(n * (0.9 + t * sqrt(0.09 / n90)))) END AS p90_high_ms,
        CASE WHEN t IS NOT NULL AND power(0.05, n95) <= 0.025
            THEN value_at(lengths, round(n * (0.95 - t * sqrt(0.0475 / n95)))) END AS p95_low_ms,
        CASE WHEN t IS NOT NULL AND power(0.95, n95) <= 0.025
            THEN value_at(lengths, ceil(n * (0.95 + t * sqrt(0.0475 / n95)))) END AS p95_high_ms,
        CASE WHEN t IS NOT NULL AND power(0.01, n99) <= 0.025
            THEN value_at(lengths, round(n * (0.99 - t * sqrt(0.0099 / n99)))) END AS p99_low_ms,
        CASE WHEN t IS NOT NULL AND power(0.99, n99) <= 0.025
            THEN value_at(lengths, ceil(n * (0.99 + t * sqrt(0.0099 / n99)))) END AS p99_high_ms
    FROM effect
    JOIN sorted USING ($by)
)
