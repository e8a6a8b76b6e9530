"""Cox's model with shared gamma frailty against R, against Cox's without, and on broken data."""

import json
from pathlib import Path

import numpy as np
import pytest

from analysis_lib.exceptions import InvalidInputError, NotIdentifiedError
from analysis_lib.survival import cox_two_arm, shared_frailty_cox

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference" / "between_studies.json").read_text(encoding="utf-8")
)
SETS = sorted(REFERENCE["sets"])


def data_of(name):
    data = REFERENCE["sets"][name]["data"]
    return tuple(np.array(data[key]) for key in ("time", "event", "group", "cluster"))


def in_order_of_labels(fit):
    """Frailties as R prints them: by sorted label."""
    return fit.frailties[np.argsort(fit.clusters)]


@pytest.mark.parametrize("name", SETS)
def test_fixed_theta_as_r(name):
    """coxph(Surv(time, event) ~ group + frailty(cluster, theta, sparse = FALSE)), Efron ties."""
    for expected in REFERENCE["sets"][name]["shared_frailty"]["fixed"]:
        fit = shared_frailty_cox(*data_of(name), theta=expected["theta"])
        assert fit.coefficients == pytest.approx([expected["coef"]], abs=1e-9)
        assert fit.standard_errors == pytest.approx([expected["se"]], abs=1e-9)
        assert in_order_of_labels(fit) == pytest.approx(expected["frailties"], abs=1e-8)
        assert fit.log_likelihood == pytest.approx(expected["log_likelihood"], abs=1e-8)
        assert not fit.theta_estimated


@pytest.mark.parametrize("name", SETS)
def test_estimated_theta_as_r(name):
    """The same with frailty(eps = 1e-12): R stops a little beside the maximum, never above it."""
    expected = REFERENCE["sets"][name]["shared_frailty"]["estimated"]
    fit = shared_frailty_cox(*data_of(name))
    assert fit.coefficients == pytest.approx([expected["coef"]], abs=1e-6)
    assert fit.standard_errors == pytest.approx([expected["se"]], abs=1e-5)
    assert fit.theta == pytest.approx(expected["theta"], rel=1e-4, abs=1e-6)
    assert in_order_of_labels(fit) == pytest.approx(expected["frailties"], abs=1e-4)
    assert fit.log_likelihood >= expected["log_likelihood"] - 1e-5
    assert fit.theta_estimated


@pytest.mark.parametrize("name", SETS)
def test_no_theta_has_a_higher_likelihood(name):
    data = data_of(name)
    fit = shared_frailty_cox(*data)
    for theta in (0, 0.01, 0.1, fit.theta * 0.97, fit.theta * 1.03, 1, 4):
        other = shared_frailty_cox(*data, theta=theta)
        assert other.log_likelihood <= fit.log_likelihood + 1e-9


@pytest.mark.parametrize("which", ["fixed", "estimated"])
def test_several_covariates_as_r(which):
    case = REFERENCE["lung_covariates"]
    data, expected = {k: np.array(v) for k, v in case["data"].items()}, case[which]
    columns = np.column_stack([data["age"], data["sex"], data["ecog"]])
    theta = expected["theta"] if which == "fixed" else None
    fit = shared_frailty_cox(data["time"], data["event"], columns, data["cluster"], theta=theta)
    tolerance = 1e-9 if which == "fixed" else 1e-6
    assert fit.coefficients == pytest.approx(expected["coef"], abs=tolerance)
    assert fit.standard_errors == pytest.approx(expected["se"], abs=tolerance)
    assert fit.theta == pytest.approx(expected["theta"], rel=1e-3, abs=1e-6)


def test_r_s_sparse_approximation_fails_on_single_arm_cohorts():
    """R's default from six clusters on leaves out the effects' mutual information.

    Where each cluster has one group only, nothing is left: its standard error is 0.
    """
    assert REFERENCE["sets"]["cohorts_4_4"]["shared_frailty"]["sparse_se"] == 0
    fit = shared_frailty_cox(*data_of("cohorts_4_4"), theta=0.5)
    cox = cox_two_arm(*data_of("cohorts_4_4")[:3])
    assert fit.standard_errors[0] > cox.standard_error


def test_theta_zero_is_cox():
    time, event, group, cluster = data_of("cohorts_6_8")
    fit, cox = (
        shared_frailty_cox(time, event, group, cluster, theta=0),
        cox_two_arm(time, event, group),
    )
    assert fit.coefficients[0] == pytest.approx(cox.log_hazard_ratio, abs=1e-10)
    assert fit.standard_errors[0] == pytest.approx(cox.standard_error, abs=1e-10)
    assert np.all(fit.frailties == 1)


def test_boundary_is_said():
    fit = shared_frailty_cox(*data_of("cohorts_boundary"))
    assert fit.theta == 0
    assert fit.theta_at_boundary
    assert not shared_frailty_cox(*data_of("cohorts_boundary"), theta=0).theta_at_boundary


def test_frailties_have_mean_one():
    fit = shared_frailty_cox(*data_of("kidney_patient"))
    assert fit.frailties.mean() == pytest.approx(1, abs=1e-9)


def test_order_of_patients_and_labels_do_not_matter():
    time, event, group, cluster = data_of("cohorts_4_4")
    order = np.random.default_rng(2).permutation(time.size)
    names = np.array([f"study {c}" for c in cluster])
    fit = shared_frailty_cox(time, event, group, cluster)
    other = shared_frailty_cox(time[order], event[order], group[order], names[order])
    assert other.coefficients == pytest.approx(fit.coefficients, abs=1e-7)
    frailty = dict(zip(other.clusters, other.frailties, strict=True))
    for label, value in zip(fit.clusters, fit.frailties, strict=True):
        assert frailty[f"study {label}"] == pytest.approx(value, abs=1e-6)


def test_swapped_groups_negate():
    time, event, group, cluster = data_of("cohorts_6_8")
    fit = shared_frailty_cox(time, event, group, cluster)
    other = shared_frailty_cox(time, event, 1 - group, cluster)
    assert other.coefficients == pytest.approx(-fit.coefficients, abs=1e-7)
    assert other.theta == pytest.approx(fit.theta, rel=1e-6)


# ---- data that break it -----------------------------------------------------------------------


def small(n=24):
    """Synthetic patients of four clusters."""
    time = np.arange(1.0, n + 1)
    return time, np.ones(n), np.arange(n) % 2, np.arange(n) % 4 // 2


def test_one_cluster_needs_a_theta():
    time, event, group, _ = small()
    with pytest.raises(InvalidInputError, match="two clusters"):
        shared_frailty_cox(time, event, group, np.zeros(24))
    fit = shared_frailty_cox(time, event, group, np.zeros(24), theta=0.3)
    cox = cox_two_arm(time, event, group)
    assert fit.coefficients[0] == pytest.approx(cox.log_hazard_ratio, abs=1e-9)


@pytest.mark.parametrize("theta", [None, 0.0, 0.5])
@pytest.mark.parametrize("silent", [0, 1])
def test_a_group_without_events_is_refused(silent, theta):
    time, event, group, cluster = small()
    with pytest.raises(NotIdentifiedError, match="infinite"):
        shared_frailty_cox(time, event * (group != silent), group, cluster, theta=theta)


def test_a_covariate_that_orders_the_deaths_is_refused():
    time, event, _, cluster = small()
    with pytest.raises(NotIdentifiedError, match="infinite"):
        shared_frailty_cox(time, event, -time, cluster, theta=0.5)


def test_no_events_are_refused():
    time, event, group, cluster = small()
    with pytest.raises(NotIdentifiedError, match="no events"):
        shared_frailty_cox(time, event * 0, group, cluster)


def test_all_events_at_the_same_time():
    _, event, group, cluster = small()
    fit = shared_frailty_cox(np.full(24, 5.0), event, group, cluster, theta=0.5)
    assert np.isfinite(fit.coefficients).all()
    assert np.isfinite(fit.standard_errors).all()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"covariates": np.zeros(24)}, "must vary"),
        ({"covariates": np.zeros((24, 0))}, "covariate"),
        ({"covariates": np.full(24, np.nan)}, "finite"),
        ({"covariates": np.zeros(23)}, "one row"),
        ({"cluster": np.zeros(3)}, "label"),
        ({"cluster": [None] * 24}, "label"),
        ({"theta": -0.1}, "theta"),
        ({"theta": float("nan")}, "theta"),
        ({"theta": 1e9}, "theta"),
        ({"time": np.full(24, -1.0)}, "negative"),
    ],
)
def test_bad_input_is_refused(changes, words):
    time, event, group, cluster = small()
    given = {"time": time, "event": event, "covariates": group, "cluster": cluster} | changes
    with pytest.raises(InvalidInputError, match=words):
        shared_frailty_cox(**given)
