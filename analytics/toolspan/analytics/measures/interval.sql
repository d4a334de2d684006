-- The interval of a rate, for measures to include: one row of `success` is one of `$by`; how many
-- counted (n) and were ok (k) in each session is `$per_session`.
--
-- Wilson's interval on the effective number of calls: what happens within one session is alike, so
-- n is divided by the design effect of clusters (Kish), estimated from how the sessions' own
-- successes scatter (linearised ratio estimator), and the normal quantile is replaced by Student's
-- t with (sessions - 1) degrees of freedom. One session gives no interval.
per_session AS ($per_session),
rated AS (
    SELECT $by, sum(k) / nullif(sum(n), 0) AS p
    FROM per_session
    GROUP BY $by
),
spread AS (
    SELECT
        $by, min(p) AS p, sum(n) AS n, count(*) AS clusters,
        sum(power(k - n * p, 2)) AS scatter, sum(power(n, 2)) / sum(n) AS mean_cluster
    FROM per_session
    JOIN rated USING ($by)
    WHERE n > 0
    GROUP BY $by
),
success AS (
    SELECT
        $by, p, clusters, t_975(clusters - 1) AS t,
        -- Without a single failure (or success) the scatter says nothing: then the usual
        -- correlation within sessions, 0.2, is assumed.
        n / greatest(1, CASE
            WHEN p > 0 AND p < 1
                THEN clusters / nullif(clusters - 1, 0) * scatter / (n * p * (1 - p))
            ELSE 1 + (mean_cluster - 1) * 0.2
        END) AS effective_n
    FROM spread
)
