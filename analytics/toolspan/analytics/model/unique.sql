-- One row: a span id of a trace. Of several deliveries the one that says most stays: the latest
-- end, then the most attributes; a rule that no order of files or lines can change.
CREATE OR REPLACE TEMP TABLE span AS
SELECT * FROM span
QUALIFY row_number() OVER (
    PARTITION BY trace_id, span_id
    ORDER BY
        end_ns DESC NULLS LAST, len(keys) DESC NULLS LAST, start_ns,
        md5(concat_ws('|', name, status_code, array_to_string(keys, '|'),
            array_to_string(vals, '|'))),
        parent_id
) = 1;
