"""Statistics that hold for sessions: pure functions on arrays, each with formula and source.

Needs numpy and scipy; scipy is imported by the functions that use it. What to use when, what was
measured, and the limits: docs/explanation/statistics.md.
"""

from toolspan.analytics.statistics._agreement import (
    PairAgreement,
    cohen_kappa,
    krippendorff_alpha,
    pair_agreement,
)
from toolspan.analytics.statistics._arms import Arm, Units, arm_mean, arm_quantile, arm_rate
from toolspan.analytics.statistics._arrays import average_ranks, codes_of
from toolspan.analytics.statistics._association import (
    RawAssociation,
    correlation,
    fisher_test,
    raw_association,
)
from toolspan.analytics.statistics._bootstrap import bootstrap_interval
from toolspan.analytics.statistics._contrast import Contrast, contrast
from toolspan.analytics.statistics._difference import (
    Difference,
    stratified_difference,
    stratified_superiority,
)
from toolspan.analytics.statistics._intervals import (
    Proportion,
    Quantile,
    at_most,
    clustered_proportion,
    clustered_quantile,
    quantile_needs,
    wilson,
)
from toolspan.analytics.statistics._mantel_haenszel import MantelHaenszel, mantel_haenszel
from toolspan.analytics.statistics._mean import Mean, mean_interval
from toolspan.analytics.statistics._multiplicity import benjamini_hochberg, holm
from toolspan.analytics.statistics._permutation import (
    MaxTTest,
    PermutationTest,
    max_t_test,
    permutation_test,
)
from toolspan.analytics.statistics._rank_correlation import (
    RankCorrelation,
    stratified_rank_correlation,
)
from toolspan.analytics.statistics._relabelling import Relabelling, RelabellingTest, mcnemar
from toolspan.analytics.statistics._sensitivity import (
    Heterogeneity,
    LeaveOneOut,
    detectable_effect,
    e_value,
    heterogeneity,
    leave_one_out,
)
from toolspan.analytics.statistics._strata import Strata
from toolspan.analytics.statistics._wild_bootstrap import wild_cluster_test

__all__ = [
    "Arm",
    "Contrast",
    "Difference",
    "Heterogeneity",
    "LeaveOneOut",
    "MantelHaenszel",
    "MaxTTest",
    "Mean",
    "PairAgreement",
    "PermutationTest",
    "Proportion",
    "Quantile",
    "RankCorrelation",
    "RawAssociation",
    "Relabelling",
    "RelabellingTest",
    "Strata",
    "Units",
    "arm_mean",
    "arm_quantile",
    "arm_rate",
    "at_most",
    "average_ranks",
    "benjamini_hochberg",
    "bootstrap_interval",
    "clustered_proportion",
    "clustered_quantile",
    "codes_of",
    "cohen_kappa",
    "contrast",
    "correlation",
    "detectable_effect",
    "e_value",
    "fisher_test",
    "heterogeneity",
    "holm",
    "krippendorff_alpha",
    "leave_one_out",
    "mantel_haenszel",
    "max_t_test",
    "mcnemar",
    "mean_interval",
    "pair_agreement",
    "permutation_test",
    "quantile_needs",
    "raw_association",
    "stratified_difference",
    "stratified_rank_correlation",
    "stratified_superiority",
    "wild_cluster_test",
    "wilson",
]
