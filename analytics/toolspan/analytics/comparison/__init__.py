"""Two sets of traces set against each other: PASS, FAIL or INCONCLUSIVE.

`_sessions` makes arrays of the tables, `_design` says which sessions are comparable, `_quantities`
what is compared, `_margins` how much worse it may be; `_assess` estimates and tests, `_verdict`
decides, `_words`, `_columns`, `_markdown` and `_junit` say what came out. `_self_check` asks how
often all that fails where nothing has changed. `_split` sets two kinds of sessions of one run
against each other: with a tool and without (`_tool_costs`), its calls failing or not
(`_failed_calls`). The statistics: docs/reference/comparison.md.
"""

from toolspan.analytics.comparison._compare import Comparison, compare_runs
from toolspan.analytics.comparison._failed_calls import failed_calls
from toolspan.analytics.comparison._margins import Margin, read_margins
from toolspan.analytics.comparison._quantities import NAMES, QUANTITIES
from toolspan.analytics.comparison._self_check import SelfCheck, self_check_run
from toolspan.analytics.comparison._sessions import Run, gather
from toolspan.analytics.comparison._tool_costs import judged_by_score, tool_costs
from toolspan.analytics.comparison._verdict import FAIL, INCONCLUSIVE, NOT_JUDGED, PASS, VERDICTS

__all__ = [
    "FAIL",
    "INCONCLUSIVE",
    "NAMES",
    "NOT_JUDGED",
    "PASS",
    "QUANTITIES",
    "VERDICTS",
    "Comparison",
    "Margin",
    "Run",
    "SelfCheck",
    "compare_runs",
    "failed_calls",
    "gather",
    "judged_by_score",
    "read_margins",
    "self_check_run",
    "tool_costs",
]
