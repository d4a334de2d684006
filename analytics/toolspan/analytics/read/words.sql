-- Every resource of the batch once; a staged span only has its id.
CREATE OR REPLACE TEMP TABLE resource AS
SELECT
    resource_id,
    list_transform(from_json(resource, '[{"key": "VARCHAR"}]'), lambda pair: coalesce(pair.key, ''))
        AS resource_keys,
    -- One by one: a value without a member is NULL and does not shift those after it.
    list_transform(
        from_json(resource, '[{"value": "JSON"}]'),
        lambda pair: json_extract_string(pair.value, '$.*')[1]) AS resource_vals
FROM (SELECT DISTINCT resource_id, resource FROM staged WHERE resource IS NOT NULL);

-- One row: a shape, the list of keys that many a span has.
CREATE OR REPLACE TEMP TABLE shape AS
SELECT shape_id, any_value(keys) AS keys
FROM staged
WHERE is_whole
GROUP BY shape_id;
