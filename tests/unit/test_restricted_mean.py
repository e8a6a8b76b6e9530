"""Restricted means, medians and landmarks against R, closed forms and simulation."""

import json
from pathlib import Path

import numpy as np
import pytest

from analysis_lib.exceptions import InvalidInputError, NotIdentifiedError
from analysis_lib.survival import (
    landmark_difference,
    median_difference,
    median_survival,
    median_with_interval,
    restricted_mean,
    restricted_mean_difference,
)
from analysis_lib.survival.kaplan_meier import kaplan_meier

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference" / "time_scale.json").read_text(encoding="utf-8")
)
ARMS = [(name, arm) for name in sorted(REFERENCE["sets"]) for arm in (0, 1)]


def data(name):
    case = REFERENCE["sets"][name]
    return case, *(np.array(case[key]) for key in ("time", "event", "group"))


def test_the_grid_of_references_is_complete():
    assert len(REFERENCE["sets"]) == 8
    assert REFERENCE["survival"].startswith("3.5")


@pytest.mark.parametrize(("name", "arm"), ARMS)
def test_restricted_mean_is_that_of_r(name, arm):
    """summary(survfit, rmean = horizon): the mean and the estimator's standard error."""
    case, time, event, group = data(name)
    expected = case["arms"][arm]
    for horizon, mean, error in zip(
        case["horizons"], expected["rmean"], expected["rmean_se"], strict=True
    ):
        found = restricted_mean(time[group == arm], event[group == arm], horizon)
        assert found.value == pytest.approx(mean, rel=1e-10)
        assert found.standard_error == pytest.approx(error, rel=1e-9)
        assert found.low == pytest.approx(max(0, mean - 1.959964 * error), rel=1e-6)
        assert found.high == pytest.approx(min(horizon, mean + 1.959964 * error), rel=1e-6)


@pytest.mark.parametrize(("name", "arm"), ARMS)
def test_median_and_interval_are_those_of_r(name, arm):
    """quantile(survfit): the same where no curve is exactly one half over a span."""
    case, time, event, group = data(name)
    expected = case["arms"][arm]
    found = median_with_interval(time[group == arm], event[group == arm])
    assert found.value == median_survival(kaplan_meier(time[group == arm], event[group == arm]))
    if not expected["flat_at_half"]:
        assert found.value == expected["median"]
    assert found.low == expected["median_lower"]
    assert found.high == expected["median_upper"]


def test_where_the_curve_rests_on_one_half_r_takes_the_middle():
    flat = [key for key in ARMS if REFERENCE["sets"][key[0]]["arms"][key[1]]["flat_at_half"]]
    assert flat
    for name, arm in flat:
        case, time, event, group = data(name)
        mine = time[group == arm]
        found = median_with_interval(mine, event[group == arm]).value
        following = np.min(mine[(mine > found) & (event[group == arm] == 1)])
        assert case["arms"][arm]["median"] == pytest.approx((found + following) / 2)


@pytest.mark.parametrize("name", sorted(REFERENCE["sets"]))
def test_differences_are_those_of_r(name):
    case, time, event, group = data(name)
    zero, one = case["arms"]
    for index, horizon in enumerate(case["horizons"]):
        found = restricted_mean_difference(time, event, group, horizon)
        assert found.value == pytest.approx(one["rmean"][index] - zero["rmean"][index], abs=1e-8)
        error = np.hypot(one["rmean_se"][index], zero["rmean_se"][index])
        assert found.standard_error == pytest.approx(error, rel=1e-9)
    for index, months in enumerate(case["landmarks"]):
        found = landmark_difference(time, event, group, months)
        assert found.value == pytest.approx(one["surv"][index] - zero["surv"][index], abs=1e-10)
        error = np.hypot(one["surv_se"][index], zero["surv_se"][index])
        assert found.standard_error == pytest.approx(error, rel=1e-9)
        assert found.low == pytest.approx(max(-1, found.value - 1.959963984540054 * error))


def test_restricted_mean_without_censoring_is_the_mean_of_the_shortened_times():
    time = np.array([1.0, 2, 3, 4, 8])
    found = restricted_mean(time, np.ones(5), 5)
    assert found.value == pytest.approx(np.minimum(time, 5).mean())
    # The estimator's variance: that of min(T, horizon) over n.
    assert found.standard_error == pytest.approx(np.sqrt(np.minimum(time, 5).var() / 5))
    assert found.n_events == 4


def test_a_horizon_beyond_follow_up_is_refused_unless_all_have_died():
    with pytest.raises(NotIdentifiedError, match="beyond the last follow-up at 3 months"):
        restricted_mean([1, 2, 3], [1, 1, 0], 3.1)
    assert restricted_mean([1, 2, 3], [1, 1, 0], 3).value == pytest.approx(1 + 2 / 3 + 1 / 3)
    assert restricted_mean([1, 2, 3], [1, 1, 1], 30).value == pytest.approx(2)
    with pytest.raises(NotIdentifiedError, match="alive"):
        restricted_mean([1, 2, 3, 3], [1, 1, 1, 0], 4)


@pytest.mark.parametrize("horizon", [0, -1, np.nan, np.inf])
def test_a_horizon_is_a_positive_number(horizon):
    with pytest.raises(InvalidInputError, match="positive"):
        restricted_mean([1, 2], [1, 1], horizon)


@pytest.mark.parametrize(
    ("time", "event"), [([5, 6], [0, 0]), ([5], [1]), ([5], [0]), ([3, 3, 3], [1, 1, 1])]
)
def test_without_a_variance_there_is_none(time, event):
    found = restricted_mean(time, event, 3)
    assert found.value == 3
    assert (found.standard_error, found.low, found.high) == (None, None, None)
    assert "no standard error" in found.note


def test_a_difference_says_which_group_has_no_variance():
    time, event, group = [1, 2, 4, 5, 6], [1, 1, 0, 0, 0], [0, 0, 0, 1, 1]
    for found in (
        restricted_mean_difference(time, event, group, 3),
        landmark_difference(time, event, group, 3),
    ):
        assert found.standard_error is None
        assert found.low is None
        assert "group 1" in found.note
    assert landmark_difference(time, event, group, 3).value == pytest.approx(2 / 3)


@pytest.mark.parametrize("group", [[0, 0, 0], [1, 1, 1], [0, 1, 2], [0, 1]])
def test_groups_are_two(group):
    for measure in (restricted_mean_difference, landmark_difference):
        with pytest.raises(InvalidInputError):
            measure([1, 2, 3], [1, 1, 1], group, 1)
    with pytest.raises(InvalidInputError):
        median_difference([1, 2, 3], [1, 1, 1], group)


def test_a_median_that_is_not_reached_is_none():
    found = median_with_interval([1, 2, 3, 4], [1, 0, 0, 0])
    assert (found.value, found.low, found.high) == (None, 1, None)
    assert found.log_standard_error is None
    nobody_died = median_with_interval([1, 2], [0, 0])
    assert (nobody_died.value, nobody_died.low, nobody_died.high) == (None, None, None)
    with pytest.raises(NotIdentifiedError, match="median of group 0 is not reached"):
        median_difference([1, 2, 3, 4, 1, 2], [1, 0, 0, 0, 1, 1], [0, 0, 0, 0, 1, 1])


def test_a_single_death_has_a_median_without_an_upper_limit():
    found = median_with_interval([7], [1])
    assert (found.value, found.low, found.high) == (7, 7, None)


def test_log_standard_error_is_that_of_the_interval():
    rng = np.random.default_rng(3)
    found = median_with_interval(rng.exponential(10, 80), np.ones(80))
    width = np.log(found.high) - np.log(found.low)
    assert found.log_standard_error == pytest.approx(width / 3.919927969)
    # Exponential survival: the error of the log median is about 1 / (log 2 sqrt(n)).
    assert found.log_standard_error == pytest.approx(1 / (np.log(2) * np.sqrt(80)), rel=0.35)


def test_median_difference_recovers_each_groups_distances():
    rng = np.random.default_rng(4)
    time = np.concatenate([rng.exponential(10, 60), rng.exponential(18, 70)])
    group = np.repeat([0, 1], [60, 70])
    event = rng.random(130) < 0.8
    found = median_difference(time, event, group)
    zero, one = (median_with_interval(time[group == g], event[group == g]) for g in (0, 1))
    assert found.value == one.value - zero.value
    below = np.hypot(one.value - one.low, zero.high - zero.value)
    assert found.low == pytest.approx(found.value - below)
    assert found.high == pytest.approx(
        found.value + np.hypot(one.high - one.value, zero.value - zero.low)
    )
    assert found.standard_error is None


def test_median_difference_covers():
    """Synthetic exponential arms of 40 and 50, a fifth censored: 95 % within three errors."""
    rng = np.random.default_rng(5)
    group = np.repeat([0, 1], [40, 50])
    truth = (15 - 10) * np.log(2)
    held = []
    for _ in range(600):
        time = rng.exponential(np.where(group, 15, 10))
        censored = rng.uniform(5, 80, group.size)
        found = median_difference(np.minimum(time, censored), time <= censored, group)
        held.append(found.low <= truth <= found.high)
    assert np.mean(held) >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / 600)


def test_restricted_mean_difference_covers():
    """Synthetic exponential arms of 40: the interval holds the true difference as often as said."""
    rng = np.random.default_rng(6)
    group = np.repeat([0, 1], 40)
    truth = 15 * (1 - np.exp(-12 / 15)) - 10 * (1 - np.exp(-12 / 10))
    held = []
    for _ in range(1000):
        time = rng.exponential(np.where(group, 15, 10))
        censored = rng.uniform(13, 60, 80)
        found = restricted_mean_difference(np.minimum(time, censored), time <= censored, group, 12)
        held.append(found.low <= truth <= found.high)
    assert np.mean(held) == pytest.approx(0.95, abs=0.021)


def test_median_difference_without_a_limit_says_so():
    time = [1, 2, 3, 4, 5, 6, 7, 8]
    found = median_difference(time, [1] * 8, [0, 0, 0, 0, 1, 1, 1, 1])
    assert found.high is None or found.low is None
    assert "not reached" in found.note
