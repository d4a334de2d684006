-- One row: one score of one source and evaluator version; never pooled over any of them. `n` counts
-- the values in force; means are over those whose session has spans.
SELECT
    score_name, source_kind, source_id, evaluator_version,
    count(*) AS n,
    count(session.session_key) AS matched,
    count(*) - count(session.session_key) AS unmatched,
    count(DISTINCT session.session_key) AS sessions,
    (SELECT count(*) FROM sessions) - count(DISTINCT session.session_key) AS sessions_missing,
    count(DISTINCT rater_id) AS raters,
    ordered_mean(CASE WHEN session.session_key IS NOT NULL THEN value END) AS mean,
    min(CASE WHEN session.session_key IS NOT NULL THEN value END) AS min,
    max(CASE WHEN session.session_key IS NOT NULL THEN value END) AS max,
    count(CASE WHEN value IS NULL THEN 1 END) AS without_value,
    min(direction) AS direction
FROM (SELECT * FROM $rows WHERE NOT is_superseded) AS feedback
LEFT JOIN (SELECT session_key FROM sessions) AS session
    ON session.session_key = feedback.session_key
GROUP BY score_name, source_kind, source_id, evaluator_version
ORDER BY score_name, source_kind, source_id, evaluator_version;
