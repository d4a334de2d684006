-- How a span ended, from its own words or else from what OpenTelemetry's fields say.
CREATE OR REPLACE TEMP MACRO outcome_of(outcome, status_code, error_type, says_failed, end_ns) AS
CASE outcome
    WHEN 'ok' THEN 'ok' WHEN 'error' THEN 'error' WHEN 'tool_error' THEN 'tool_error'
    WHEN 'timeout' THEN 'timeout' WHEN 'cancelled' THEN 'cancelled'
    WHEN 'interrupted' THEN 'interrupted' WHEN 'denied' THEN 'denied'
    WHEN 'abandoned' THEN 'abandoned'
    ELSE CASE
    WHEN end_ns IS NULL THEN 'abandoned'
    WHEN status_code = 2 OR says_failed OR (error_type IS NOT NULL AND status_code <> 1) THEN
        CASE
            WHEN regexp_matches(error_type, '(?i)time-?_?d?-?_?out|deadline_?exceeded')
                THEN 'timeout'
            WHEN regexp_matches(error_type, '(^|\.)(CancelledError|AbortError)$') THEN 'cancelled'
            WHEN regexp_matches(error_type, '(^|\.)(GraphInterrupt|NodeInterrupt|KeyboardInterrupt)$')
                THEN 'interrupted'
            WHEN error_type = 'tool_error' OR status_code <> 2 AND says_failed THEN 'tool_error'
            ELSE 'error'
        END
    ELSE 'ok'
    END
END;

CREATE OR REPLACE TEMP MACRO is_failure(outcome) AS outcome IN ('error', 'tool_error', 'timeout');

-- The error type of a failure that names none.
CREATE OR REPLACE TEMP MACRO error_type_for(outcome) AS
CASE outcome WHEN 'tool_error' THEN 'tool_error' WHEN 'timeout' THEN 'timeout' ELSE '_OTHER' END;

-- Which layer of a tool call a span is, stated or told from its kind; NULL for the call itself.
CREATE OR REPLACE TEMP MACRO layer_of(layer, mcp_method, span_kind) AS CASE
    WHEN layer IS NOT NULL THEN nullif(layer, 'logical')
    WHEN mcp_method IS NOT NULL AND span_kind = 3 THEN 'client'
    WHEN mcp_method IS NOT NULL AND span_kind = 2 THEN 'server'
END;

-- The length of what ended ok or failed; NULL where somebody stopped it, which no rate or
-- percentile may see.
CREATE OR REPLACE TEMP MACRO counted_ms(outcome, duration_ms) AS
CASE WHEN outcome IN ('ok', 'error', 'tool_error', 'timeout') THEN duration_ms END;

-- A message without what differs each time: quoted texts, addresses, ids, numbers.
CREATE OR REPLACE TEMP MACRO normalised(message) AS left(trim(regexp_replace(
    split_part(regexp_replace(regexp_replace(regexp_replace(regexp_replace(
        left(message, 4000),
        '''[^'']*''|"[^"]*"', '<str>', 'g'),
        'https?://\S+', '<url>', 'g'),
        '\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b', '<uuid>', 'g'),
        '\d+(?:\.\d+)*', '<num>', 'g'), chr(10), 1),
    '\s+', ' ', 'g')), 200);

-- The start of the minute, hour, day, week or month a time lies in, and of the one before.
CREATE OR REPLACE TEMP MACRO time_bucket_of(every, time) AS
    date_trunc(every, CAST(time AS TIMESTAMP));
CREATE OR REPLACE TEMP MACRO time_bucket_before(every, time) AS
    date_trunc(every, time - INTERVAL 1 MICROSECOND);

-- Whether a span below an open call describes that same call. Frameworks put the server's name
-- before the names of MCP tools (`clock_get_time` around `tools/call get_time`).
CREATE OR REPLACE TEMP MACRO describes_same_tool(tool_name, layer, mcp_method, open_name) AS
    tool_name IS NULL
    OR tool_name = open_name
    OR layer IN ('client', 'server')
    OR (mcp_method IS NOT NULL
        AND regexp_matches(left(open_name, greatest(0, len(open_name) - len(tool_name))), '[_./:-]$')
        AND ends_with(open_name, tool_name));

-- A name without what frameworks change in it: `helm-agent` and `helm_agent` are one.
CREATE OR REPLACE TEMP MACRO plain_name(name) AS
    regexp_replace(lower(name), '[^\p{L}\p{N}]', '', 'g');

-- Plumbing of a framework that looks like a tool call: exact names per emitting scope.
CREATE OR REPLACE TEMP MACRO is_pseudo_tool(scope_name, tool_name) AS $pseudo_tools;

-- Two or three numbers as one value of the same order: by the first, then the second, then the third.
CREATE OR REPLACE TEMP MACRO in_order_of(start_ns, span_id) AS
    CAST(start_ns AS HUGEINT) * 18446744073709551616 + span_id;
CREATE OR REPLACE TEMP MACRO top_first_of(depth, start_ns, span_id) AS
    create_sort_key(depth, 'ASC NULLS LAST', start_ns, 'ASC NULLS LAST', span_id, 'ASC NULLS LAST');
