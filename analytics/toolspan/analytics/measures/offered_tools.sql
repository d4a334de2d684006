-- One row: a tool that models were offered (`gen_ai.tool.definitions`): in how many sessions, and
-- how many characters its definition has.
WITH offer AS (
    SELECT DISTINCT
        session_key, attribute(attribute_keys, attribute_values, 'gen_ai.tool.definitions') AS offers
    FROM $rows
),
definition AS (
    SELECT session_key, unnest(json_extract(offers, '$[*]')) AS body
    FROM offer
    WHERE CASE WHEN json_valid(offers) THEN json_type(offers) = 'ARRAY' END
)
SELECT
    coalesce(json_extract_string(body, '$.name'), json_extract_string(body, '$.function.name'))
        AS tool_name,
    count(DISTINCT session_key) AS sessions,
    max(length(CAST(body AS VARCHAR))) AS characters
FROM definition
GROUP BY ALL
HAVING tool_name IS NOT NULL
ORDER BY tool_name;
