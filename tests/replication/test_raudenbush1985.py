"""Raudenbush SW, Bryk AS. J Educ Stat 1985;10:75-98: teacher expectancy and pupils' IQ, 19 studies.

REML; pages as in metafor's test of this analysis.
"""

from published import printed, studies

from analysis_lib.meta_analysis import pool


def test_random_effects_of_pages_83_to_86():
    found = pool(*studies("raudenbush1985"), interval="wald")
    assert found.k == 19
    assert found.tau2 == printed(0.019, digits=3)
    assert found.estimate == printed(0.084, digits=3)
    assert found.estimate / found.standard_error == printed(1.62, digits=2)


def test_homogeneity_of_page_83():
    """The paper prints 35.85; 35.83 in the chapter of 2009."""
    assert pool(*studies("raudenbush1985")).q == printed(35.83, digits=2)
