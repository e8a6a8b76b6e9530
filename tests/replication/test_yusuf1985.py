"""Yusuf S et al. Prog Cardiovasc Dis 1985;27:335-371: beta blockers, short-term mortality.

Odds ratio of page 107 as metafor's documentation of this analysis gives it, by Peto's O - E and V.
"""

import numpy as np
from published import printed, studies

from analysis_lib.effect_sizes import log_hazard_ratio_from_observed_minus_expected
from analysis_lib.meta_analysis import pool


def test_pooled_odds_ratio_of_table_6():
    """O - E over V with variance 1 / V is the same algebra for odds and for hazards."""
    y, s = studies("yusuf1985_table6")
    trials = [
        log_hazard_ratio_from_observed_minus_expected(one / error**2, 1 / error**2)
        for one, error in zip(y, s, strict=True)
    ]
    found = pool(
        [trial.value for trial in trials],
        [trial.standard_error for trial in trials],
        tau2_method="common",
        interval="wald",
    )
    assert np.exp([found.estimate, found.low, found.high]) == printed(0.93, 0.74, 1.18, digits=2)
