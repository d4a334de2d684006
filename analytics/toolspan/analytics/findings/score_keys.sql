-- One row: a score of one source and evaluator version, with what it is about.
WITH traces_of AS (
    SELECT session_key, count(DISTINCT trace_id) AS traces FROM trace GROUP BY session_key
)
SELECT
    score_name, source_kind, source_id, evaluator_version,
    any_value(direction) AS direction, min(scale_min) AS scale_min, max(scale_max) AS scale_max,
    count(DISTINCT assessment.session_key) AS sessions,
    count(DISTINCT rater_id) AS raters,
    -- Per trace: nothing is about a session as a whole, and sessions have several traces.
    bool_and(target_kind <> 'session' AND trace_id IS NOT NULL) AND max(traces) > 1 AS is_per_trace
FROM assessment
LEFT JOIN traces_of ON traces_of.session_key = assessment.session_key
WHERE matched_by IS NOT NULL AND value IS NOT NULL AND NOT is_superseded
GROUP BY ALL
ORDER BY ALL;
