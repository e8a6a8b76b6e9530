"""Hackshaw AK, Law MR, Wald NJ. BMJ 1997;315:980-988: lung cancer and passive smoking, 37 studies.

Abstract, page 980: excess risk 24 % (13 % to 36 %).
"""

import numpy as np
from published import printed, studies

from analysis_lib.meta_analysis import pool


def test_pooled_relative_risk_of_the_abstract():
    found = pool(*studies("hackshaw1998"), tau2_method="DL", interval="wald")
    assert found.k == 37
    assert np.exp([found.estimate, found.low, found.high]) == printed(1.24, 1.13, 1.36, digits=2)
