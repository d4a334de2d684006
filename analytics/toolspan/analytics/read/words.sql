-- Every resource of the batch once; a staged span only has its id.
CREATE OR REPLACE TEMP TABLE resource AS
SELECT DISTINCT
    resource_id,
    json_extract_string(resource, '$[*].key') AS resource_keys,
    json_extract_string(resource, '$[*].value.*') AS resource_vals
FROM staged
WHERE resource IS NOT NULL;

-- One row: a shape, the list of keys that many a span has.
CREATE OR REPLACE TEMP TABLE shape AS
SELECT shape_id, any_value(keys) AS keys
FROM staged
WHERE is_whole
GROUP BY shape_id;
