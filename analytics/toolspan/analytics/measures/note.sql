-- Why a rate or a percentile should be read with care, for measures to include at the end: NULL if
-- there is enough of it. Below 20 counted calls or 5 sessions the interval of a rate is wider than
-- most differences of interest; the 95th percentile has an upper bound from 72 independent calls on
-- (0.95 ^ 72 < 0.025).
CASE
        WHEN ok + errors = 0 THEN 'none ended ok or failed'
        WHEN sessions < 2 THEN 'one session: no interval'
        WHEN ok + errors < 20 OR sessions < 5 THEN 'little data'
    END AS note,
    CASE
        WHEN ok + errors > 0 AND p95_high_ms IS NULL THEN concat(
            '$roughly', 'p95 needs 72 independent calls for an interval; these ',
            CAST(ok + errors AS VARCHAR),
            ' count as ', CAST(CAST(floor(greatest(1, n95)) AS BIGINT) AS VARCHAR))
        ELSE $otherwise
    END AS latency_note
