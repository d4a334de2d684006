-- One row: the places the tolerant decoder must look at, the spans whose attributes must be taken one
-- by one, whether anything is an evaluation, and whether log records tell of calls.
SELECT
    count(*) FILTER (is_odd) AS damaged,
    count(shifted) AS shifted,
    coalesce(bool_or(
        logs IS NOT NULL OR name = 'gen_ai.evaluation.result'
        OR contains(events, 'gen_ai.evaluation.')), false) AS has_evaluations,
    coalesce(bool_or(has_call_events), false) AS has_call_events
FROM staged;
