"""What the tables say: folding, pseudo tools, times, rates, one definition of each measure."""

from requirements._model import built, from_source

REQUIREMENTS = from_source(
    "design section 5, what the tables say",
    {
        # --- tables ---
        "design.5-table-spans": built(
            "`spans` has one row per span, however often it was delivered."
        ),
        "design.5-table-tool-calls": built(
            "`tool_calls` has one row per logical call: layers' times, attempts, outcome, agent, workflow, step, session, cost.",
        ),
        "design.5-table-attempts": built("`attempts` has one row per explicit attempt."),
        "design.5-table-agent-runs": built("`agent_runs` has one row per agent run."),
        "design.5-table-workflow-runs": built("`workflow_runs` has one row per workflow run."),
        "design.5-table-workflow-steps": built("`workflow_steps` has one row per step."),
        "design.5-table-llm-calls": built("`llm_calls` has one row per model call."),
        "design.5-table-sessions": built("`sessions` has one row per session."),
        "design.5-table-feedback": built("`feedback` has one row per feedback."),
        "design.5-table-forms": built(
            "Every table is there as DataFrame, SQL view and Parquet, and documented in docs/model.md.",
        ),
        "design.5-column-names": built(
            "The listed column names mean the same in every table and output."
        ),
        # --- folding ---
        "design.5-fold-containment": built(
            "A span folds into a logical call when an ancestor describes a call of the same tool.",
        ),
        "design.5-fold-attempt-marker": built(
            "A span folds into a logical call by the explicit attempt marker of a known emitter."
        ),
        "design.5-call-id-never-folds": built(
            "An equal `tool_call.id` alone neither folds nor de-duplicates calls."
        ),
        "design.5-inferred-retries": built(
            "Repeats inferred from data are rows of `retries`; `tool_calls` keeps every call."
        ),
        "design.5-same-span-once": built("The same span id delivered twice is one span."),
        "design.5-tokens-from-deepest": built(
            "Tokens and cost are summed from the deepest LLM spans only."
        ),
        # --- pseudo tools ---
        "design.5-pseudo-tools-exact": built(
            "Pseudo tools are exact names per scope, never a prefix; a plain GenAI file has none.",
        ),
        "design.5-pseudo-tools-footnote": built(
            "Pseudo tools are a footnote with their count; `--all` includes them."
        ),
        # --- numbers ---
        "design.5-times": built(
            "Times are UTC nanoseconds inside, `datetime64[ns, UTC]` and `*_ms` outside."
        ),
        "design.5-percentiles": built("Percentiles are exact, with linear interpolation."),
        "design.5-additive-quantiles": built(
            "The additive form of quantiles errs by at most 1 % and says that it is approximate."
        ),
        "design.5-intervals": built(
            "Rates and percentiles carry n, sessions and a 95 % interval that respects clustering in sessions.",
        ),
        "design.5-too-little-data": built(
            "A rate or percentile says when there is too little data for it."
        ),
        "design.5-golden": built("Every measure gives the answers of the hand-worked example."),
        "design.5-one-definition": built(
            "Each measure has one definition, in SQL, and gives the same numbers everywhere."
        ),
        "design.5-portable-sql": built(
            "Every query parses as DuckDB, ClickHouse and Spark SQL, with the engine's differences in named macros.",
        ),
    },
)
