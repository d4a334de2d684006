-- One row: the places the tolerant decoder must look at, the spans whose attributes must be taken one
-- by one, and whether anything is an evaluation.
SELECT
    count(*) FILTER (is_odd) AS damaged,
    count(shifted) AS shifted,
    coalesce(bool_or(
        logs IS NOT NULL OR name = 'gen_ai.evaluation.result'
        OR contains(events, 'gen_ai.evaluation.')), false) AS has_evaluations
FROM staged;
