-- The interval of a rate, for measures with a grouping of their own to include: one row of `success`
-- is one of `$by`, from the rows of `judged` (`outcome` 'ok' or something else).
per_session AS (
    SELECT $by, session_key, count(*) AS n, count(CASE WHEN outcome = 'ok' THEN 1 END) AS k
    FROM judged
    GROUP BY $by, session_key
),
$summed
