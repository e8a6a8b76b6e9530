"""What must hold of every pool of proportions and of Rubin's rules."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_lib.meta_analysis.e_value import e_value
from analysis_lib.meta_analysis.imputations import combine
from analysis_lib.meta_analysis.proportions import exact_interval, pool_proportions

study = st.integers(1, 80).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
studies = st.lists(study, min_size=1, max_size=8)
number = st.floats(-5, 5)
variance = st.floats(0, 4)


@given(studies)
@settings(max_examples=60, deadline=None)
def test_a_pool_is_ordered_and_finite_or_says_why_not(rows):
    events, totals = zip(*rows, strict=True)
    found = pool_proportions(events, totals)
    if found.proportion is None:
        assert found.note
        return
    assert 0 <= found.low <= found.proportion <= found.high <= 1
    if found.prediction_low is not None:
        assert 0 <= found.prediction_low <= found.low + 1e-12
        assert found.high - 1e-12 <= found.prediction_high <= 1
    assert found.tau2 is None or found.tau2 >= 0


@given(st.lists(study, min_size=3, max_size=6), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_order_and_side_do_not_matter(rows, random):
    events, totals = map(np.array, zip(*rows, strict=True))
    found = pool_proportions(events, totals)
    mirrored = pool_proportions(totals - events, totals)
    order = random.sample(range(len(rows)), len(rows))
    shuffled = pool_proportions(events[order], totals[order])
    if found.proportion is None:
        assert mirrored.proportion is None
        assert shuffled.proportion is None
        return
    assert shuffled.proportion == pytest.approx(found.proportion, abs=1e-6)
    assert mirrored.proportion == pytest.approx(1 - found.proportion, abs=1e-6)
    assert mirrored.high == pytest.approx(1 - found.low, abs=1e-5)


@given(study)
def test_an_exact_interval_holds_its_proportion_and_mirrors(row):
    events, total = row
    low, high = exact_interval(events, total)
    assert 0 <= low <= events / total <= high <= 1
    assert low < high
    mirrored = exact_interval(total - events, total)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-9)


@given(st.lists(st.tuples(number, variance), min_size=1, max_size=30))
def test_rubins_rules_never_lose_variance(rows):
    estimates, variances = zip(*rows, strict=True)
    found = combine(estimates, variances)
    assert found.standard_error**2 >= found.within - 1e-12
    assert found.low <= found.estimate <= found.high
    assert 0 <= found.fraction_missing <= 1
    assert found.degrees_of_freedom > 0
    assert all(
        math.isfinite(x) for x in (found.estimate, found.standard_error, found.low, found.high)
    )


@given(st.lists(st.tuples(number, variance), min_size=2, max_size=10), st.floats(1, 100))
def test_the_complete_data_bound_the_degrees_of_freedom(rows, complete_df):
    estimates, variances = zip(*rows, strict=True)
    bounded = combine(estimates, variances, complete_df=complete_df)
    assert bounded.degrees_of_freedom <= complete_df + 1e-9
    assert bounded.degrees_of_freedom <= combine(estimates, variances).degrees_of_freedom


@given(st.floats(0.01, 100))
def test_an_e_value_is_the_same_on_both_sides(hazard_ratio):
    found = e_value(hazard_ratio)
    assert found.estimate >= 1
    assert found.estimate == pytest.approx(e_value(1 / hazard_ratio).estimate, rel=1e-9)
