"""Cox models with covariates, strata and clusters against R, closed forms and bad input."""

import json
from pathlib import Path
from time import perf_counter
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis_lib.exceptions import InvalidInputError, NotIdentifiedError
from analysis_lib.survival import cox_model, cox_stratified, cox_two_arm

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference" / "cox.json").read_text(encoding="utf-8")
)
MODELS = REFERENCE["models"]
BINARY = sorted(
    name
    for name, case in MODELS.items()
    if len(case["coefficients"]) == 1
    and set(REFERENCE["data"][case["data"]][next(iter(case["terms"].values()))[0]]) == {0, 1}
)

#: What each model stores; descriptions of the model, then what R answers.
DESCRIBED = {"data", "terms", "strata", "cluster"}
COMPARED = {
    "coefficients",
    "standard_errors",
    "robust_standard_errors",
    "covariance",
    "log_likelihood",
    "n",
    "n_events",
}
#: Compared in test_proportional_hazards.py.
COMPARED_ELSEWHERE = {"zph"}


def of_model(case):
    """Patients, covariate names, strata and clusters of a stored model."""
    frame = pd.DataFrame(REFERENCE["data"][case["data"]])
    columns = [column for term in case["terms"].values() for column in term]
    strata, cluster = (None if case[k] is None else frame[case[k]] for k in ("strata", "cluster"))
    return frame, columns, strata, cluster


def test_the_grid_is_complete():
    assert len(MODELS) >= 40
    assert len({case["data"] for case in MODELS.values()}) >= 20
    assert {case["data"] for case in MODELS.values()} == set(REFERENCE["data"])
    for name, case in MODELS.items():
        assert set(case) == DESCRIBED | COMPARED | COMPARED_ELSEWHERE, name
    for question in (
        lambda case: case["strata"] and case["cluster"],
        lambda case: case["strata"] and not case["cluster"],
        lambda case: case["cluster"] and not case["strata"],
        lambda case: len(case["coefficients"]) > 1,
    ):
        assert sum(bool(question(case)) for case in MODELS.values()) >= 5
    assert len(BINARY) >= 15


@pytest.mark.parametrize("name", sorted(MODELS))
def test_against_r(name):
    """R survival's coxph: 1e-6 on coefficients, 1e-5 on standard errors."""
    case = MODELS[name]
    frame, columns, strata, cluster = of_model(case)
    fit = cox_model(frame["time"], frame["event"], frame[columns], strata=strata, cluster=cluster)
    assert fit.names == tuple(columns)
    assert (fit.n, fit.n_events) == (case["n"], case["n_events"])
    np.testing.assert_allclose(fit.coefficients, case["coefficients"], rtol=0, atol=1e-6)
    np.testing.assert_allclose(fit.standard_errors, case["standard_errors"], rtol=0, atol=1e-5)
    np.testing.assert_allclose(fit.covariance, case["covariance"], rtol=1e-5, atol=1e-10)
    likelihoods = [fit.log_likelihood_null, fit.log_likelihood]
    np.testing.assert_allclose(likelihoods, case["log_likelihood"], rtol=1e-9)
    assert fit.monotone == (False,) * len(columns)
    if cluster is None:
        assert fit.robust_standard_errors is None
        assert fit.n_clusters is None
        assert case["robust_standard_errors"] is None
    else:
        expected = case["robust_standard_errors"]
        np.testing.assert_allclose(fit.robust_standard_errors, expected, rtol=0, atol=1e-5)
        robust = np.sqrt(np.diag(fit.robust_covariance))
        np.testing.assert_allclose(fit.robust_standard_errors, robust, rtol=1e-12)


@pytest.mark.parametrize("name", BINARY)
def test_the_fast_paths_agree_with_r_as_well(name):
    case = MODELS[name]
    frame, (column,), strata, cluster = of_model(case)
    if strata is None:
        fit = cox_two_arm(frame["time"], frame["event"], frame[column])
    else:
        fit = cox_stratified(frame["time"], frame["event"], frame[column], strata)
        if cluster is not None:
            expected = case["robust_standard_errors"][0]
            assert fit.robust_standard_error == pytest.approx(expected, abs=1e-5)
    assert fit.log_hazard_ratio == pytest.approx(case["coefficients"][0], abs=1e-6)
    assert fit.standard_error == pytest.approx(case["standard_errors"][0], abs=1e-5)
    assert (fit.n, fit.n_events) == (case["n"], case["n_events"])


def test_the_fast_stratified_path_is_compared():
    stratified = [name for name in BINARY if MODELS[name]["strata"] and MODELS[name]["cluster"]]
    assert len(stratified) >= 5


def test_an_infinite_coefficient_leaves_the_others_as_in_r():
    """Nobody dies in group 1; R stops near the supremum and warns."""
    case = REFERENCE["separated"]
    frame = pd.DataFrame(case["data"])
    fit = cox_model(frame["time"], frame["event"], frame[["group", "age"]])
    assert fit.monotone == (True, False)
    assert fit.coefficients[0] == -np.inf
    assert fit.standard_errors[0] == np.inf
    assert fit.coefficients[1] == pytest.approx(case["age"], abs=1e-6)
    assert fit.standard_errors[1] == pytest.approx(case["age_standard_error"], abs=1e-5)
    expected = pytest.approx(case["log_likelihood"], rel=1e-8)
    assert [fit.log_likelihood_null, fit.log_likelihood] == expected
    assert fit.covariance is None
    assert fit.intervals[0].tolist() == [0, np.inf]
    assert not np.isnan(fit.intervals).any()
    assert fit.hazard_ratios[0] == 0
    assert "group" in fit.limits
    assert "age" not in fit.limits


def test_separation_by_two_covariates_together_is_seen():
    """Each alone overlaps; whoever has the larger sum dies first."""
    x = pd.DataFrame({"a": [3.0, 0, 2, 1, 0, 1], "b": [0.0, 2.5, 0, 0.5, 1, -1]})
    fit = cox_model([1, 2, 3, 4, 5, 6], [1] * 6, x)
    assert fit.monotone == (True, True)
    assert np.all(np.isinf(fit.coefficients))


def test_monotone_with_clusters_has_no_made_up_error():
    fit = cox_model([1, 2, 3, 4], [1, 1, 0, 0], [1, 1, 0, 0], cluster=[1, 2, 3, 4])
    assert fit.monotone == (True,)
    assert fit.robust_standard_errors.tolist() == [np.inf]
    assert fit.robust_covariance is None


def test_one_cluster_has_no_robust_error():
    """The score residuals of everybody add up to nothing: R would print an error of zero."""
    time, event, x = [1, 2, 3, 4, 5], [1, 1, 1, 0, 1], [1, 0, 0.5, 1, 0]
    fit = cox_model(time, event, x, cluster=["only"] * 5)
    assert fit.robust_standard_errors is None
    assert fit.n_clusters == 1
    assert "one cluster" in fit.limits


@pytest.mark.parametrize("strata", [["a", "a", "b", "b"], [1, 1, 2, 2]])
def test_group_and_stratum_that_coincide_are_not_identified(strata):
    time, event, group = [1, 2, 3, 4], [1, 1, 1, 1], [0, 0, 1, 1]
    with pytest.raises(NotIdentifiedError, match="not identified: x1"):
        cox_model(time, event, group, strata=strata)
    with pytest.raises(NotIdentifiedError, match="not identified"):
        cox_stratified(time, event, group, strata)


def test_only_patients_at_risk_at_a_death_identify():
    """The one patient who differs leaves before the first death."""
    with pytest.raises(NotIdentifiedError, match="not identified"):
        cox_model([1, 2, 3], [0, 1, 1], [0, 1, 1])


@pytest.mark.parametrize(
    ("time", "event", "x", "says"),
    [
        ([1, 2, 3], [0, 0, 0], [0, 1, 1], "no events"),
        ([1], [1], [4], "not identified: x1"),
        ([1, 2, 3, 4], [1, 1, 1, 1], [[0, 1], [1, 3], [0, 1], [2, 5]], "not identified: x1, x2"),
    ],
)
def test_what_the_data_cannot_answer_is_refused(time, event, x, says):
    with pytest.raises(NotIdentifiedError, match=says):
        cox_model(time, event, x)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"covariates": [[1], [2]]}, "shape"),
        ({"covariates": np.zeros((3, 0))}, "shape"),
        ({"covariates": [1, np.nan, 2]}, "finite"),
        ({"covariates": ["a", "b", "c"]}, "numbers"),
        ({"covariates": pd.DataFrame(np.ones((3, 2)), columns=["a", "a"])}, "names"),
        ({"strata": ["a", "b"]}, "strata"),
        ({"strata": ["a", None, "b"]}, "strata must not be missing"),
        ({"cluster": [1, 2, np.nan]}, "cluster must not be missing"),
        ({"time": [1, 2, -3]}, "times"),
    ],
)
def test_bad_input_is_refused(arguments, says):
    good = {"time": [1, 2, 3], "event": [1, 1, 0], "covariates": [0, 1, 0]}
    with pytest.raises(InvalidInputError, match=says):
        cox_model(**good | arguments)


def test_stratified_bad_input_is_refused():
    with pytest.raises(InvalidInputError, match="strata"):
        cox_stratified([1, 2], [1, 1], [0, 1], ["a"])
    with pytest.raises(InvalidInputError, match="both groups"):
        cox_stratified([1, 2], [1, 1], [1, 1], ["a", "a"])


def test_stratified_separation_has_its_limits_said():
    fit = cox_stratified([1, 2, 1, 2], [1, 0, 1, 0], [1, 0, 1, 0], ["a", "a", "b", "b"])
    assert fit.monotone
    assert fit.log_hazard_ratio == np.inf
    assert fit.robust_standard_error is None
    assert fit.interval == (0, np.inf)
    assert fit.informative_strata == ("a", "b")


def test_one_informative_stratum_has_no_robust_error():
    """Stratum b has one group only: it is counted, and changes nothing."""
    time, event = [1, 2, 3, 4, 5, 1, 2], [1, 1, 0, 1, 1, 1, 1]
    group, strata = [1, 0, 1, 0, 1, 1, 1], ["a"] * 5 + ["b"] * 2
    fit = cox_stratified(time, event, group, strata)
    alone = cox_two_arm(time[:5], event[:5], group[:5])
    assert fit.log_hazard_ratio == pytest.approx(alone.log_hazard_ratio, abs=1e-12)
    assert (fit.n_strata, fit.n_informative_strata, fit.informative_strata) == (2, 1, ("a",))
    assert fit.robust_standard_error is None


def test_digits_survive_far_covariates_and_long_spreads():
    """A year of birth and a scale of millions: centred and scaled within."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(80, 2))
    time, event = rng.exponential(np.exp(-x[:, 0])), rng.random(80) < 0.8
    plain = cox_model(time, event, x)
    far = cox_model(time, event, x * [1e-6, 1e6] + [1e3, 1e9])
    np.testing.assert_allclose(far.coefficients * [1e-6, 1e6], plain.coefficients, rtol=1e-6)
    np.testing.assert_allclose(far.standard_errors * [1e-6, 1e6], plain.standard_errors, rtol=1e-6)


def test_separation_leaves_what_is_still_compared():
    """x is separated; who is level with the dead is compared on y alone, in strata of x."""
    time, event = [1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 1, 1, 1, 1, 1, 0]
    x, y = [1, 1, 1, 1, 0, 0, 0, 0], [0.3, 1, 0, 0.5, 0.2, 1, 0, 0.6]
    fit = cox_model(time, event, np.column_stack([x, y]), cluster=range(8))
    within = cox_model(time, event, y, strata=x, cluster=range(8))
    assert fit.monotone == (True, False)
    assert fit.coefficients[1] == pytest.approx(within.coefficients[0], abs=1e-9)
    assert fit.standard_errors[1] == pytest.approx(within.standard_errors[0], abs=1e-9)
    assert fit.log_likelihood == pytest.approx(within.log_likelihood, abs=1e-9)
    robust = within.robust_standard_errors[0]
    assert fit.robust_standard_errors.tolist() == [np.inf, pytest.approx(robust, abs=1e-9)]


def test_a_programme_without_answer_is_said(monkeypatch):
    failed = SimpleNamespace(success=False, message="iteration limit")
    monkeypatch.setattr("analysis_lib.survival.separation.linprog", lambda *_, **__: failed)
    with pytest.raises(NotIdentifiedError, match="iteration limit"):
        cox_model([1, 2, 3, 4], [1, 1, 0, 0], [1, 1, 0, 0])


def test_a_far_but_finite_maximum_is_not_called_infinite():
    """One patient in 4000 out of order keeps the maximum finite, at a hazard ratio of 16 000."""
    n = 2000
    time = np.concatenate([np.arange(n), [0.5], np.arange(n, 2 * n - 1)])
    x = np.repeat([1, 0], n)
    x[[n - 1, n]] = 1, 0
    fit = cox_model(time, np.ones(2 * n), x)
    fast = cox_two_arm(time, np.ones(2 * n), x)
    assert fit.monotone == (False,)
    assert fit.coefficients[0] > 8
    assert fit.coefficients[0] == pytest.approx(fast.log_hazard_ratio, abs=1e-8)
    assert fit.standard_errors[0] == pytest.approx(fast.standard_error, rel=1e-8)


@pytest.mark.parametrize(("n", "seconds"), [(800, 0.006), (100_000, 0.5)])
def test_two_arms_with_tied_times_are_fast(n, seconds):
    """Synthetic patients; the margin is wide, benchmarks/cox.py measures."""
    rng = np.random.default_rng(n)
    group = rng.integers(0, 2, n)
    time, event = np.ceil(rng.exponential(12 / 1.5**group)), rng.random(n) < 0.75
    taken = []
    for _ in range(5):
        start = perf_counter()
        cox_two_arm(time, event, group)
        taken.append(perf_counter() - start)
    assert min(taken) < seconds
