-- `assessment` where there is no feedback: the same columns, without the work.
CREATE OR REPLACE TEMP TABLE assessment (
    feedback_id VARCHAR, score_name VARCHAR, value DOUBLE, label VARCHAR, value_kind VARCHAR,
    scale_min DOUBLE, scale_max DOUBLE, direction VARCHAR, source_kind VARCHAR,
    source_id VARCHAR, rater_id VARCHAR, evaluator_version VARCHAR, target_kind VARCHAR,
    session_key VARCHAR, trace_id UUID, span_id UBIGINT, tool_call_id VARCHAR,
    matched_by VARCHAR, unmatched_because VARCHAR, is_no_judgement BOOLEAN,
    is_unknown_label BOOLEAN, comment VARCHAR, error VARCHAR, time_ns BIGINT,
    ingested_from VARCHAR, is_superseded BOOLEAN
);
