"""Van Houwelingen HC, Arends LR, Stijnen T. Stat Med 2002;21:589-624: BCG, 13 trials."""

import math

from published import printed, studies

from analysis_lib.meta_analysis import pool


def test_common_odds_ratio_of_page_596():
    """The paper rounds the upper limit, 0.7024, to 0.703."""
    found = pool(*studies("colditz1994"), tau2_method="common", interval="wald")
    assert math.exp(found.estimate) == printed(0.647, digits=3)
    assert math.exp(found.low) == printed(0.595, digits=3)
    assert math.exp(found.high) == printed(0.702, digits=3)
