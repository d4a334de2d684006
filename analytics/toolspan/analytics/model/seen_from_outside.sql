-- Where the link between two services is lost, an agent run may appear twice in a trace: as the
-- caller's span with nothing below it, and as a run of the same name at the top of a tree whose
-- parent never arrived, within the same time. It is one run; the one with something below stays.
UPDATE context SET unit = NULL
WHERE (trace_id, span_id) IN (
    SELECT outer_run.trace_id, outer_run.span_id
    FROM (SELECT * FROM context JOIN node USING (trace_id, span_id) WHERE unit = 'agent')
        AS outer_run
    JOIN (SELECT * FROM context JOIN node USING (trace_id, span_id) WHERE unit = 'agent')
        AS inner_run
        ON inner_run.trace_id = outer_run.trace_id
        AND inner_run.root_id <> outer_run.root_id
        AND plain_name(inner_run.agent_name) = plain_name(outer_run.agent_name)
        AND inner_run.start_ns >= outer_run.start_ns AND inner_run.end_ns <= outer_run.end_ns
        AND inner_run.agent_run_id IS NULL
    JOIN node AS root
        ON root.trace_id = inner_run.trace_id AND root.span_id = inner_run.root_id
    WHERE root.parent_id IS NOT NULL
        AND NOT EXISTS (
            SELECT 1 FROM context AS below
            WHERE below.trace_id = outer_run.trace_id AND below.agent_run_id = outer_run.span_id
                AND below.unit IS NOT NULL
        )
);
