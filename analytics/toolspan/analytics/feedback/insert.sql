-- One row: a feedback of a file that is no OTLP, as one JSON object a line.
CREATE OR REPLACE TEMP TABLE imported_evaluation AS
SELECT
    * EXCLUDE (trace_id, span_id),
    try_cast(trace_id AS UUID) AS trace_id,
    try_cast('0x' || span_id AS UBIGINT) AS span_id
FROM read_json($file, format = 'newline_delimited', columns = {
    name: 'VARCHAR', value: 'DOUBLE', label: 'VARCHAR', value_kind: 'VARCHAR',
    feedback_id: 'VARCHAR', session_id: 'VARCHAR', trace_id: 'VARCHAR', span_id: 'VARCHAR',
    tool_call_id: 'VARCHAR', conversation_id: 'VARCHAR', response_id: 'VARCHAR',
    target_key: 'VARCHAR', target_value: 'VARCHAR', target_kind: 'VARCHAR',
    source_kind: 'VARCHAR', source_id: 'VARCHAR', rater_id: 'VARCHAR',
    evaluator_version: 'VARCHAR', comment: 'VARCHAR', error: 'VARCHAR',
    scale_min: 'DOUBLE', scale_max: 'DOUBLE', direction: 'VARCHAR', time_ns: 'BIGINT',
    ingested_from: 'VARCHAR'
});
