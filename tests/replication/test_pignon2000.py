"""Pignon JP et al. Lancet 2000;355:949-955: chemotherapy in head and neck cancer, from O - E and V.

Abstract, page 949: hazard ratio of death 0.90 (0.85 to 0.94), p < 0.0001.
"""

import numpy as np
from published import printed, studies
from scipy.stats import norm

from analysis_lib.effect_sizes import log_hazard_ratio_from_observed_minus_expected
from analysis_lib.meta_analysis import pool


def test_pooled_hazard_ratio_of_the_abstract():
    y, s = studies("pignon2000")
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
    assert np.exp([found.estimate, found.low, found.high]) == printed(0.90, 0.85, 0.94, digits=2)
    z = abs(found.estimate) / found.standard_error
    assert 2 * norm.sf(z) < 0.0001
