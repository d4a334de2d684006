"""Findings: which tool use goes with good and bad outcomes, and what to do about it.

`_gather` makes arrays of the tables, `_assess` is the procedure, `_verdict`, `_refusals` and
`_words` say what came out. The statistics and their limits: docs/explanation/statistics.md; every
column and verdict: docs/reference/findings.md.
"""

from toolspan.analytics.findings._assess import Assessment, Comparison, Family, assess
from toolspan.analytics.findings._correlate import (
    Correlation,
    Question,
    correlate,
    raw_associations,
)
from toolspan.analytics.findings._gather import EXPOSURES
from toolspan.analytics.findings._study import Exposure, Study
from toolspan.analytics.findings._verdict import VERDICTS

__all__ = [
    "EXPOSURES",
    "VERDICTS",
    "Assessment",
    "Comparison",
    "Correlation",
    "Exposure",
    "Family",
    "Question",
    "Study",
    "assess",
    "correlate",
    "raw_associations",
]
