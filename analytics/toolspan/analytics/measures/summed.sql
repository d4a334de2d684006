-- The interval of a rate, for measures to include: one row of `success` is one of `$by`, from
-- `per_session`, of each session the calls n and those k of them that count.
--
-- Wilson's interval on the effective number of calls: what happens within one session is alike, so
-- n is divided by the design effect of clusters (Kish), estimated from how the sessions' own
-- successes scatter (linearised ratio estimator), and the normal quantile is replaced by Student's
-- t with (sessions - 1) degrees of freedom. One session gives no interval.
summed AS (
    SELECT
        $by, count(*) AS clusters, sum(n) AS sum_n, sum(n * n) AS nn, sum(k) AS sum_k,
        sum(k * k) AS kk, sum(k * n) AS kn
    FROM per_session
    GROUP BY $by
),
success AS (
    SELECT
        $by, sum_k / sum_n AS p, t_975(clusters - 1) AS t,
        effective_calls(sum_n, sum_k, nn, kk, kn, clusters) AS effective_n
    FROM summed
)
