-- One row: a span in its place: what encloses it, and which unit it is.
--
-- A *unit* is a workflow run, a step, an agent run, a logical tool call or an LLM call. A span that
-- only describes a unit again (the CLIENT span of a tool call, an attempt, a nested chat span of
-- the same model call, an agent span within its own) is no unit. The walk goes down from the spans
-- whose parent is not known, so that everything is inherited in one pass.
--
-- Carried along the way: the innermost open tool call, agent run or LLM call (`open_*`), whether a
-- SERVER span was passed since (`crossed_border`), the innermost LLM span of the open LLM call
-- (`open_llm_id`), and the nearest agent run, step and workflow.
CREATE OR REPLACE TEMP TABLE context AS
WITH RECURSIVE placed AS (
    SELECT
        node.* EXCLUDE (kind),
        CASE
            WHEN node.kind <> 'chain' OR node.kind IS NULL THEN node.kind
            WHEN above.span_id IS NULL THEN 'workflow' ELSE 'step'
        END AS kind,
        above.span_id IS NULL AS is_top
    FROM node
    LEFT JOIN node AS above
        ON above.trace_id = node.trace_id AND above.span_id = node.parent_id
),
walk AS (
    SELECT
        trace_id, span_id, 0 AS depth, span_id AS root_id,
        CASE
            WHEN kind = 'other' OR coalesce(layer, '') IN ('attempt', 'duplicate') THEN NULL
            ELSE kind
        END AS unit,
        CASE WHEN kind IN ('tool', 'agent', 'llm') THEN kind END AS open_kind,
        CASE WHEN kind IN ('tool', 'agent', 'llm') THEN span_id END AS open_id,
        CASE kind WHEN 'tool' THEN tool_name WHEN 'agent' THEN agent_name END AS open_name,
        span_kind = 2 AS crossed_border,
        CASE WHEN kind = 'tool' AND coalesce(layer, '') NOT IN ('attempt', 'duplicate')
            THEN span_id END AS tool_call_of,
        CASE WHEN kind = 'llm' THEN span_id END AS llm_call_of,
        CASE WHEN kind = 'llm' THEN span_id END AS open_llm_id,
        NULL::UBIGINT AS above_llm_id,
        NULL::UBIGINT AS parent_unit_id,
        NULL::UBIGINT AS agent_run_id, NULL::VARCHAR AS in_agent,
        NULL::UBIGINT AS step_id, NULL::VARCHAR AS in_step,
        NULL::UBIGINT AS workflow_run_id, NULL::VARCHAR AS in_workflow,
        agent_name, step_name, workflow_name, session_id, conversation_id
    FROM placed
    WHERE is_top
    UNION ALL
    SELECT
        trace_id, span_id, depth, root_id, unit,
        CASE WHEN unit IN ('tool', 'agent', 'llm') THEN unit ELSE open_kind END,
        CASE WHEN unit IN ('tool', 'agent', 'llm') THEN span_id ELSE open_id END,
        CASE unit
            WHEN 'tool' THEN tool_name WHEN 'agent' THEN agent_name WHEN 'llm' THEN NULL
            ELSE open_name
        END,
        span_kind = 2 OR (crossed_border AND (unit IS NULL OR unit IN ('step', 'workflow'))),
        CASE
            WHEN unit = 'tool' THEN span_id
            WHEN kind = 'tool' AND open_kind = 'tool' THEN open_id
        END,
        CASE WHEN unit = 'llm' THEN span_id WHEN kind = 'llm' THEN open_id END,
        CASE
            WHEN kind = 'llm' THEN span_id WHEN unit IN ('tool', 'agent') THEN NULL
            ELSE open_llm_id
        END,
        CASE WHEN kind = 'llm' AND unit IS NULL THEN open_llm_id END,
        parent_unit_id, agent_run_id, in_agent, step_id, in_step, workflow_run_id, in_workflow,
        agent_name, step_name, workflow_name, session_id, conversation_id
    FROM (
        SELECT
            node.trace_id, node.span_id, node.kind, node.span_kind,
            walk.depth + 1 AS depth, walk.root_id,
            walk.open_kind, walk.open_id, walk.open_name, walk.crossed_border, walk.open_llm_id,
            CASE WHEN walk.unit IS NULL THEN walk.parent_unit_id ELSE walk.span_id
            END AS parent_unit_id,
            CASE WHEN walk.unit = 'agent' THEN walk.span_id ELSE walk.agent_run_id
            END AS agent_run_id,
            CASE WHEN walk.unit = 'agent' THEN coalesce(walk.agent_name, '(unnamed)')
                ELSE walk.in_agent END AS in_agent,
            CASE WHEN walk.unit = 'step' THEN walk.span_id ELSE walk.step_id END AS step_id,
            CASE WHEN walk.unit = 'step' THEN walk.step_name ELSE walk.in_step END AS in_step,
            CASE WHEN walk.unit = 'workflow' THEN walk.span_id ELSE walk.workflow_run_id
            END AS workflow_run_id,
            CASE WHEN walk.unit = 'workflow' THEN walk.workflow_name ELSE walk.in_workflow
            END AS in_workflow,
            node.tool_name, node.agent_name, node.step_name, node.workflow_name,
            coalesce(node.session_id, walk.session_id) AS session_id,
            -- Some emitters invent a conversation for each call below one: the outermost counts.
            coalesce(walk.conversation_id, node.conversation_id) AS conversation_id,
            CASE
                WHEN node.kind IS NULL OR node.kind = 'other' THEN NULL
                WHEN coalesce(node.layer, '') IN ('attempt', 'duplicate') THEN NULL
                WHEN node.kind = 'tool' AND walk.open_kind = 'tool'
                    AND describes_same_tool(
                        node.tool_name, node.layer, node.mcp_method, walk.open_name)
                    -- Our recorder knows its own process: there it is believed.
                    AND (node.layer IS DISTINCT FROM 'logical' OR walk.crossed_border) THEN NULL
                WHEN node.kind = 'llm' AND walk.open_kind = 'llm' THEN NULL
                WHEN node.kind = 'agent' AND walk.open_kind = 'agent'
                    AND coalesce(plain_name(walk.open_name) = plain_name(node.agent_name), true)
                    THEN NULL
                ELSE node.kind
            END AS unit
        FROM walk
        JOIN placed AS node
            ON node.trace_id = walk.trace_id AND node.parent_id = walk.span_id
    )
)
SELECT
    trace_id, span_id, depth, root_id, unit, tool_call_of, llm_call_of, above_llm_id,
    parent_unit_id,
    agent_run_id, in_agent, step_id, in_step, workflow_run_id, in_workflow,
    session_id, conversation_id
FROM walk;
