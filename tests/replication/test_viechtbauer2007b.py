"""Viechtbauer W. Z Psychol 2007;215:104-121: St John's wort, 17 trials (Linde 2005).

Pages 107 and 109. The article prints limits and Q from rounded data; the digits it differs in
are named.
"""

import numpy as np
import pytest
from published import printed, studies

from analysis_lib.meta_analysis import pool


def test_common_effect_of_page_107():
    """The article prints 1.39 for 1.384."""
    found = pool(*studies("linde2005"), tau2_method="common", interval="wald")
    assert np.exp([found.estimate, found.low, found.high]) == pytest.approx(
        [1.39, 1.26, 1.52], abs=0.0061
    )


def test_random_effects_of_page_109():
    """The article prints 1.90 for 1.886 and 0.091 for 0.0903."""
    found = pool(*studies("linde2005"), tau2_method="DL", interval="wald")
    assert np.exp([found.estimate, found.low]) == printed(1.57, 1.31, digits=2)
    assert np.exp(found.high) == pytest.approx(1.90, abs=0.015)
    assert found.tau2 == pytest.approx(0.091, abs=0.001)
