-- One row: failed calls of one tool with one error type and one message, once numbers, quoted texts,
-- addresses and ids are taken out of it. The example is the newest.
SELECT
    $by, coalesce(error_type, '_OTHER') AS error_type, normalised(error_message) AS message,
    count(*) AS count,
    count(*) / sum(count(*)) OVER () AS share,
    count(DISTINCT session_key) AS sessions,
    min(start_time) AS first_time, max(start_time) AS last_time,
    greatest_by(error_message, start_ns, span_id) AS example,
    greatest_by(session_id, start_ns, span_id) AS example_session_id,
    greatest_by(trace_id, start_ns, span_id) AS example_trace_id,
    greatest_by(span_id, start_ns, span_id) AS example_span_id
FROM $rows
GROUP BY $by, coalesce(error_type, '_OTHER'), normalised(error_message)
ORDER BY count DESC, $by, error_type, message;
