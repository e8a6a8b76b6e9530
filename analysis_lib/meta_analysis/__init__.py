"""Meta-analysis of effect estimates."""

from analysis_lib.meta_analysis.between_studies import BetweenStudies, between_studies
from analysis_lib.meta_analysis.curve_estimate import CurveValue
from analysis_lib.meta_analysis.curve_outcomes import survival_table
from analysis_lib.meta_analysis.e_value import EValue, e_value
from analysis_lib.meta_analysis.imputations import CombinedEstimate, combine
from analysis_lib.meta_analysis.person_time import person_time
from analysis_lib.meta_analysis.pooling import PooledEstimate, pool
from analysis_lib.meta_analysis.proportions import (
    PooledProportion,
    exact_interval,
    pool_proportions,
)
from analysis_lib.meta_analysis.sensitivity import (
    Influence,
    cumulative,
    influence,
    leave_one_out,
)
from analysis_lib.meta_analysis.small_study import SmallStudyTest, egger_test, peters_test
from analysis_lib.meta_analysis.summary_curve import (
    MedianSummary,
    SummaryCurve,
    summary_curve,
    summary_of_medians,
)

__all__ = [
    "BetweenStudies",
    "CombinedEstimate",
    "CurveValue",
    "EValue",
    "Influence",
    "MedianSummary",
    "PooledEstimate",
    "PooledProportion",
    "SmallStudyTest",
    "SummaryCurve",
    "between_studies",
    "combine",
    "cumulative",
    "e_value",
    "egger_test",
    "exact_interval",
    "influence",
    "leave_one_out",
    "person_time",
    "peters_test",
    "pool",
    "pool_proportions",
    "summary_curve",
    "summary_of_medians",
    "survival_table",
]
