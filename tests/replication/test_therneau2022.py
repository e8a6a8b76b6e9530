"""Therneau TM. Software validation. Vignette of R's survival package 3.5, December 2022.

Section 3, "Test data 1": six patients with a tied death time, solved by hand with
Efron's approximation (section 3.2). Parts of it are the appendix of Therneau and
Grambsch, Modeling Survival Data, Springer 2000.
"""

from math import acos, cos, log, sqrt

import numpy as np
import pytest

from analysis_lib.survival import cox_model, cox_two_arm
from analysis_lib.survival.partial_likelihood import partial_likelihood, risk_sets

#: Table 1, page 2.
TIME, STATUS, X = [1, 1, 6, 6, 8, 9], [1, 0, 1, 1, 0, 1], [1, 1, 1, 0, 0, 0]


def at(beta):
    sets = risk_sets(
        np.array(TIME, float), np.array(STATUS, bool), np.array(X, float)[:, None], np.zeros(6, int)
    )
    return partial_likelihood(sets, np.array([beta]))


def test_page_7_the_positive_root_of_the_cubic():
    root = 2 * sqrt(23 / 3) * cos(acos(45 / 23 * sqrt(3 / 23)) / 3)
    assert root == pytest.approx(5.348721, abs=1e-6)
    fit = cox_model(TIME, STATUS, X)
    assert fit.coefficients[0] == pytest.approx(log(root), abs=1e-9)
    assert fit.coefficients[0] == pytest.approx(1.676857, abs=1e-6)
    assert cox_two_arm(TIME, STATUS, X).log_hazard_ratio == pytest.approx(1.676857, abs=1e-6)


def test_page_7_likelihood_score_and_information():
    """The maximum is printed as -3.358979; the page's own formula for LL gives -3.358975."""
    fit = cox_model(TIME, STATUS, X)
    beta = fit.coefficients[0]
    r = np.exp(beta)
    formula = 2 * beta - log(3 * r + 3) - log(r + 3) - log(r / 2 + 5 / 2)
    assert fit.log_likelihood == pytest.approx(formula, abs=1e-12)
    assert fit.log_likelihood_null == pytest.approx(-4.276666, abs=1e-6)
    assert fit.log_likelihood == pytest.approx(-3.358979, abs=5e-6)
    assert 1 / fit.covariance[0, 0] == pytest.approx(0.612632, abs=1e-6)
    assert at(0.0).score()[0] == pytest.approx(52 / 48, abs=1e-12)
    assert at(0.0).information()[0, 0] == pytest.approx(83 / 144, abs=1e-12)


def test_page_8_score_residuals_at_zero():
    likelihood = at(0.0)
    residuals = np.empty(6)
    residuals[likelihood.sets.patient] = likelihood.score_residuals()[:, 0]
    printed = [5 / 12, -1 / 12, 55 / 144, -5 / 144, 29 / 144, 29 / 144]
    np.testing.assert_allclose(residuals, printed, atol=1e-12)
