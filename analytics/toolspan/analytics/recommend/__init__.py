"""Recommendations: what to do about tools, by rules that give the same answer every time.

`_evidence` measures, each of `rules` looks at it and recommends something or nothing,
`_recommend` ranks. docs/reference/recommendations.md describes every rule and its thresholds.
"""

from toolspan.analytics.recommend._findings import ToolFindings, tool_findings
from toolspan.analytics.recommend._recommend import ranked, recommend
from toolspan.analytics.recommend._recommendation import COLUMNS, CONFIDENCES, Prize, Recommendation
from toolspan.analytics.recommend.rules import RULES

__all__ = [
    "COLUMNS",
    "CONFIDENCES",
    "RULES",
    "Prize",
    "Recommendation",
    "ToolFindings",
    "ranked",
    "recommend",
    "tool_findings",
]
