-- One row: a bucket of lengths of what ended ok or failed, for a tool (or what `$by` groups by). Rows
-- of several machines or stretches of time add up, and percentiles of the sum err by at most 1 %.
SELECT
    $by, bucket_of(length_ms) AS bucket, bucket_middle(bucket_of(length_ms)) AS middle_ms,
    count(*) AS calls
FROM $rows
WHERE length_ms IS NOT NULL
GROUP BY $by, bucket_of(length_ms)
ORDER BY $by, bucket NULLS FIRST;
