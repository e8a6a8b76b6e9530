"""Survival estimates on patient-level data: curves, tests and hazard ratios."""

from analysis_lib.survival.cox import HazardRatio, cox_two_arm
from analysis_lib.survival.data import Z_95, check_survival_data
from analysis_lib.survival.kaplan_meier import (
    kaplan_meier,
    log_rank,
    median_survival,
    survival_at,
)

__all__ = [
    "Z_95",
    "HazardRatio",
    "check_survival_data",
    "cox_two_arm",
    "kaplan_meier",
    "log_rank",
    "median_survival",
    "survival_at",
]
