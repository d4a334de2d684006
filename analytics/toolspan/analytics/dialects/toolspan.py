"""What our own instrumentation adds to any span."""

from toolspan.analytics.dialects._dialect import Dialect
from toolspan.conventions import attributes as a
from toolspan.conventions import scopes

TOOLSPAN = Dialect(
    name="toolspan",
    source="docs/attributes.md",
    sample="golden",
    reads_anywhere=True,
    scopes=(scopes.TOOLSPAN, f"{scopes.TOOLSPAN}.*"),
    # The name of a step is on all that is in it, and not every step has an index.
    kind_by_name={"step ": "step"},
    facts={
        "step_name": (a.TOOLSPAN_STEP,),
        "step_index": (a.TOOLSPAN_STEP_INDEX,),
        "outcome": (a.TOOLSPAN_OUTCOME,),
        "layer": (a.TOOLSPAN_TOOL_CALL_LAYER,),
        "attempt_number": (a.TOOLSPAN_ATTEMPT_NUMBER,),
        "attempt_count": (a.TOOLSPAN_ATTEMPT_COUNT,),
        "attempt_error_type": (a.TOOLSPAN_ATTEMPT_ERROR_TYPE,),
        "fallback_from": (a.TOOLSPAN_FALLBACK_FROM,),
        "fallback_position": (a.TOOLSPAN_FALLBACK_POSITION,),
        "arguments_hash": (a.TOOLSPAN_TOOL_CALL_ARGUMENTS_HASH,),
        "tool_cost": (a.TOOLSPAN_TOOL_COST_AMOUNT,),
        "tool_cost_currency": (a.TOOLSPAN_TOOL_COST_CURRENCY,),
        "stamped_workflow": (a.TOOLSPAN_WORKFLOW,),
        "stamped_agent": (a.TOOLSPAN_AGENT,),
        "stamped_step": (a.TOOLSPAN_STEP,),
    },
)
