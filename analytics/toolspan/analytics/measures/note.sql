-- Why a rate or a percentile should be read with care, for measures to include at the end: NULL if
-- there is enough of it. The 95th percentile has an upper bound from 72 independent calls on
-- (0.95 ^ 72 < 0.025).
$few AS note,
    CASE
        WHEN ok + errors > 0 AND p95_high_ms IS NULL THEN concat(
            '$roughly', 'p95 needs 72 independent calls for an interval; these ',
            CAST(ok + errors AS VARCHAR),
            ' count as ', CAST(CAST(floor(greatest(1, n95)) AS BIGINT) AS VARCHAR))
        ELSE $otherwise
    END AS latency_note
