-- Emitters that record each try as a call of its own and mark them (pydantic-ai marks a call that
-- will be tried again, `retried_as`; LangGraph's tag marks the later try, `retry_of`): the tries
-- of one tool by one agent run become one logical call from the first start to the last end.
CREATE OR REPLACE TEMP TABLE marked AS
WITH sequence AS (
    SELECT
        trace_id, span_id, start_ns, end_ns, outcome, retried_as, retry_of,
        lag(span_id) OVER calls AS previous_id,
        coalesce(
            is_failure(lag(outcome) OVER calls) AND lag(end_ns) OVER calls <= start_ns
            AND (lag(retried_as) OVER calls IS NOT NULL OR retry_of >= 2), false) AS is_retry
    FROM settled_tool_call
    WHERE NOT is_pseudo
    WINDOW calls AS (
        PARTITION BY trace_id, agent_run_id, tool_name ORDER BY start_ns, span_id)
)
SELECT trace_id, previous_id AS span_id, span_id AS next_id FROM sequence WHERE is_retry;

CREATE OR REPLACE TEMP TABLE chain AS
WITH RECURSIVE step AS (
    SELECT trace_id, span_id AS call_id, span_id, 1 AS number
    FROM marked
    WHERE (trace_id, span_id) NOT IN (SELECT trace_id, next_id FROM marked)
    UNION ALL
    SELECT step.trace_id, step.call_id, marked.next_id, step.number + 1
    FROM step
    JOIN marked ON marked.trace_id = step.trace_id AND marked.span_id = step.span_id
)
SELECT step.*, call.* EXCLUDE (trace_id, span_id)
FROM step
JOIN settled_tool_call AS call
    ON call.trace_id = step.trace_id AND call.span_id = step.span_id;

INSERT INTO settled_attempt BY NAME
SELECT
    trace_id, span_id, call_id, number AS attempt_number, start_ns, end_ns, duration_ms,
    outcome, error_type, error_message,
    milliseconds(start_ns - lag(end_ns) OVER in_call) AS waited_ms
FROM chain
WINDOW in_call AS (PARTITION BY trace_id, call_id ORDER BY number);

DELETE FROM settled_tool_call
WHERE (trace_id, span_id) IN (SELECT trace_id, span_id FROM chain WHERE number > 1);

UPDATE settled_tool_call SET
    end_ns = whole.end_ns,
    duration_ms = milliseconds(whole.end_ns - settled_tool_call.start_ns),
    outcome = whole.outcome, error_type = whole.error_type, error_message = whole.error_message,
    result = whole.result,
    attempts = whole.attempts, is_retried = true, wasted_retry_ms = whole.wasted_ms
FROM (
    SELECT
        chain.trace_id, chain.call_id,
        max(chain.end_ns) AS end_ns,
        arg_max(chain.outcome, number) AS outcome,
        arg_max(chain.error_type, number) FILTER (is_failure(chain.outcome)
            AND number = last_number) AS error_type,
        arg_max(chain.error_message, number) FILTER (is_failure(chain.outcome)
            AND number = last_number) AS error_message,
        arg_max(chain.result, number) AS result,
        CAST(count(*) AS INTEGER) AS attempts,
        sum(CASE WHEN chain.outcome = 'ok' THEN 0 ELSE chain.duration_ms END)
            + sum(greatest(0, coalesce(settled_attempt.waited_ms, 0))) AS wasted_ms
    FROM (SELECT *, max(number) OVER (PARTITION BY trace_id, call_id) AS last_number FROM chain)
        AS chain
    JOIN settled_attempt
        ON settled_attempt.trace_id = chain.trace_id AND settled_attempt.span_id = chain.span_id
    GROUP BY ALL
) AS whole
WHERE settled_tool_call.trace_id = whole.trace_id AND settled_tool_call.span_id = whole.call_id;
