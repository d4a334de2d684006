-- One row: a word that occurs in the staged spans, and where: as an attribute key, as a key of a
-- resource, as a scope, or as the beginning of a name that some dialect asks about.
SELECT DISTINCT 'key' AS place, unnest(keys) AS word FROM shape
UNION ALL
SELECT DISTINCT 'resource', unnest(resource_keys) FROM resource
UNION ALL
SELECT DISTINCT 'scope', scope_name FROM staged WHERE scope_name IS NOT NULL
UNION ALL
SELECT DISTINCT 'name', prefix FROM (
    SELECT name, unnest($prefixes) AS prefix FROM (SELECT DISTINCT name FROM staged)
)
WHERE starts_with(name, prefix);
