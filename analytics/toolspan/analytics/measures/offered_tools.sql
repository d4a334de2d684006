-- One row: a tool that models were offered (`gen_ai.tool.definitions`): in how many sessions, and
-- how many characters its definition has.
WITH offer AS (
    SELECT DISTINCT
        session_key, attribute(attribute_keys, attribute_values, 'gen_ai.tool.definitions') AS offers
    FROM $rows
),
definition AS (
    SELECT session_key, json_members(offers) AS body
    FROM offer
    WHERE is_json_array(offers)
),
named AS (
    SELECT
        session_key, CAST(body AS VARCHAR) AS body,
        coalesce(json_member(body, '$.name'), json_member(body, '$.function.name')) AS tool_name
    FROM definition
)
SELECT tool_name, count(DISTINCT session_key) AS sessions, max(length(body)) AS characters
FROM named
WHERE tool_name IS NOT NULL
GROUP BY tool_name
ORDER BY tool_name;
