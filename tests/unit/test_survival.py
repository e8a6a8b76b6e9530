"""Survival estimates against lifelines, closed forms and R."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter

from analysis_lib.exceptions import InvalidInputError
from analysis_lib.survival import (
    cox_two_arm,
    kaplan_meier,
    log_rank,
    median_survival,
    survival_at,
)

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference" / "survival.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", sorted(REFERENCE["sets"]))
def test_against_r(name):
    """R survival: survfit (conf.type log-log), survdiff and coxph (ties efron)."""
    case = REFERENCE["sets"][name]
    time, event, group = (np.array(case[key]) for key in ("time", "event", "group"))
    fit = cox_two_arm(time, event, group)
    assert fit.log_hazard_ratio == pytest.approx(case["coef"], abs=1e-6)
    assert fit.standard_error == pytest.approx(case["se"], abs=1e-5)
    assert log_rank(time, event, group) == pytest.approx(case["logrank_p"], rel=1e-6)
    for arm in (0, 1):
        curve = kaplan_meier(time[group == arm], event[group == arm])
        expected = case["curves"][arm]
        at = np.searchsorted(curve["time_months"], expected["time"])
        np.testing.assert_allclose(curve["survival"].iloc[at], expected["surv"], atol=1e-9)
        np.testing.assert_array_equal(curve["number_at_risk"].iloc[at], expected["n_risk"])
        inside = np.array(expected["lower"], dtype=float)
        known = ~np.isnan(inside)
        np.testing.assert_allclose(curve["low"].iloc[at][known], inside[known], atol=1e-6)
        upper = np.array(expected["upper"], dtype=float)
        np.testing.assert_allclose(curve["high"].iloc[at][known], upper[known], atol=1e-6)


def test_cox_agrees_with_lifelines_with_ties():
    rng = np.random.default_rng(7)
    group = rng.integers(0, 2, 120)
    time = np.ceil(rng.exponential(10 / (1 + group)))
    event = rng.random(120) < 0.7
    fit = cox_two_arm(time, event, group)
    frame = pd.DataFrame({"t": time, "e": event, "g": group})
    other = CoxPHFitter().fit(frame, "t", "e")
    assert fit.log_hazard_ratio == pytest.approx(other.params_["g"], abs=1e-5)
    assert fit.standard_error == pytest.approx(other.standard_errors_["g"], abs=1e-5)


def test_cox_closed_form():
    """One death with two and one at risk: the score b + log(2/1) ... solved by hand.

    Times 1 (group 1), 2 (group 0), 3 censored in both: score
    1 - 2r/(2 + 2r) - r/(2 + r) = 0 gives r = sqrt(2).
    """
    fit = cox_two_arm([1, 2, 3, 3], [1, 1, 0, 0], [1, 0, 1, 0])
    assert fit.hazard_ratio == pytest.approx(np.sqrt(2), abs=1e-9)


def test_separated_groups_have_no_maximum():
    fit = cox_two_arm([1, 2, 3, 4], [1, 1, 0, 0], [1, 1, 0, 0])
    assert fit.monotone
    assert fit.log_hazard_ratio == np.inf
    assert cox_two_arm([1, 2, 3, 4], [1, 1, 0, 0], [0, 0, 1, 1]).log_hazard_ratio == -np.inf
    assert fit.interval == (0, np.inf)
    assert "no event in group 0" in fit.limits


@pytest.mark.parametrize("event", [[0, 0, 0, 0], [0, 0, 0, 1]])
def test_without_a_death_that_compares_nothing_is_known(event):
    """No event, or only after one group has left."""
    fit = cox_two_arm([1, 2, 3, 4], event, [0, 0, 1, 1])
    assert (fit.log_hazard_ratio, fit.standard_error, fit.monotone) == (0, np.inf, True)
    assert fit.interval == (0, np.inf)
    assert "nothing is known" in fit.limits


def test_identical_times_are_one_risk_set():
    """All die at once: every order is as likely, so that the hazard ratio is 1."""
    fit = cox_two_arm([5] * 6, [1] * 6, [0, 0, 0, 0, 1, 1])
    assert fit.log_hazard_ratio == pytest.approx(0, abs=1e-12)
    assert fit.limits == ""


def test_far_hazard_ratios_are_found():
    """1 death in 1000 against 1000 in 1000: Newton's steps are kept between known signs."""
    group = np.repeat([0, 1], 1000)
    time = np.concatenate([np.full(999, 2.0), [0.5], np.arange(1, 1001) / 1001])
    event = np.concatenate([np.zeros(999), [1], np.ones(1000)])
    fit = cox_two_arm(time, event, group)
    assert not fit.monotone
    mirrored = cox_two_arm(time, event, 1 - group)
    assert fit.log_hazard_ratio == pytest.approx(-mirrored.log_hazard_ratio, abs=1e-9)


@pytest.mark.parametrize(
    ("time", "event", "group"),
    [
        ([], [], []),
        ([1, 2], [1], [0, 1]),
        ([-1, 2], [1, 1], [0, 1]),
        ([np.nan, 2], [1, 1], [0, 1]),
        ([np.inf, 2], [1, 1], [0, 1]),
        ([1, 2], [1, 2], [0, 1]),
        ([1, 2], [1, 1], [0, 2]),
        ([1, 2], [1, 1], [1, 1]),
        ([3], [1], [1]),
    ],
)
def test_bad_input_is_refused(time, event, group):
    with pytest.raises(InvalidInputError):
        cox_two_arm(time, event, group)


def test_kaplan_meier_by_hand():
    """Deaths precede censorings at ties: 4 patients, (2, death), (2, censored), (5, death), (6)."""
    curve = kaplan_meier([2, 2, 5, 6], [1, 0, 1, 0])
    assert survival_at(curve, [0, 1.9, 2, 4.9, 5, 100]).tolist() == pytest.approx(
        [1, 1, 0.75, 0.75, 0.375, 0.375]
    )
    assert median_survival(curve) == 5
    assert median_survival(kaplan_meier([1, 2], [0, 0])) is None


def test_limits_without_events_are_the_estimate():
    curve = kaplan_meier([1, 2], [0, 0])
    assert (curve[["low", "high"]] == 1).all(axis=None)
    assert not kaplan_meier([1, 2], [1, 1]).isna().any(axis=None)
