"""Feedback and findings: a procedure that a careful data scientist would sign."""

from requirements._model import built, from_source, planned

REQUIREMENTS = from_source(
    "design section 6, feedback and findings",
    {
        "design.6-audit": planned(
            8, "Every correlation starts with an audit: rated share, selection, score type, raters."
        ),
        "design.6-strata": planned(
            8,
            "Sessions are compared within strata of workflow, agent and session length, plus task, run or user.",
        ),
        "design.6-effect": planned(8, "Every finding is an effect with an interval."),
        "design.6-permutation": planned(8, "Tests permute the exposure within strata."),
        "design.6-multiplicity": planned(
            8, "Many tools are tested as one family: max-T and Benjamini-Hochberg."
        ),
        "design.6-sign-reversal": planned(
            8,
            "The raw difference stands beside the adjusted one, and a reversal of sign is flagged.",
        ),
        "design.6-detectable-effect": planned(
            8, "Every row says the smallest effect that could have been seen."
        ),
        "design.6-verdicts": planned(
            8,
            "A verdict is supported, suggestive, no evidence or not enough data, each with its exact sentence.",
        ),
        "design.6-never-causes": planned(8, "No sentence says that a tool causes an outcome."),
        "design.6-never-pools": planned(
            8, "Score names, sources and evaluator versions are never pooled."
        ),
        "design.6-tau2-reversals": planned(
            8, "On tau2-bench the known sign reversals under stratification by run are flagged."
        ),
        "design.6-tau2-failing-tool": built(
            "On tau2-bench the tool that fails 40 of 40 calls is recommended for nothing but its repair.",
        ),
    },
)
