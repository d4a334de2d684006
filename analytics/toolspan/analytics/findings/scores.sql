-- One row: a score of one source for one session or trace: the mean of what its raters said last.
SELECT
    score_name, source_kind, source_id, evaluator_version, CAST($unit AS VARCHAR) AS unit_key,
    avg(value) AS value, count(*) AS ratings, count(DISTINCT rater_id) AS raters
FROM assessment
WHERE matched_by IS NOT NULL AND value IS NOT NULL AND NOT is_superseded AND $unit IS NOT NULL
GROUP BY ALL
ORDER BY ALL;
