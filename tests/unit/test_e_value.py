"""E-values against published ones."""

import math

import pytest

from analysis_lib.exceptions import InvalidInputError
from analysis_lib.meta_analysis.e_value import e_value


def test_the_value_of_the_protocol():
    assert e_value(0.664).estimate == pytest.approx(1.99, abs=0.005)


def test_smoking_and_lung_cancer_as_the_evalue_package_prints_it():
    """R package EValue, README: evalues.RR(10.73, 8.02, 14.36) prints 20.94777 and 15.52336."""
    found = e_value(10.73, 8.02, 14.36, rare_outcome=True)
    assert found.estimate == pytest.approx(20.94777, abs=5e-6)
    assert found.limit == pytest.approx(15.52336, abs=5e-6)


def test_the_formula_of_a_common_outcome_step_by_step():
    """HR 0.25: roots 0.5 and 2, RR = (1 - 0.5^0.5) / (1 - 0.25), E of its reciprocal."""
    ratio = (1 - math.sqrt(0.5)) / 0.75
    found = e_value(0.25)
    assert found.risk_ratio == pytest.approx(ratio, rel=1e-12)
    above = 1 / ratio
    assert found.estimate == pytest.approx(above + math.sqrt(above * (above - 1)), rel=1e-12)


def test_the_limit_is_the_one_nearest_to_no_difference():
    below = e_value(0.5, 0.3, 0.8)
    assert below.limit == pytest.approx(e_value(0.8).estimate)
    above = e_value(2, 1.25, 3.3)
    assert above.limit == pytest.approx(e_value(1.25).estimate)


@pytest.mark.parametrize(("low", "high"), [(0.3, 1.0), (0.2, 1.4), (0.0, math.inf)])
def test_an_interval_that_includes_1_needs_no_confounder(low, high):
    assert e_value(0.6, low, high).limit == 1


def test_no_interval_no_limit():
    assert e_value(0.6).limit is None
    assert e_value(1).estimate == 1


def test_extreme_ratios_stay_finite():
    for ratio in (1e-12, 1e12):
        assert math.isfinite(e_value(ratio).estimate)


@pytest.mark.parametrize(
    "arguments",
    [(0,), (-1,), (math.inf,), (math.nan,), (0.5, 0.6, 0.8), (0.5, 0.2, 0.4), (0.5, 0.4, None)],
)
def test_bad_input_is_refused(arguments):
    with pytest.raises(InvalidInputError):
        e_value(*arguments)
