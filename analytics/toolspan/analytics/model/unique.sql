-- Of several deliveries of a span, by its ids, the one that says most stays: the latest end, then
-- the most attributes; a rule that no order of files or lines can change.
DELETE FROM $deliveries
WHERE rowid IN (
    SELECT place
    FROM (
        SELECT
            rowid AS place,
            row_number() OVER (
                PARTITION BY trace_id, span_id
                ORDER BY
                    end_ns DESC NULLS LAST, len(keys) DESC NULLS LAST, start_ns,
                    md5(concat_ws('|', name, status_code, array_to_string(keys, '|'),
                        array_to_string(vals, '|'))),
                    parent_id
            ) AS number
        FROM $deliveries
        WHERE (trace_id, span_id) IN (
            SELECT (trace_id, span_id)
            FROM $deliveries
            WHERE start_ns IS NOT NULL
            GROUP BY trace_id, span_id
            HAVING count(*) > 1
        ) AND start_ns IS NOT NULL
    )
    WHERE number > 1
);
