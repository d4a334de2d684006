-- Why a rate should be read with care, for measures to include: NULL if there is enough of it. Below
-- 20 counted calls or 5 sessions the interval of a rate is wider than most differences of interest.
CASE
        WHEN $n = 0 THEN 'none ended ok or failed'
        WHEN $clusters < 2 THEN 'one session: no interval'
        WHEN $n < 20 OR $clusters < 5 THEN 'little data'
    END
