"""What kind of ratio a figure is: kinds are never pooled together."""

from __future__ import annotations

from analysis_lib.comparison.arms import ArmEvidence

HAZARD_RATIO = "hazard ratio"
SUBDISTRIBUTION = "subdistribution hazard ratio"
UNSTATED = "ratio of an unstated estimator"

#: By the estimator a paper names for a contrast, or that the curves of its groups have.
_SCALES = {
    "cox": HAZARD_RATIO,
    "log_rank": HAZARD_RATIO,
    "kaplan_meier": HAZARD_RATIO,
    "fine_gray": SUBDISTRIBUTION,
    "one_minus_cumulative_incidence": SUBDISTRIBUTION,
}


def estimator_scale(estimator: str) -> str:
    """The kind of ratio an estimator gives."""
    return _SCALES.get(estimator, UNSTATED)


def ratio_scale(arm: ArmEvidence) -> str:
    """The kind of ratio between arms like this one; of survival there is one kind only."""
    return HAZARD_RATIO if arm.outcome == "os" else estimator_scale(arm.estimator)
