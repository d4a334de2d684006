-- Spans whose parents run in a circle hang below no top: each stands alone.
INSERT INTO context BY NAME
SELECT
    trace_id, span_id, 0 AS depth, span_id AS root_id,
    CASE WHEN kind NOT IN ('other', 'chain') AND coalesce(layer, '') NOT IN ('attempt', 'duplicate')
        THEN kind END AS unit,
    CASE WHEN kind = 'tool' AND coalesce(layer, '') NOT IN ('attempt', 'duplicate')
        THEN span_id END AS tool_call_of,
    CASE WHEN kind = 'llm' THEN span_id END AS llm_call_of,
    session_id, conversation_id
FROM node
ANTI JOIN context USING (trace_id, span_id);
