-- One row: a delivery of a span that need not be kept, because another says more: the rule is that
-- of model/unique.sql. A delivery that brings feedback of its own stays.
WITH repeated AS (
    SELECT hash(trace_id, span_id) AS id
    FROM read_parquet($files, hive_partitioning = false)
    GROUP BY id
    HAVING count(*) > 1
),
delivered AS (
    SELECT
        filename, file_row_number, trace_id, span_id, start_ns, end_ns, parent_span_id,
        len(attribute_keys) AS size,
        md5(concat_ws('|', name, status_code, array_to_string(attribute_keys, '|'),
            array_to_string(attribute_values, '|'))) AS content,
        CASE WHEN name = 'gen_ai.evaluation.result' OR contains(events, 'gen_ai.evaluation.')
            THEN md5(concat_ws('|', start_ns, parent_span_id, events,
                array_to_string(attribute_values, '|'))) END AS feedback
    FROM read_parquet($files, hive_partitioning = false, filename = true, file_row_number = true)
    WHERE hash(trace_id, span_id) IN (SELECT id FROM repeated)
),
placed AS (
    SELECT
        filename, file_row_number, feedback, row_number() OVER span AS place,
        row_number() OVER (PARTITION BY trace_id, span_id, feedback ORDER BY
            end_ns DESC NULLS LAST, size DESC NULLS LAST, start_ns, content, parent_span_id)
            AS feedback_place
    FROM delivered
    WINDOW span AS (PARTITION BY trace_id, span_id ORDER BY
        end_ns DESC NULLS LAST, size DESC NULLS LAST, start_ns, content, parent_span_id)
)
SELECT filename, file_row_number
FROM placed
WHERE place > 1 AND (feedback IS NULL OR feedback_place > 1)
