"""DerSimonian R, Kacker R. Contemp Clin Trials 2007;28:105-114: six trials of aspirin (CLASP).

Tables 3 and 4, pages 111 and 112.
"""

import pytest
from published import printed, studies

from analysis_lib.meta_analysis import pool


@pytest.mark.parametrize(
    ("tau2_method", "tau", "mean", "error"),
    [
        ("PM", 0.3681, -0.3811, 0.2060),
        ("DL", 0.2323, -0.3240, 0.1540),
        ("REML", 0.1843, -0.2980, 0.1343),
    ],
)
def test_estimators_of_tables_3_and_4(tau2_method, tau, mean, error):
    found = pool(*studies("clasp"), tau2_method=tau2_method, interval="wald")
    assert found.tau2**0.5 == printed(tau, digits=4)
    assert found.estimate == printed(mean, digits=4)
    assert found.standard_error == printed(error, digits=4)
