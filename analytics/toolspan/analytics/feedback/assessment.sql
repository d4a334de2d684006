-- One row: a feedback, brought to the session it is about.
--
-- The same id delivered twice is one row, the latest. An error while judging and a label that says
-- that there is no judgement give no value, whatever number came with them. A feedback finds its
-- session by the first of: session id, trace, span, conversation, tool call, model response, an
-- attribute the user named.
CREATE OR REPLACE TEMP TABLE assessment AS
WITH identified AS NOT MATERIALIZED (
    SELECT * REPLACE (coalesce(feedback_id, 'content:' || md5(CAST(row(
        name, value, label, error, session_id, conversation_id, trace_id, span_id, tool_call_id,
        response_id, target_key, target_value, source_kind, source_id, rater_id,
        evaluator_version, time_ns) AS VARCHAR))) AS feedback_id)
    FROM $evaluations
    WHERE name IS NOT NULL
),
-- Hardly any id comes twice, and to keep or put in order millions of wide rows takes much memory: what
-- is read several times is read again.
repeated AS (SELECT feedback_id FROM identified GROUP BY feedback_id HAVING count(*) > 1),
latest AS NOT MATERIALIZED (
    SELECT * FROM identified WHERE feedback_id NOT IN (SELECT feedback_id FROM repeated)
    UNION ALL
    SELECT *
    FROM identified
    WHERE feedback_id IN (SELECT feedback_id FROM repeated)
    QUALIFY row_number() OVER (
        PARTITION BY feedback_id ORDER BY time_ns DESC NULLS LAST, value, label) = 1
),
valued AS (
    SELECT
        latest.* EXCLUDE (value),
        CASE
            WHEN error IS NOT NULL THEN NULL
            WHEN meaning.label IS NOT NULL AND meaning.value IS NULL THEN NULL
            WHEN isnan(latest.value) OR isinf(latest.value) THEN NULL
            ELSE coalesce(latest.value, meaning.value)
        END AS value,
        error IS NOT NULL OR meaning.label IS NOT NULL AND meaning.value IS NULL AS is_no_judgement,
        latest.value IS NULL AND latest.label IS NOT NULL AND meaning.label IS NULL
            AS is_unknown_label,
        coalesce(latest.source_kind, word.kind, 'unknown') AS known_source_kind
    FROM latest
    LEFT JOIN label_meaning AS meaning ON meaning.label =
        replace(replace(lower(trim(latest.label)), ' ', '_'), '-', '_')
    LEFT JOIN source_word AS word ON word.word = lower(split_part(latest.source_id, ':', 1))
),
session AS (SELECT DISTINCT session_key FROM trace),
of_trace AS (SELECT trace_id, min(session_key) AS session_key FROM trace GROUP BY trace_id),
conversation AS (
    SELECT conversation_id, min(session_key) AS session_key
    FROM trace
    WHERE conversation_id IS NOT NULL
    GROUP BY conversation_id
),
-- Ids that emitters repeat say nothing: a span or call id known in several traces finds none.
lone_span AS (
    SELECT span_id, min(session_key) AS session_key
    FROM $spans
    WHERE span_id IN (SELECT span_id FROM $evaluations WHERE trace_id IS NULL)
    GROUP BY span_id
    HAVING count(DISTINCT trace_id) = 1
),
called AS (
    SELECT tool_call_id, min(session_key) AS session_key
    FROM tool_call
    WHERE tool_call_id IN (SELECT tool_call_id FROM $evaluations)
    GROUP BY tool_call_id
    HAVING count(DISTINCT session_key) = 1
),
response AS (
    SELECT attribute(keys, vals, 'gen_ai.response.id') AS response_id,
        min(session_key) AS session_key
    FROM $responses
    WHERE list_contains(keys, 'gen_ai.response.id')
    GROUP BY ALL
    HAVING count(DISTINCT session_key) = 1
),
named AS (
    SELECT wanted.target_key, wanted.target_value, min(session_key) AS session_key
    FROM (
        SELECT DISTINCT target_key, target_value
        FROM $evaluations
        WHERE target_value IS NOT NULL
    ) AS wanted
    JOIN $attributed ON attribute(keys, vals, wanted.target_key) = wanted.target_value
    GROUP BY ALL
    HAVING count(DISTINCT session_key) = 1
),
-- Only the ids go through the joins, which may keep either side in memory.
matched AS (
    SELECT
        about.feedback_id,
        CASE
            WHEN session.session_key IS NOT NULL THEN 'session'
            WHEN of_trace.session_key IS NOT NULL THEN 'trace'
            WHEN lone_span.session_key IS NOT NULL THEN 'span'
            WHEN conversation.session_key IS NOT NULL THEN 'conversation'
            WHEN called.session_key IS NOT NULL THEN 'tool_call'
            WHEN response.session_key IS NOT NULL THEN 'response'
            WHEN named.session_key IS NOT NULL THEN 'attribute'
        END AS matched_by,
        coalesce(session.session_key, of_trace.session_key, lone_span.session_key,
            conversation.session_key, called.session_key, response.session_key, named.session_key)
            AS matched_session
    FROM latest AS about
    LEFT JOIN session ON session.session_key = about.session_id
    LEFT JOIN of_trace ON of_trace.trace_id = about.trace_id
    LEFT JOIN lone_span ON lone_span.span_id = about.span_id AND about.trace_id IS NULL
    LEFT JOIN conversation
        ON conversation.conversation_id = coalesce(about.conversation_id, about.session_id)
    LEFT JOIN called ON called.tool_call_id = about.tool_call_id
    LEFT JOIN response ON response.response_id = about.response_id
    LEFT JOIN named
        ON named.target_key = about.target_key AND named.target_value = about.target_value
),
placed AS (
    SELECT valued.*, matched.matched_by, matched.matched_session
    FROM valued
    JOIN matched ON matched.feedback_id = valued.feedback_id
)
SELECT
    feedback_id, name AS score_name, value, label,
    coalesce(value_kind, CASE WHEN value IS NOT NULL THEN 'numeric' ELSE 'categorical' END)
        AS value_kind,
    scale_min, scale_max, direction,
    known_source_kind AS source_kind, source_id, rater_id, evaluator_version,
    coalesce(target_kind, CASE
        WHEN session_id IS NOT NULL OR conversation_id IS NOT NULL THEN 'session'
        WHEN tool_call_id IS NOT NULL THEN 'tool_call'
        WHEN span_id IS NOT NULL THEN 'span'
        WHEN trace_id IS NOT NULL THEN 'trace'
        ELSE 'session'
    END) AS target_kind,
    coalesce(matched_session, session_id, conversation_id) AS session_key,
    trace_id, span_id, tool_call_id, matched_by,
    CASE
        WHEN matched_by IS NOT NULL THEN NULL
        WHEN time_ns < (SELECT min(start_ns) FROM trace) THEN 'before the first span'
        WHEN session_id IS NOT NULL THEN 'unknown session id'
        WHEN trace_id IS NOT NULL THEN 'unknown trace id'
        WHEN span_id IS NOT NULL THEN 'unknown span id'
        WHEN conversation_id IS NOT NULL THEN 'unknown conversation id'
        WHEN tool_call_id IS NOT NULL THEN 'unknown or repeated tool call id'
        WHEN response_id IS NOT NULL THEN 'unknown or repeated response id'
        WHEN target_value IS NOT NULL THEN 'unknown or repeated attribute value'
        ELSE 'nothing it is about'
    END AS unmatched_because,
    is_no_judgement, is_unknown_label, comment, error, time_ns, ingested_from,
    false AS is_superseded
FROM placed;

-- Where one rater of one source said several things about one target, the last word counts.
UPDATE assessment SET is_superseded = true
FROM (
    WITH said AS NOT MATERIALIZED (
        SELECT
            feedback_id, error, time_ns,
            -- Who says what about which target.
            (score_name, source_kind, source_id, evaluator_version, rater_id, session_key,
                CASE WHEN target_kind IN ('trace', 'span', 'tool_call') THEN trace_id END,
                CASE WHEN target_kind = 'span' THEN span_id END,
                CASE WHEN target_kind = 'tool_call' THEN tool_call_id END) AS matter
        FROM assessment
    ),
    numbered AS NOT MATERIALIZED (SELECT *, hash(matter) AS number FROM said)
    SELECT feedback_id
    FROM numbered
    WHERE number IN (SELECT number FROM numbered GROUP BY number HAVING count(*) > 1)
    -- An evaluator that failed later takes nothing back.
    QUALIFY row_number() OVER (
        PARTITION BY number, matter
        ORDER BY error IS NOT NULL, time_ns DESC NULLS LAST, feedback_id DESC) > 1
) AS earlier
WHERE assessment.feedback_id = earlier.feedback_id;
