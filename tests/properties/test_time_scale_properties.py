"""What must hold for every restricted mean, median and cumulative incidence. Synthetic data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from analysis_lib.exceptions import NotIdentifiedError
from analysis_lib.survival import (
    cumulative_incidence,
    grays_test,
    kaplan_meier,
    landmark_difference,
    median_survival,
    median_with_interval,
    restricted_mean,
    restricted_mean_difference,
    survival_at,
)


@st.composite
def patients(draw, least=1, causes=1):
    """Times on a coarse grid, so that ties abound, and causes 0..causes."""
    n = draw(st.integers(least, 40))
    times = draw(st.lists(st.integers(1, 60), min_size=n, max_size=n))
    cause = draw(st.lists(st.integers(0, causes), min_size=n, max_size=n))
    return np.array(times) / 2, np.array(cause)


def reachable(time, event, share):
    """A horizon that the data reach."""
    return max(share * time.max(), 0.25)


@given(patients(), st.floats(0.05, 1))
def test_a_restricted_mean_lies_between_0_and_its_horizon(data, share):
    time, event = data
    horizon = reachable(time, event, share)
    found = restricted_mean(time, event, horizon)
    assert 0 < found.value <= horizon
    if found.standard_error is not None:
        assert 0 <= found.low <= found.value <= found.high <= horizon
    else:
        assert found.note


@given(patients(), st.floats(0.05, 1))
def test_a_restricted_mean_is_the_area_under_the_curve(data, share):
    time, event = data
    horizon = reachable(time, event, share)
    curve = kaplan_meier(time, event)
    edges = np.unique(np.append(curve["time_months"], [0, horizon]))
    edges = edges[edges <= horizon]
    area = np.sum(np.diff(edges) * survival_at(curve, edges[:-1]))
    assert restricted_mean(time, event, horizon).value == pytest.approx(area)


@given(patients(), st.floats(0.05, 1), st.floats(0.1, 30))
def test_the_unit_of_time_only_scales(data, share, unit):
    time, event = data
    horizon = reachable(time, event, share)
    found, scaled = (restricted_mean(time * u, event, horizon * u) for u in (1, unit))
    assert scaled.value == pytest.approx(found.value * unit)
    if found.standard_error is not None and scaled.standard_error is not None:
        assert scaled.standard_error == pytest.approx(found.standard_error * unit, rel=1e-6)
    median, other = (median_with_interval(time * u, event) for u in (1, unit))
    for mine, theirs in ((median.value, other.value), (median.high, other.high)):
        assert (mine is None) == (theirs is None)
        assert mine is None or theirs == pytest.approx(mine * unit)


@given(patients(), st.floats(0.05, 1), st.randoms(use_true_random=False))
def test_the_order_of_patients_does_not_matter(data, share, random):
    time, event = data
    order = list(range(len(time)))
    random.shuffle(order)
    horizon = reachable(time, event, share)
    assert restricted_mean(time, event, horizon) == restricted_mean(
        time[order], event[order], horizon
    )
    assert median_with_interval(time, event) == median_with_interval(time[order], event[order])


@given(patients(), st.floats(0.05, 0.9))
def test_a_longer_horizon_adds_at_most_its_length(data, share):
    time, event = data
    short, long = reachable(time, event, share), reachable(time, event, 1.0)
    added = restricted_mean(time, event, long).value - restricted_mean(time, event, short).value
    assert -1e-9 <= added <= long - short + 1e-9


@given(patients())
def test_the_median_lies_in_its_interval(data):
    time, event = data
    found = median_with_interval(time, event)
    assert found.value == median_survival(kaplan_meier(time, event))
    if found.value is not None:
        assert found.low is not None
        assert found.low <= found.value
        assert found.high is None or found.high >= found.value


@given(patients(least=2), st.floats(0.05, 1), st.data())
def test_exchanging_the_groups_changes_the_sign(data, share, choose):
    time, event = data
    ones = choose.draw(st.integers(1, len(time) - 1))
    group = np.arange(len(time)) < ones
    horizon = max(share * min(time[group].max(), time[~group].max()), 0.25)
    for measure in (restricted_mean_difference, landmark_difference):
        found = measure(time, event, group, horizon)
        other = measure(time, event, ~group, horizon)
        assert found.value == pytest.approx(-other.value, abs=1e-12)
        assert (found.low is None) == (other.high is None)
        assert found.low is None or found.low == pytest.approx(-other.high, abs=1e-9)


@given(patients(causes=3))
def test_incidences_and_survival_add_up_to_one(data):
    time, cause = data
    assume(cause.any())
    found = cumulative_incidence(time, cause)
    total = found.groupby("time_months")["incidence"].sum()
    curve = kaplan_meier(time, cause > 0)
    np.testing.assert_allclose(total + survival_at(curve, total.index), 1, atol=1e-12)


@given(patients(causes=2))
def test_an_incidence_rises_within_its_limits(data):
    time, cause = data
    assume(cause.any())
    found = cumulative_incidence(time, cause)
    assert np.isfinite(found.to_numpy()).all()
    for _, rows in found.groupby("cause"):
        assert (np.diff(rows["incidence"]) >= 0).all()
        assert (rows["low"] <= rows["incidence"] + 1e-12).all()
        assert (rows["high"] >= rows["incidence"] - 1e-12).all()
        assert rows[["low", "high"]].stack().between(-1e-12, 1 + 1e-12).all()


@given(patients(causes=1))
def test_with_one_cause_the_variance_is_greenwoods(data):
    time, event = data
    assume(event.any())
    rows = cumulative_incidence(time, event)
    at_risk, deaths = rows["number_at_risk"], rows["events"]
    left = at_risk > deaths
    terms = np.where(left, deaths / (at_risk * (at_risk - deaths).where(left, 1)), 0)
    survival = 1 - rows["incidence"]
    np.testing.assert_allclose(
        rows["standard_error"], survival * np.sqrt(np.cumsum(terms)), atol=1e-7
    )


def tried_grays_test(*arguments, **options):
    try:
        return grays_test(*arguments, **options)
    except NotIdentifiedError:
        assume(False)


@given(patients(least=6, causes=2), st.data())
def test_grays_test_forgets_units_order_and_names(data, choose):
    time, cause = data
    group = np.array(
        choose.draw(st.lists(st.integers(0, 1), min_size=len(time), max_size=len(time)))
    )
    assume(0 < group.sum() < len(group))
    assume((cause == 1).any())
    found = tried_grays_test(time, cause, group)
    order = np.random.default_rng(len(time)).permutation(len(time))
    for other in (
        tried_grays_test(time * 7, cause, group),
        tried_grays_test(time[order], cause[order], group[order]),
        tried_grays_test(time, cause, 1 - group),
    ):
        assert other.statistic == pytest.approx(found.statistic, rel=1e-6, abs=1e-9)
    assert 0 <= found.p_value <= 1


@given(patients(least=6, causes=1), st.data())
def test_with_one_cause_grays_score_is_the_log_rank_excess(data, choose):
    time, event = data
    group = np.array(
        choose.draw(st.lists(st.integers(0, 1), min_size=len(time), max_size=len(time)))
    )
    assume(0 < group.sum() < len(group))
    assume(event.any())
    excess = 0.0
    for at in np.unique(time[event == 1]):
        at_risk = time >= at
        deaths = at_risk & (time == at) & (event == 1)
        excess += deaths[group == 0].sum() - deaths.sum() * (group[at_risk] == 0).mean()
    found = tried_grays_test(time, event, group)
    assert found.scores[0] == pytest.approx(excess, abs=1e-9)
