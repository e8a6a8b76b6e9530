"""What must hold for every meta-analysis, whatever its numbers."""

import math
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from analysis_lib.meta_analysis import cumulative, influence, leave_one_out, pool

ESTIMATE = st.floats(-5, 5).map(lambda x: round(x, 3))
ERROR = st.floats(0.01, 3).map(lambda x: round(x, 3))
STUDIES = st.lists(st.tuples(ESTIMATE, ERROR), min_size=1, max_size=9)
SEVERAL = st.lists(st.tuples(ESTIMATE, ERROR), min_size=4, max_size=9)
TAU2 = st.sampled_from(["REML", "DL", "PM", "common"])
INTERVAL = st.sampled_from(["modified_knapp_hartung", "knapp_hartung", "wald"])


def split(studies):
    return np.array([y for y, _ in studies]), np.array([s for _, s in studies])


@given(STUDIES, TAU2, INTERVAL)
def test_every_field_is_a_number_in_its_range_or_none(studies, tau2_method, interval):
    y, s = split(studies)
    found = pool(y, s, tau2_method=tau2_method, interval=interval)
    assert all(math.isfinite(v) for v in asdict(found).values() if isinstance(v, float))
    assert y.min() - 1e-9 <= found.estimate <= y.max() + 1e-9
    assert found.low <= found.estimate <= found.high
    assert sum(found.weights) == pytest.approx(1)
    assert len(found.weights) == found.k == y.size
    if found.k > 1:
        assert 0 <= found.i2_low <= found.i2_high <= 1
        assert 0 <= found.i2 <= 1
        assert 0 <= found.tau2_low <= found.tau2_high
        assert 0 <= found.q_p <= 1
    if found.prediction_low is not None:
        assert found.prediction_low <= found.low
        assert found.prediction_high >= found.high


@given(STUDIES, TAU2, INTERVAL, st.sampled_from([-1e4, -1e-5, 1e-6, 3.0, 1e5]), ESTIMATE)
def test_a_change_of_scale_and_origin_changes_nothing_else(
    studies, tau2_method, interval, scale, shift
):
    y, s = split(studies)
    plain = pool(y, s, tau2_method=tau2_method, interval=interval)
    # Shifting rounds estimates that differ by less than the rounding; equal ones stay equal.
    moved = pool(scale * (y + shift), abs(scale) * s, tau2_method=tau2_method, interval=interval)
    assert moved.estimate / scale - shift == pytest.approx(plain.estimate, abs=1e-6)
    assert moved.standard_error / abs(scale) == pytest.approx(plain.standard_error, rel=1e-5)
    if plain.k > 1:
        assert moved.tau2 / scale**2 == pytest.approx(plain.tau2, rel=1e-5, abs=1e-7)
        assert moved.tau2_high / scale**2 == pytest.approx(plain.tau2_high, rel=1e-5, abs=1e-7)
        assert moved.i2 == pytest.approx(plain.i2, abs=1e-5)


@given(STUDIES, TAU2, st.randoms(use_true_random=False))
def test_the_order_of_studies_does_not_matter(studies, tau2_method, random):
    shuffled = random.sample(studies, len(studies))
    plain = pool(*split(studies), tau2_method=tau2_method)
    other = pool(*split(shuffled), tau2_method=tau2_method)
    assert other.estimate == pytest.approx(plain.estimate, abs=1e-9)
    assert other.low == pytest.approx(plain.low, abs=1e-7)
    assert other.q == pytest.approx(plain.q, rel=1e-9, abs=1e-9)


@given(SEVERAL, TAU2)
def test_the_modified_interval_is_never_shorter_than_either_other(studies, tau2_method):
    y, s = split(studies)
    width = {
        interval: (found := pool(y, s, tau2_method=tau2_method, interval=interval)).high - found.low
        for interval in ("modified_knapp_hartung", "knapp_hartung", "wald")
    }
    assert width["modified_knapp_hartung"] >= max(width.values()) - 1e-9


@given(SEVERAL)
def test_paule_mandel_puts_the_generalised_q_at_its_expectation(studies):
    y, s = split(studies)
    found = pool(y, s, tau2_method="PM")
    w = 1 / (s**2 + found.tau2)
    q = float(w @ (y - found.estimate) ** 2)
    if found.tau2 > 0:
        assert q == pytest.approx(y.size - 1, rel=1e-6)
    else:
        assert q <= y.size - 1 + 1e-9


@given(SEVERAL)
def test_no_tau2_on_a_grid_has_a_higher_restricted_likelihood(studies):
    y, s = split(studies)
    found = pool(y, s).tau2

    def likelihood(tau2):
        w = 1 / (s**2 + tau2)
        mean = (w @ y) / w.sum()
        return np.log(w).sum() - np.log(w.sum()) - w @ (y - mean) ** 2

    best = likelihood(found)
    assert all(likelihood(t) <= best + 1e-7 for t in np.append(0, np.geomspace(1e-6, 100, 300)))


@given(SEVERAL)
def test_equal_precision_makes_all_estimators_the_sample_variance_less_its_error(studies):
    y, _ = split(studies)
    s = np.full(y.size, 0.5)
    expected = max(0.0, float(y.var(ddof=1)) - 0.25)
    for method in ("REML", "DL", "PM"):
        found = pool(y, s, tau2_method=method)
        assert found.tau2 == pytest.approx(expected, rel=1e-6, abs=1e-9)
        assert found.estimate == pytest.approx(y.mean(), abs=1e-9)


@given(SEVERAL, TAU2)
def test_the_last_cumulative_pool_is_the_whole_and_deletions_are_pools(studies, tau2_method):
    y, s = split(studies)
    assert cumulative(y, s, tau2_method=tau2_method)[-1] == pool(y, s, tau2_method=tau2_method)
    without = leave_one_out(y, s, tau2_method=tau2_method)
    assert without[0] == pool(y[1:], s[1:], tau2_method=tau2_method)
    assert len(without) == y.size


@given(SEVERAL, TAU2)
def test_influence_is_finite_and_its_leverages_sum_to_one(studies, tau2_method):
    found = influence(*split(studies), tau2_method=tau2_method)
    assert sum(one.hat for one in found) == pytest.approx(1)
    for one in found:
        assert all(math.isfinite(v) for v in asdict(one).values())
        assert one.tau2_without >= 0


@given(SEVERAL, st.floats(0.5, 0.9), st.floats(0.91, 0.999))
def test_a_higher_level_gives_wider_intervals(studies, low, high):
    y, s = split(studies)
    narrow, wide = pool(y, s, level=low), pool(y, s, level=high)
    assume(narrow.tau2_high > 0)
    assert wide.high > narrow.high
    assert wide.prediction_low < narrow.prediction_low
    assert wide.tau2_high > narrow.tau2_high
