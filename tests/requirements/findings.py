"""Feedback and findings: a procedure that a careful data scientist would sign."""

from requirements._model import built, from_source

REQUIREMENTS = from_source(
    "design section 6, feedback and findings",
    {
        "design.6-audit": built(
            "Every correlation starts with an audit: rated share, selection, score type, raters."
        ),
        "design.6-strata": built(
            "Sessions are compared within strata of workflow, agent and session length, plus task, run or user.",
        ),
        "design.6-effect": built("Every finding is an effect with an interval."),
        "design.6-permutation": built("Tests permute the exposure within strata."),
        "design.6-multiplicity": built(
            "Many tools are tested as one family: max-T and Benjamini-Hochberg."
        ),
        "design.6-sign-reversal": built(
            "The raw difference stands beside the adjusted one, and a reversal of sign is flagged.",
        ),
        "design.6-detectable-effect": built(
            "Every row says the smallest effect that could have been seen."
        ),
        "design.6-verdicts": built(
            "A verdict is supported, suggestive, no evidence or not enough data, each with its exact sentence.",
        ),
        "design.6-never-causes": built("No sentence says that a tool causes an outcome."),
        "design.6-never-pools": built(
            "Score names, sources and evaluator versions are never pooled."
        ),
        "design.6-planted-effect": built(
            "The demo's planted effect is found in at least 16 of 20 seeds, with at most 2 false findings."
        ),
        "design.6-tau2-raw": built(
            "On tau2-bench raw statistics, strata and agreement equal the reference answers."
        ),
        "design.6-tau2-reversals": built(
            "On tau2-bench the known sign reversals under stratification by run are flagged."
        ),
        "design.6-tau2-failing-tool": built(
            "On tau2-bench the tool that fails 40 of 40 calls is recommended for nothing but its repair.",
        ),
    },
)
