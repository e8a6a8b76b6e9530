"""Rubin's rules against mice, mitools and the formulas written out in R."""

import json
from pathlib import Path

import numpy as np
import pytest

from analysis_lib.exceptions import InvalidInputError, NotIdentifiedError
from analysis_lib.meta_analysis.imputations import combine

RUBIN = json.loads(
    (Path(__file__).parents[1] / "reference" / "proportions.json").read_text(encoding="utf-8")
)["rubin"]
COMPLETE = {"infinite": None, "df_12": 12, "df_40": 40}
CASES = [(name, df) for name in RUBIN for df in COMPLETE]


@pytest.mark.parametrize(("name", "df"), CASES)
def test_agrees_with_mice(name, df):
    row = RUBIN[name][df]
    found = combine(row["q"], row["u"], complete_df=COMPLETE[df])
    mice = row["mice"]
    assert found.estimate == pytest.approx(mice["qbar"], abs=1e-10)
    assert found.within == pytest.approx(mice["ubar"], abs=1e-10)
    assert found.between == pytest.approx(mice["b"], abs=1e-10)
    assert found.standard_error**2 == pytest.approx(mice["t"], abs=1e-10)
    assert found.degrees_of_freedom == pytest.approx(mice["df"], rel=1e-9)
    assert found.fraction_missing == pytest.approx(mice["fmi"], abs=1e-9)
    assert found.m == len(row["q"])


@pytest.mark.parametrize(("name", "df"), CASES)
def test_interval_agrees_with_the_formulas_written_out(name, df):
    row = RUBIN[name][df]
    found = combine(row["q"], row["u"], complete_df=COMPLETE[df])
    assert found.low == pytest.approx(row["low"], rel=1e-9)
    assert found.high == pytest.approx(row["high"], rel=1e-9)


@pytest.mark.parametrize("name", RUBIN)
def test_agrees_with_mitools_for_infinite_complete_data(name):
    row = RUBIN[name]["infinite"]
    found = combine(row["q"], row["u"])
    assert found.degrees_of_freedom == pytest.approx(row["mitools"]["df"], rel=1e-9)
    assert found.standard_error**2 == pytest.approx(row["mitools"]["variance"], abs=1e-10)


def test_a_worked_example():
    """q = 1, 3 and u = 1, 1: W 1, B 2, T = 1 + 1.5 * 2 = 4, share 3/4, df = 1 / 0.75^2 = 16/9."""
    found = combine([1, 3], [1, 1])
    assert (found.estimate, found.within, found.between) == (2, 1, 2)
    assert found.standard_error == 2
    assert found.degrees_of_freedom == pytest.approx(16 / 9)


def test_a_curve_is_its_points():
    rng = np.random.default_rng(5)
    estimates, variances = rng.normal(size=(20, 7)), rng.uniform(0.1, 1, (20, 7))
    curve = combine(estimates, variances, complete_df=30)
    for column in range(7):
        point = combine(estimates[:, column], variances[:, column], complete_df=30)
        for field in ("estimate", "standard_error", "low", "high", "degrees_of_freedom"):
            assert getattr(curve, field)[column] == pytest.approx(getattr(point, field), rel=1e-12)
    assert curve.estimate.shape == (7,)


def test_failed_imputations_are_left_out_and_counted():
    found = combine([1, np.inf, 3, np.nan, 2], [1, 1, 1, 1, np.inf])
    assert (found.m, found.n_failed) == (2, 3)
    assert found.estimate == 2
    assert "3 imputations" in found.note


def test_a_point_that_failed_once_leaves_the_others_alone():
    found = combine([[1, 1], [3, np.inf]], np.ones((2, 2)))
    assert found.m.tolist() == [2, 1]
    assert found.n_failed.tolist() == [0, 1]
    assert found.between.tolist() == [2, 0]


def test_one_imputation_says_what_it_lacks():
    found = combine([0.4], [0.04], complete_df=10)
    assert found.between == 0
    assert found.degrees_of_freedom == pytest.approx(10 * 11 / 13)
    assert "one imputation" in found.note
    assert found.fraction_missing == 0


def test_without_any_variance_the_interval_is_a_point():
    found = combine([2, 2, 2], [0, 0, 0])
    assert found.low == found.estimate == found.high == 2
    assert found.fraction_missing == 0
    assert np.isinf(found.degrees_of_freedom)


def test_no_variance_within_is_all_missing():
    found = combine([1, 2, 3], [0, 0, 0])
    assert found.fraction_missing == 1
    assert found.degrees_of_freedom == pytest.approx(2)


def test_no_variance_within_leaves_the_degrees_of_the_complete_data_aside():
    found = combine([1, 2, 3], [0, 0, 0], complete_df=10)
    assert found.degrees_of_freedom == pytest.approx(2)
    assert np.isfinite(found.low)


def test_imputations_that_differ_more_than_they_know_say_so():
    found = combine([1, 3, 2, 5], [0.01, 0.02, 0.01, 0.02], complete_df=12)
    assert found.degrees_of_freedom < 1
    assert "hardly any degrees of freedom" in found.note
    assert combine([1, 1.1, 0.9], [1, 1, 1], complete_df=12).note == ""


def test_an_entry_that_always_failed_is_not_identified():
    with pytest.raises(NotIdentifiedError, match="1 of 2"):
        combine([[1, np.nan], [2, np.inf]], np.ones((2, 2)))


@pytest.mark.parametrize(
    ("estimates", "variances", "options", "message"),
    [
        ([], [], {}, "not empty"),
        ([1, 2], [1], {}, "equally long"),
        (1.0, 1.0, {}, "equally long"),
        ([1, 2], [1, -1], {}, "negative"),
        ([1, 2], [1, 1], {"complete_df": 0}, "complete_df"),
        ([1, 2], [1, 1], {"level": 95}, "level"),
    ],
)
def test_bad_input_is_refused(estimates, variances, options, message):
    with pytest.raises(InvalidInputError, match=message):
        combine(estimates, variances, **options)
