-- How much feedback there is, and how much of it refers to spans alone, to model responses and to
-- attributes of the user's own.
SELECT
    count(*) AS feedback,
    count(CASE WHEN span_id IS NOT NULL AND trace_id IS NULL THEN 1 END) AS spans,
    count(response_id) AS responses,
    count(target_value) AS attributes
FROM $evaluations;
