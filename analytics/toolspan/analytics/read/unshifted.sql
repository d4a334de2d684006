-- Attributes with a value that has no member, one by one: such a value is NULL.
UPDATE staged SET
    keys = list_transform(
        from_json(shifted, '[{"key": "VARCHAR"}]'), lambda pair: coalesce(pair.key, '')),
    vals = list_transform(
        from_json(shifted, '[{"value": "JSON"}]'),
        lambda pair: json_extract_string(pair.value, '$.*')[1])
WHERE shifted IS NOT NULL;

UPDATE staged SET shape_id = hash(keys) WHERE shifted IS NOT NULL;
