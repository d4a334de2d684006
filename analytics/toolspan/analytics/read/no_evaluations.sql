-- `evaluation` where there is none to read: the same columns, without the work.
CREATE OR REPLACE TEMP TABLE evaluation (
    time_ns BIGINT, trace_id UUID, span_id UBIGINT, name VARCHAR, value DOUBLE, label VARCHAR,
    comment VARCHAR, error VARCHAR, session_id VARCHAR, conversation_id VARCHAR,
    response_id VARCHAR, tool_call_id VARCHAR, target_key VARCHAR, target_value VARCHAR,
    feedback_id VARCHAR, target_kind VARCHAR, value_kind VARCHAR, source_kind VARCHAR,
    source_id VARCHAR, rater_id VARCHAR, evaluator_version VARCHAR, scale_min DOUBLE,
    scale_max DOUBLE, direction VARCHAR, ingested_from VARCHAR
);
