-- `resolved` of what is stored of it: the list of a span's keys stands once for all that have it.
SELECT stored.*, shape.keys
FROM ($stored) AS stored
LEFT JOIN (SELECT shape_id, any_value(keys) AS keys FROM shape GROUP BY shape_id) AS shape
    ON shape.shape_id = stored.shape_id
