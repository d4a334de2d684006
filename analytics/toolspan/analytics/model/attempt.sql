-- One row: one try of a logical call, where the emitter marks tries as spans of their own.
SELECT
    trace_id, span_id, tool_call_of AS call_id,
    coalesce(attempt_number, row_number() OVER in_call) AS attempt_number,
    start_ns, end_ns, duration_ms, outcome,
    coalesce(attempt_error_type, error_type) AS error_type, error_message,
    milliseconds(start_ns - lag(end_ns) OVER in_call) AS waited_ms
FROM resolved
WHERE layer = 'attempt'
WINDOW in_call AS (PARTITION BY trace_id, tool_call_of ORDER BY start_ns, span_id)
