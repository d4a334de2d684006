-- One row: a tool (or what `$by` groups by), and the tokens that its results and its schema add to
-- later turns of the agents that call it.
WITH $carried,
charged AS (
    SELECT
        $by, count(*) AS calls, count(DISTINCT session_key) AS sessions,
        exact_sum(part * added) AS added_tokens,
        exact_sum(part * added * turns_after) AS carried_tokens,
        exact_sum(part * added * turns_after * token_cost) AS carried_cost
    FROM call
    JOIN grown USING (trace_key, agent_run_key, turn)
    WHERE is_chosen AND turns_after > 0
    GROUP BY $by
),
read_in_all AS (SELECT sum(input_tokens) AS input_tokens FROM numbered WHERE is_call = 0),
offer AS (
    SELECT
        session_key, attribute(attribute_keys, attribute_values, 'gen_ai.tool.definitions') AS offers
    FROM span_rows
    WHERE unit = 'llm'
),
definition AS (
    SELECT session_key, json_members(offers) AS body FROM offer WHERE is_json_array(offers)
),
-- Four characters are about one token.
schema AS (
    SELECT
        coalesce(json_member(body, '$.name'), json_member(body, '$.function.name')) AS key_1,
        exact_sum(length(CAST(body AS VARCHAR)) / 4) AS schema_tokens
    FROM definition
    GROUP BY coalesce(json_member(body, '$.name'), json_member(body, '$.function.name'))
)
SELECT
    $by, coalesce(calls, 0) AS calls, coalesce(sessions, 0) AS sessions,
    added_tokens / nullif(calls, 0) AS mean_added_tokens, added_tokens, carried_tokens,
    carried_tokens / nullif(input_tokens, 0) AS carried_share, $schema_tokens AS schema_tokens,
    carried_cost
FROM charged
$join_schema
CROSS JOIN read_in_all
ORDER BY carried_tokens DESC NULLS LAST, $by;
