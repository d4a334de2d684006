-- What the results of tools add to later turns of the agents that call them, for measures to include:
-- one row of `call` is a tool call, one of `grown` what a turn added; joined by run and turn.
--
-- What an LLM call of an agent run reads beyond what the LLM call before it read and wrote came in
-- between: the results of the tools that were called then (and now and then what a person said). It
-- is read again by every later LLM call of that run. Calls of the same turn share it by the lengths
-- of their results, where all are recorded, else equally. A context that was cut adds nothing.
event AS (
    SELECT
        trace_key, agent_run_key, start_ns, span_key, 1 AS is_call, session_key, is_chosen, $by,
        characters, CAST(NULL AS BIGINT) AS input_tokens,
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
)
