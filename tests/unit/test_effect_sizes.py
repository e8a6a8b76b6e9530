"""Effect sizes against the definition and a published example."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from analysis_lib.effect_sizes import interval_from_p, log_ratio_standard_error_from_p
from analysis_lib.exceptions import InvalidInputError


@given(st.floats(0.05, 20).filter(lambda r: abs(math.log(r)) > 0.01), st.floats(0.02, 2))
def test_the_wald_test_is_turned_round(ratio, standard_error):
    p = 2 * norm.sf(abs(math.log(ratio)) / standard_error)
    if 1e-12 < p < 1:
        found = log_ratio_standard_error_from_p(ratio, p)
        assert found == pytest.approx(standard_error, rel=1e-6)


def test_at_p_of_five_percent_the_interval_touches_one():
    low, high = interval_from_p(0.5, 0.05)
    assert high == pytest.approx(1, abs=1e-12)
    assert low == pytest.approx(0.25, abs=1e-12)
    assert interval_from_p(2, 0.05)[0] == pytest.approx(1, abs=1e-12)


def test_a_printed_interval_is_given_back():
    """tucatinib against placebo (record her2climb-293p): 0.36 (0.21 to 0.63), p = 0.0002."""
    low, high = interval_from_p(0.36, 0.0002)
    assert low == pytest.approx(0.21, abs=0.01)
    assert high == pytest.approx(0.63, abs=0.02)


@pytest.mark.parametrize(
    ("ratio", "p"), [(0, 0.5), (-1, 0.5), (1, 0.5), (math.inf, 0.5), (2, 0), (2, 1), (2, math.nan)]
)
def test_bad_input_is_refused(ratio, p):
    with pytest.raises(InvalidInputError):
        interval_from_p(ratio, p)
