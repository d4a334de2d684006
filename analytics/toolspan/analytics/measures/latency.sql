-- The intervals of p50 and p95, for measures to include after `rates`: one row of `latency` is one
-- of `$by`. Woodruff's inversion: the share of calls below the observed percentile gets an interval
-- (Wilson's on the effective number of calls, as for success rates, with the design effect of
-- clusters in sessions), and its ends are looked up among the sorted lengths. A bound for which
-- there are too few calls is NULL: the largest of n lies above the percentile q only with
-- probability 1 - q^n.
sorted AS (
    SELECT $by, sorted_values(counted_ms(outcome, duration_ms)) AS lengths
    FROM $rows
    GROUP BY $by
),
within AS (
    SELECT
        $by, session_key, count(*) AS n,
        count(CASE WHEN length_ms <= p50_ms THEN 1 END) AS k50,
        count(CASE WHEN length_ms <= p95_ms THEN 1 END) AS k95
    FROM (SELECT $by, session_key, counted_ms(outcome, duration_ms) AS length_ms FROM $rows)
    JOIN rates USING ($by)
    WHERE length_ms IS NOT NULL
    GROUP BY $by, session_key
),
effect AS (
    SELECT
        $by, sum(n) AS n, t_975(count(*) - 1) AS t,
        sum(n) / greatest(1, count(*) / nullif(count(*) - 1, 0)
            * sum(power(k50 - n * 0.5, 2)) / (sum(n) * 0.25)) AS n50,
        sum(n) / greatest(1, count(*) / nullif(count(*) - 1, 0)
            * sum(power(k95 - n * 0.95, 2)) / (sum(n) * 0.0475)) AS n95
    FROM within
    GROUP BY $by
),
latency AS (
    SELECT
        $by,
        CASE WHEN power(0.5, n50) <= 0.025
            THEN value_at(lengths, floor(wilson_low(0.5, n50, t) * n)) END AS p50_low_ms,
        CASE WHEN power(0.5, n50) <= 0.025
            THEN value_at(lengths, ceil(wilson_high(0.5, n50, t) * n)) END AS p50_high_ms,
        value_at(lengths, floor(wilson_low(0.95, n95, t) * n)) AS p95_low_ms,
        CASE WHEN power(0.95, n95) <= 0.025
            THEN value_at(lengths, ceil(wilson_high(0.95, n95, t) * n)) END AS p95_high_ms
    FROM effect
    JOIN sorted USING ($by)
)
