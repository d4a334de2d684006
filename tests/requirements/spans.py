"""What a span says: names, one logical call, attempts, MCP, outcomes, identity, content, feedback."""

from requirements._model import built, from_source

REQUIREMENTS = from_source(
    "design section 3, what a span says",
    {
        # --- names, kinds, nesting ---
        "design.3-tool-span": built(
            "A tool call is an INTERNAL span `execute_tool {tool}` with the attributes the GenAI conventions list.",
        ),
        "design.3-agent-span": built(
            "An agent run is an INTERNAL span `invoke_agent {agent}` with the attributes the conventions list.",
        ),
        "design.3-workflow-span": built(
            "A workflow run is an INTERNAL span `invoke_workflow {workflow}` with the attributes the conventions list.",
        ),
        "design.3-step-span": built(
            "A workflow step is an INTERNAL span `step {step}` without an operation name."
        ),
        "design.3-nesting": built(
            "Workflow, step, agent, tool, MCP client and MCP server spans nest in that order, across processes.",
        ),
        # --- one logical call ---
        "design.3-one-logical-call": built(
            "Nested instrumentation of one tool call enriches the open call instead of adding a span.",
        ),
        "design.3-layer": built(
            "Every span that describes a tool call, ours or one that passes our processor, carries `toolspan.tool_call.layer`.",
        ),
        "design.3-metrics-once": built(
            "Metrics of a tool call are recorded once, at the logical layer."
        ),
        "design.3-attempt-spans": built(
            "When a call takes more than one attempt, each is a child span `attempt {tool}`; one attempt gives none.",
        ),
        "design.3-attempt-attributes": built(
            "An attempt carries `toolspan.*`, the stamped identity and `error.type` only: nothing of `gen_ai.*`.",
        ),
        "design.3-recovered-error": built(
            "An error that a later attempt recovered is not the logical call's error."
        ),
        # --- MCP ---
        "design.3-mcp2-no-second-span": built(
            "MCP 2.x and FastMCP 4 emit spans themselves: those live spans are corrected, none is added.",
        ),
        "design.3-mcp2-held-end": built(
            "The native client span's end is held until the result is known, bounded, then ended with its original time, without a warning in the host's log.",
        ),
        "design.3-mcp-logical-layer": built(
            "An enclosing `execute_tool` span is the logical call; where there is none, the CLIENT span is.",
        ),
        "design.3-mcp1": built(
            "MCP 1.x is instrumented by us, with the trace context in `params._meta`."
        ),
        # --- outcome ---
        "design.3-outcome-table": built(
            "One enum of eight outcomes says for each whether it is in the rate's denominator and whether it is a failure.",
        ),
        "design.3-outcome-attribute": built(
            "Tool, agent, step and workflow spans carry `toolspan.outcome`."
        ),
        "design.3-outcome-ok": built("`ok`: status UNSET, no `error.type`."),
        "design.3-outcome-error": built(
            "`error`: status ERROR, `error.type` is the exception's qualified name or the protocol's code.",
        ),
        "design.3-outcome-tool-error": built(
            "`tool_error`, a returned failure: status ERROR, `error.type` is `tool_error` or the framework's.",
        ),
        "design.3-outcome-timeout": built(
            "`timeout`: status ERROR, `error.type` is the timeout's class."
        ),
        "design.3-outcome-cancelled": built("`cancelled`: status UNSET, no `error.type`."),
        "design.3-outcome-interrupted": built(
            "`interrupted`, stopped by control flow: status UNSET, no `error.type`."
        ),
        "design.3-outcome-denied": built("`denied`: status UNSET, no `error.type`."),
        "design.3-outcome-abandoned": built(
            "`abandoned`, never ended by its owner: status UNSET, no `error.type`."
        ),
        "design.3-success-rate": built(
            "A success rate is ok / (ok + failures), null without either; the other outcomes have columns of their own.",
        ),
        "design.3-abandoned-is-loud": built(
            "More than 5 % abandoned calls are pointed out loudly."
        ),
        "design.3-outcome-of-others": built(
            "Spans of others, without our outcome, get theirs from the listed rules."
        ),
        # --- identity ---
        "design.3-session": built("`session(...)` sets `session.id`."),
        "design.3-conversation-id": built(
            "`gen_ai.conversation.id` comes from `conversation_id=` or the framework and is never invented.",
        ),
        "design.3-identity-everywhere": built(
            "Session, user, workflow, agent and step are stamped on every recording span of the context, third-party ones included.",
        ),
        "design.3-gen-ai-identity": built(
            "`gen_ai.*` identity goes only on spans for which the conventions list it."
        ),
        "design.3-identity-never-overwrites": built(
            "Stamping never overwrites what a span already has."
        ),
        # --- content ---
        "design.3-content-off": built(
            "Arguments and results are not recorded unless the standard switch or the decorator asks.",
        ),
        "design.3-content-modes": built(
            "Every mode of the standard content switch is understood, `true` included; EVENT_ONLY puts no tool content anywhere.",
        ),
        "design.3-error-text": built(
            "`TOOLSPAN_ERROR_TEXT` governs exception text: redacted (first line, 200 characters, patterns masked) by default, off, or full.",
        ),
        "design.3-arguments-hash": built(
            "A keyed 64-bit hash of the pruned arguments is recorded without content, and can be switched off.",
        ),
        # --- feedback ---
        "design.3-feedback-event": built(
            "Feedback is a `gen_ai.evaluation.result` log event on the evaluated span or session, with `session.id`.",
        ),
        "design.3-feedback-attributes": built(
            "`toolspan.feedback.*` carries id, target, value and source kinds, source, version, scale and direction.",
        ),
        "design.3-feedback-idempotent": built("The same feedback id given twice is one feedback."),
        "design.3-feedback-late": built(
            "Feedback can be given days later and from any process, without a provider too."
        ),
        # --- attributes of ours ---
        "design.3-fallback-attributes": built(
            "A fallback names the tool asked for first and its position in `toolspan.fallback.*`.",
        ),
        "design.3-step-index": built("A step carries `toolspan.step.index`."),
        "design.3-tool-cost": built(
            "A tool's own charge is `toolspan.tool.cost.amount` and `.currency`."
        ),
        "design.3-content-size": built(
            "Cut content carries its original size in `toolspan.content.size`."
        ),
        "design.3-attributes-documented": built(
            "Every `toolspan.*` attribute is documented in docs/attributes.md."
        ),
        # --- a missing provider is never silent ---
        "design.3-run-sets-the-unset": built(
            "`toolspan run` sets what the user has not set and starts the program under `opentelemetry-instrument`.",
        ),
        "design.3-no-provider-is-said": built(
            "With `TOOLSPAN_DIR` set and only a no-op provider, one log line names the fix."
        ),
        "design.3-distro-is-a-dependency": built(
            "`opentelemetry-distro` is a base dependency, so `opentelemetry-instrument` records."
        ),
        "design.3-no-distro-of-ours": built(
            "The distribution registers no OpenTelemetry distro or configurator."
        ),
        "design.3-no-global-provider": built(
            "No global provider is set in a process that has not asked for it."
        ),
    },
)
