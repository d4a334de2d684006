-- One row: a tool (or what `$by` groups by), and the tokens that its results and its schema add to
-- later turns of the agents that call it.
--
-- What an LLM call of an agent run reads beyond what the LLM call before it read and wrote came in
-- between: the results of the tools that were called then (and now and then what a person said). It
-- is read again by every later LLM call of that run. Calls of the same turn share it by the lengths
-- of their results, where all are recorded, else equally. A context that was cut adds nothing.
WITH event AS (
    SELECT
        trace_key, agent_run_key, start_ns, span_key, 1 AS is_call, session_key, is_chosen, $by,
        length(result) AS characters, CAST(NULL AS BIGINT) AS input_tokens,
        CAST(NULL AS BIGINT) AS output_tokens, CAST(NULL AS DOUBLE) AS cost
    FROM $rows
    WHERE agent_run_key IS NOT NULL
    UNION ALL
    SELECT
        trace_key, agent_run_key, start_ns, span_key, 0, session_key, false, $no_keys, NULL,
        input_tokens, coalesce(output_tokens, 0), cost
    FROM llm_call_rows
    WHERE agent_run_key IS NOT NULL AND input_tokens IS NOT NULL
),
numbered AS (
    SELECT
        *,
        count(input_tokens) OVER (PARTITION BY agent_run_key, trace_key
            ORDER BY start_ns, is_call, span_key ROWS UNBOUNDED PRECEDING) AS turn
    FROM event
),
grown AS (
    SELECT
        trace_key, agent_run_key, turn,
        greatest(0, coalesce(lead(input_tokens) OVER turns - input_tokens - output_tokens, 0))
            AS added,
        count(*) OVER run - turn AS turns_after,
        sum(cost) OVER run / nullif(sum(CASE WHEN cost IS NOT NULL
            THEN input_tokens + output_tokens END) OVER run, 0) AS token_cost
    FROM numbered
    WHERE is_call = 0
    WINDOW
        run AS (PARTITION BY agent_run_key, trace_key),
        turns AS (PARTITION BY agent_run_key, trace_key ORDER BY turn)
),
call AS (
    SELECT
        *,
        CASE WHEN count(characters) OVER together = count(*) OVER together
                AND sum(characters) OVER together > 0
            THEN characters / sum(characters) OVER together
            ELSE 1 / count(*) OVER together
        END AS part
    FROM numbered
    WHERE is_call = 1
    WINDOW together AS (PARTITION BY agent_run_key, trace_key, turn)
),
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
