-- One row: what became of the feedback of one score and source, and how the sessions that have it
-- differ from those that have none.
WITH session AS (
    SELECT
        sessions.session_key,
        -- Where what runs it was not recorded, a session failed when one of its tool calls did.
        CASE WHEN outcome = 'unknown' THEN coalesce(calls.has_failure, false)
            ELSE is_failure(outcome) END AS has_failed
    FROM sessions
    LEFT JOIN (
        SELECT session_key, bool_or(is_failure(outcome)) AS has_failure
        FROM tool_call
        WHERE NOT is_pseudo
        GROUP BY session_key
    ) AS calls ON calls.session_key = sessions.session_key
),
rated AS (
    SELECT DISTINCT score_name, source_kind, source_id, evaluator_version, session_key
    FROM assessment
    WHERE matched_by IS NOT NULL AND value IS NOT NULL AND NOT is_superseded
),
selection AS (
    SELECT
        score_name, source_kind, source_id, evaluator_version,
        count(*) AS rated_sessions, count(CASE WHEN has_failed THEN 1 END) AS rated_failed
    FROM rated
    JOIN session ON session.session_key = rated.session_key
    GROUP BY ALL
),
joined AS (
    SELECT
        score_name, source_kind, source_id, evaluator_version,
        count(*) AS feedback,
        count(matched_by) AS matched,
        count(*) - count(matched_by) AS unmatched,
        count(CASE WHEN is_superseded THEN 1 END) AS superseded,
        count(CASE WHEN is_no_judgement THEN 1 END) AS no_judgement,
        count(CASE WHEN is_unknown_label THEN 1 END) AS unknown_label
    FROM assessment
    GROUP BY ALL
)
SELECT
    joined.*,
    coalesce(rated_sessions, 0) AS rated_sessions,
    (SELECT count(*) FROM session) AS sessions,
    coalesce(rated_failed, 0) AS rated_failed,
    (SELECT count(CASE WHEN has_failed THEN 1 END) FROM session) AS failed_sessions
FROM joined
LEFT JOIN selection
    ON selection.score_name = joined.score_name
    AND selection.source_kind = joined.source_kind
    AND selection.source_id IS NOT DISTINCT FROM joined.source_id
    AND selection.evaluator_version IS NOT DISTINCT FROM joined.evaluator_version
ORDER BY ALL;
