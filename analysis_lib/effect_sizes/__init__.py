"""Effect sizes of one study from whatever a paper prints."""

from analysis_lib.effect_sizes.effect_size import EffectSize
from analysis_lib.effect_sizes.hazard_ratios import (
    interval_from_p,
    log_hazard_ratio_from_interval,
    log_hazard_ratio_from_observed_minus_expected,
    log_hazard_ratio_from_p,
    log_hazard_ratio_from_p_and_events,
    log_hazard_ratio_from_p_and_total_events,
    log_hazard_ratio_from_patients,
    log_ratio_standard_error_from_p,
)
from analysis_lib.effect_sizes.survival_measures import (
    log_cumulative_hazard,
    log_cumulative_hazard_ratio,
    log_median_from_events,
    log_median_from_interval,
    log_median_from_patients,
    log_rate,
    restricted_mean_difference,
    survival_difference,
)
from analysis_lib.effect_sizes.two_by_two import (
    Difference,
    FisherTest,
    difference_from_limits,
    fisher_test,
)

__all__ = [
    "Difference",
    "EffectSize",
    "FisherTest",
    "difference_from_limits",
    "fisher_test",
    "interval_from_p",
    "log_cumulative_hazard",
    "log_cumulative_hazard_ratio",
    "log_hazard_ratio_from_interval",
    "log_hazard_ratio_from_observed_minus_expected",
    "log_hazard_ratio_from_p",
    "log_hazard_ratio_from_p_and_events",
    "log_hazard_ratio_from_p_and_total_events",
    "log_hazard_ratio_from_patients",
    "log_median_from_events",
    "log_median_from_interval",
    "log_median_from_patients",
    "log_rate",
    "log_ratio_standard_error_from_p",
    "restricted_mean_difference",
    "survival_difference",
]
