"""What must hold for every set of cohorts. All data here are synthetic."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_lib.exceptions import NotIdentifiedError
from analysis_lib.meta_analysis.between_studies import between_studies
from analysis_lib.meta_analysis.person_time import person_time

SETTINGS = settings(max_examples=40, deadline=None)


@st.composite
def cohorts(draw):
    """4 to 6 cohorts a side of 2 to 25 patients, some with both groups, times in tenths."""
    sides = draw(st.tuples(st.integers(4, 6), st.integers(4, 6)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    k = sum(sides)
    cluster = np.repeat(np.arange(k), rng.integers(2, 26, k))
    group = (cluster >= sides[0]).astype(int)
    if draw(st.booleans()):
        mixed = np.flatnonzero(cluster == 0)
        group[mixed[: mixed.size // 2]] = 1
    variance = draw(st.sampled_from([0.01, 0.1, 0.5, 2.0]))
    hazard = 0.08 * rng.gamma(1 / variance, variance, k)[cluster]
    death = rng.exponential(1 / hazard)
    censoring = rng.uniform(4, 40, cluster.size)
    time = np.maximum(np.round(np.minimum(death, censoring), 1), 0.1)
    return time, (death <= censoring).astype(int), group, cluster


methods = st.sampled_from(["t", "profile"])


def fitted(data, **options):
    """The fit, or None where the data do not identify it."""
    try:
        return between_studies(*data, **options)
    except NotIdentifiedError:
        return None


def close(fit, other, sign=1):
    ends = (other.low, other.high) if sign == 1 else (-other.high, -other.low)
    assert sign * other.log_hazard_ratio == pytest.approx(fit.log_hazard_ratio, abs=1e-5)
    assert other.standard_error == pytest.approx(fit.standard_error, rel=1e-4)
    assert ends == pytest.approx((fit.low, fit.high), abs=1e-4)
    assert other.theta == pytest.approx(fit.theta, rel=1e-4, abs=1e-6)


@SETTINGS
@given(cohorts(), methods)
def test_a_fit_is_finite_and_its_limits_enclose_it(data, interval):
    fit = fitted(data, interval=interval)
    if fit is None:
        return
    assert np.all(np.isfinite([fit.low, fit.high, fit.standard_error, fit.log_likelihood]))
    assert fit.low < fit.log_hazard_ratio < fit.high
    assert fit.theta >= 0
    assert fit.theta_at_boundary == (fit.theta == 0)
    assert fit.widening >= 1


@SETTINGS
@given(cohorts(), methods)
def test_swapped_groups_negate(data, interval):
    time, event, group, cluster = data
    fit = fitted(data, interval=interval)
    other = fitted((time, event, 1 - group, cluster), interval=interval)
    assert (fit is None) == (other is None)
    if fit is not None:
        close(fit, other, sign=-1)


@SETTINGS
@given(cohorts(), methods, st.sampled_from([1 / 12, 30.4375]))
def test_the_unit_of_time_does_not_matter(data, interval, unit):
    time, event, group, cluster = data
    cuts = (0.0, 6.0, 12.0, 24.0)
    fit = fitted(data, interval=interval, cuts=cuts)
    scaled = tuple(cut * unit for cut in cuts)
    other = fitted((time * unit, event, group, cluster), interval=interval, cuts=scaled)
    if fit is not None:
        close(fit, other)


@SETTINGS
@given(cohorts(), st.randoms(use_true_random=False))
def test_order_and_names_do_not_matter(data, random):
    time, event, group, cluster = data
    order = np.array(random.sample(range(time.size), time.size))
    names = np.array([f"study {9 - c}" for c in cluster])
    fit = fitted(data)
    other = fitted((time[order], event[order], group[order], names[order]))
    if fit is not None:
        close(fit, other)


@SETTINGS
@given(cohorts())
def test_person_time_keeps_events_and_time(data):
    time, event, group, _ = data
    table = person_time(*data)
    assert table["events"].sum() == event.sum()
    assert table["person_months"].sum() == pytest.approx(time.sum())
    for side in (0, 1):
        rows = table["group"] == side
        assert table.loc[rows, "events"].sum() == event[group == side].sum()


@SETTINGS
@given(cohorts())
def test_patients_given_twice_move_the_estimate_little_but_not_the_studies(data):
    """More patients in the same studies are not more studies: theta cannot fall by much."""
    fit = fitted(data)
    other = fitted(tuple(np.concatenate([column, column]) for column in data))
    if fit is not None:
        assert other.degrees_of_freedom == fit.degrees_of_freedom
        assert other.theta >= fit.theta - 1e-6
