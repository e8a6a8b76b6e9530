"""Normand SLT. Stat Med 1999;18:321-359: lidocaine (percentage points), and stroke units (days)."""

import pytest
from published import printed, studies

from analysis_lib.meta_analysis import pool


@pytest.mark.parametrize("tau2_method", ["common", "REML", "DL"])
def test_lidocaine_of_table_vii(tau2_method):
    """Page 349: no heterogeneity by any method."""
    found = pool(*studies("hine1989_percent"), tau2_method=tau2_method, interval="wald")
    assert found.estimate == printed(2.94, digits=2)
    assert (found.low, found.high) == printed(0.4, 5.5, digits=1)
    assert found.tau2 == 0


@pytest.mark.parametrize(
    ("tau2_method", "mean", "low", "high", "tau2"),
    [
        ("common", -3.49, -5.03, -1.96, 0),
        ("DL", -14.10, -24.45, -3.75, 218.72),
        ("REML", -15.12, -32.67, 2.43, 685.20),
    ],
)
def test_length_of_stay_of_table_ix(tau2_method, mean, low, high, tau2):
    """Page 352."""
    found = pool(*studies("normand1999"), tau2_method=tau2_method, interval="wald")
    assert found.estimate == printed(mean, digits=2)
    assert (found.low, found.high) == printed(low, high, digits=2)
    assert found.tau2 == printed(tau2, digits=2)
