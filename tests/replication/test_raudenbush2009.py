"""Raudenbush SW. In: Cooper H et al. (eds) Handbook of Research Synthesis, 2nd edition. 2009.

Chapter 16, tables 16.2 (page 301) and 16.3 (page 309): the 19 expectancy studies.
"""

import pytest
from published import printed, studies

from analysis_lib.meta_analysis import pool


@pytest.mark.parametrize(
    ("tau2_method", "tau2", "mean", "error", "low", "high"),
    [
        ("common", 0, 0.060, 0.036, -0.011, 0.132),
        ("REML", 0.019, 0.084, 0.052, -0.018, 0.185),
        ("DL", 0.026, 0.089, 0.056, -0.020, 0.199),
    ],
)
def test_conventional_intervals_of_table_16_3(tau2_method, tau2, mean, error, low, high):
    found = pool(*studies("raudenbush1985"), tau2_method=tau2_method, interval="wald")
    assert found.tau2 == printed(tau2, digits=3)
    assert found.estimate == printed(mean, digits=3)
    assert found.standard_error == printed(error, digits=3)
    assert (found.low, found.high) == printed(low, high, digits=3)


@pytest.mark.parametrize(
    ("tau2_method", "error", "low", "high"),
    [("REML", 0.062, -0.046, 0.213), ("DL", 0.064, -0.044, 0.223)],
)
def test_knapp_hartung_intervals_of_table_16_3(tau2_method, error, low, high):
    """The factor is above 1 here: modified and unmodified are the same."""
    for interval in ("knapp_hartung", "modified_knapp_hartung"):
        found = pool(*studies("raudenbush1985"), tau2_method=tau2_method, interval=interval)
        assert found.standard_error == printed(error, digits=3)
        assert (found.low, found.high) == printed(low, high, digits=3)


def test_homogeneity_of_page_301():
    assert pool(*studies("raudenbush1985")).q == printed(35.83, digits=2)
