"""Cumulative incidence against R's survfit, Gray's test against cmprsk, and limits."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import chi2

from analysis_lib.exceptions import InvalidInputError, NotIdentifiedError
from analysis_lib.survival import cumulative_incidence, grays_test, kaplan_meier

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference" / "competing_risks.json").read_text(encoding="utf-8")
)
NAMES = sorted(REFERENCE["sets"])


def data(name):
    case = REFERENCE["sets"][name]
    return case, *(np.array(case[key]) for key in ("time", "cause", "group", "strata"))


def test_the_grid_of_references_is_complete():
    assert len(NAMES) == 6
    assert REFERENCE["cmprsk"].startswith("2.2")


@pytest.mark.parametrize("name", NAMES)
def test_cumulative_incidence_is_that_of_r(name):
    """survfit(Surv(time, factor(cause)), conf.type = 'log-log')."""
    case, time, cause, *_ = data(name)
    found = cumulative_incidence(time, cause)
    for number, expected in enumerate(case["curves"], 1):
        rows = found[found["cause"] == number]
        rows = rows.iloc[np.searchsorted(rows["time_months"], expected["time"])]
        np.testing.assert_allclose(rows["incidence"], expected["incidence"], atol=1e-11)
        np.testing.assert_allclose(rows["standard_error"], expected["se"], atol=1e-11)
        for limit, name_in_r in (("low", "lower"), ("high", "upper")):
            of_r = np.array(expected[name_in_r], dtype=float)
            known = ~np.isnan(of_r)
            np.testing.assert_allclose(rows[limit][known], of_r[known], atol=1e-11)
            # R leaves limits out where nothing has happened; here they are the estimate's own.
            assert (rows[limit][~known] == rows["incidence"][~known]).all()


@pytest.mark.parametrize("name", NAMES)
def test_aalens_variance_is_near(name):
    """cmprsk::cuminc gives Aalen's variance: near where twenty or more are at risk."""
    case, time, cause, *_ = data(name)
    found = cumulative_incidence(time, cause)
    compared = 0
    for number, expected in enumerate(case["curves"], 1):
        rows = found[found["cause"] == number]
        rows = rows.iloc[np.searchsorted(rows["time_months"], expected["time"])]
        many = (rows["number_at_risk"] >= 20).to_numpy() & (rows["incidence"] > 0).to_numpy()
        aalen = np.sqrt(np.array(expected["aalen_var"], dtype=float)[many])
        np.testing.assert_allclose(rows["standard_error"][many], aalen, rtol=0.05)
        compared += many.sum()
    assert compared > 10 or name == "few_patients"


@pytest.mark.parametrize("name", NAMES)
def test_grays_test_is_that_of_cmprsk(name):
    case, time, cause, group, strata = data(name)
    for index in range(len(case["gray"])):
        of_cause = index + 1
        found = grays_test(time, cause, group, of_cause=of_cause)
        assert found.statistic == pytest.approx(case["gray"][index], rel=1e-8)
        assert found.p_value == pytest.approx(case["gray_p"][index], rel=1e-8)
        assert found.degrees_of_freedom == case["df"]
        weighted = grays_test(time, cause, group, of_cause=of_cause, rho=1)
        assert weighted.statistic == pytest.approx(case["gray_rho"][index], rel=1e-8)
        stratified = grays_test(time, cause, group, of_cause=of_cause, strata=strata)
        assert stratified.statistic == pytest.approx(case["gray_strata"][index], rel=1e-8)


def test_one_cause_is_one_less_kaplan_meier():
    rng = np.random.default_rng(1)
    time, event = np.ceil(rng.exponential(10, 50)), rng.random(50) < 0.7
    incidence = cumulative_incidence(time, event)
    curve = kaplan_meier(time, event)
    np.testing.assert_array_equal(incidence["time_months"], curve["time_months"])
    np.testing.assert_allclose(1 - incidence["incidence"], curve["survival"], atol=1e-12)


def test_a_worked_table():
    """Four patients: relapse at 1, death at 2, censored at 3, relapse at 4."""
    found = cumulative_incidence([1, 2, 3, 4], [1, 2, 0, 1])
    relapse = found[found["cause"] == 1]
    np.testing.assert_allclose(relapse["incidence"], [0, 0.25, 0.25, 0.25, 0.75])
    assert relapse["number_at_risk"].tolist() == [4, 4, 3, 2, 1]
    assert relapse["events"].tolist() == [0, 1, 0, 0, 1]
    assert relapse["standard_error"].iloc[1] == pytest.approx(np.sqrt(0.25 * 0.75 / 4))


def test_without_censoring_incidence_is_a_proportion():
    cause = np.repeat([1, 2], [30, 70])
    found = cumulative_incidence(np.random.default_rng(2).permutation(100) + 1.0, cause)
    last = found[found["cause"] == 1].iloc[-1]
    assert last["incidence"] == pytest.approx(0.3)
    assert last["standard_error"] == pytest.approx(np.sqrt(0.3 * 0.7 / 100))


@pytest.mark.parametrize(
    ("time", "cause", "rule"),
    [
        ([1, 2], [1], "equally long"),
        ([], [], "at least one patient"),
        ([-1.0], [1], "not negative"),
        ([np.inf], [1], "finite"),
        ([1.0], [0.5], "integers"),
        ([1.0], [-1], "integers"),
        ([1.0, 2.0], [0, 0], "no event of any cause"),
    ],
)
def test_bad_input_is_named(time, cause, rule):
    with pytest.raises(InvalidInputError, match=rule):
        cumulative_incidence(time, cause)


@pytest.mark.parametrize(("time", "cause"), [([3], [1]), ([3, 3, 3], [1, 2, 2]), ([0, 1], [1, 0])])
def test_the_smallest_data_give_numbers(time, cause):
    found = cumulative_incidence(time, cause)
    assert np.isfinite(found.to_numpy()).all()
    assert found["incidence"].between(0, 1).all()


def test_grays_test_needs_two_groups_and_events():
    with pytest.raises(InvalidInputError, match="two groups"):
        grays_test([1, 2], [1, 1], [0, 0])
    with pytest.raises(InvalidInputError, match="as long as time"):
        grays_test([1, 2], [1, 1], [0])
    with pytest.raises(NotIdentifiedError, match="no event of cause 3"):
        grays_test([1, 2], [1, 2], [0, 1], of_cause=3)
    with pytest.raises(NotIdentifiedError, match="never all at risk"):
        grays_test([1, 2, 5, 6], [0, 0, 1, 1], [0, 0, 1, 1])


def test_groups_may_have_names():
    rng = np.random.default_rng(8)
    time, cause = rng.exponential(5, 60), rng.integers(0, 3, 60)
    arm = np.where(rng.random(60) < 0.5, "resection", "radiosurgery")
    found = grays_test(time, cause, arm)
    assert found.groups == ("radiosurgery", "resection")
    assert found.statistic == pytest.approx(grays_test(time, cause, arm == "resection").statistic)


def test_grays_test_keeps_its_level():
    """Synthetic groups of one law with ties: 5 % of p-values below 0.05, within three errors."""
    rng = np.random.default_rng(9)
    group = np.repeat([0, 1], 40)
    below = []
    for _ in range(1000):
        time = np.ceil(rng.exponential(8, 80) * 2) / 2
        cause = rng.choice([0, 1, 2], 80, p=[0.2, 0.5, 0.3])
        below.append(grays_test(time, cause, group).p_value < 0.05)
    assert np.mean(below) == pytest.approx(0.05, abs=0.021)


def test_the_p_value_is_that_of_the_statistic():
    rng = np.random.default_rng(10)
    found = grays_test(rng.exponential(5, 90), rng.integers(0, 3, 90), rng.integers(0, 3, 90))
    assert found.scores.shape == (2,)
    assert found.p_value == pytest.approx(chi2.sf(found.statistic, 2))
