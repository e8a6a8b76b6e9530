"""Survival estimates on patient-level data: curves, tests and hazard ratios."""

from analysis_lib.survival.competing_risks import GrayTest, cumulative_incidence, grays_test
from analysis_lib.survival.cox import (
    HazardRatio,
    StratifiedHazardRatio,
    cox_stratified,
    cox_two_arm,
)
from analysis_lib.survival.cox_model import CoxModel, cox_model
from analysis_lib.survival.data import Z_95, check_survival_data
from analysis_lib.survival.kaplan_meier import (
    kaplan_meier,
    log_rank,
    median_survival,
    survival_at,
)
from analysis_lib.survival.proportional_hazards import (
    ProportionalHazardsTerm,
    ProportionalHazardsTest,
    proportional_hazards_test,
)
from analysis_lib.survival.restricted_mean import (
    ArmDifference,
    MedianSurvival,
    RestrictedMean,
    landmark_difference,
    median_difference,
    median_with_interval,
    restricted_mean,
    restricted_mean_difference,
)
from analysis_lib.survival.shared_frailty import SharedFrailty, shared_frailty_cox

__all__ = [
    "Z_95",
    "ArmDifference",
    "CoxModel",
    "GrayTest",
    "HazardRatio",
    "MedianSurvival",
    "ProportionalHazardsTerm",
    "ProportionalHazardsTest",
    "RestrictedMean",
    "SharedFrailty",
    "StratifiedHazardRatio",
    "check_survival_data",
    "cox_model",
    "cox_stratified",
    "cox_two_arm",
    "cumulative_incidence",
    "grays_test",
    "kaplan_meier",
    "landmark_difference",
    "log_rank",
    "median_difference",
    "median_survival",
    "median_with_interval",
    "proportional_hazards_test",
    "restricted_mean",
    "restricted_mean_difference",
    "shared_frailty_cox",
    "survival_at",
]
