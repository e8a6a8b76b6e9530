"""Viechtbauer W. J Educ Behav Stat 2005;30:261-293: estimators of tau2 in two examples."""

import pytest
from published import printed, studies

from analysis_lib.meta_analysis import pool


@pytest.mark.parametrize(
    ("name", "tau2_method", "tau2", "i2"),
    [
        ("viechtbauer2005_first", "DL", 0.277, 0.8044),
        ("viechtbauer2005_first", "REML", 0.223, 0.7684),
        ("viechtbauer2005_second", "DL", 0.013, 0.2753),
        ("viechtbauer2005_second", "REML", 0.016, 0.3202),
    ],
)
def test_tau2_and_i2_of_pages_271_and_272(name, tau2_method, tau2, i2):
    """I2 as metafor's documentation of these examples prints it."""
    found = pool(*studies(name), tau2_method=tau2_method)
    assert found.tau2 == printed(tau2, digits=3)
    assert found.i2 == printed(i2, digits=4)
