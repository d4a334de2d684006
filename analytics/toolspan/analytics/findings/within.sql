-- One row: a session or trace with the value of an attribute, of its spans or else its resource; of
-- several values the first in their order.
SELECT
    CAST($unit AS VARCHAR) AS unit_key,
    min(coalesce(attribute(keys, vals, $attribute),
        attribute(resource_keys, resource_vals, $attribute))) AS value
FROM resolved
LEFT JOIN resource ON resource.resource_id = resolved.resource_id
GROUP BY unit_key;
