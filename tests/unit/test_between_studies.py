"""The contrast between groups of studies against R, against itself, and on data that break it."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from analysis_lib.exceptions import InvalidInputError, NotIdentifiedError
from analysis_lib.meta_analysis.between_studies import between_studies
from analysis_lib.meta_analysis.gamma_poisson import (
    EventCells,
    adjusted_log_likelihood,
    estimate_theta,
    log_likelihood,
    maximise,
    theta_score,
)
from analysis_lib.meta_analysis.person_time import cuts_with_events, person_time

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference" / "between_studies.json").read_text(encoding="utf-8")
)
BENCHMARK = json.loads(
    (Path(__file__).parents[2] / "benchmarks" / "results" / "between_studies.json").read_text(
        encoding="utf-8"
    )
)
RATES = sorted(name for name, case in REFERENCE["sets"].items() if case["gamma_poisson"])
CHI_SQUARE_95 = 3.841458820694124


def data_of(name):
    data = REFERENCE["sets"][name]["data"]
    return tuple(np.array(data[key]) for key in ("time", "event", "group", "cluster"))


def cells_of(name):
    """Cells of a reference set, exposure as it is."""
    expected = REFERENCE["sets"][name]["gamma_poisson"]
    time, event, group, cluster = data_of(name)
    cuts = cuts_with_events(time, event, cuts=expected["cuts"])
    table = person_time(time, event, group, cluster, cuts=cuts)
    interval = table["interval"].to_numpy()
    names = table["cluster"].unique()
    return EventCells(
        design=np.column_stack([np.eye(interval.max() + 1)[interval], table["group"]]),
        events=table["events"].to_numpy(float),
        exposure=table["person_months"].to_numpy(),
        membership=(table["cluster"].to_numpy() == names[:, None]).astype(float),
    )


def cohorts(seed=5, sides=(6, 6), variance=0.2, log_hazard_ratio=0.0):
    """Synthetic single-arm cohorts of 30 patients."""
    rng = np.random.default_rng(seed)
    k = sum(sides)
    cluster = np.repeat(np.arange(k), 30)
    group = (cluster >= sides[0]).astype(int)
    effects = rng.gamma(1 / variance, variance, k)
    hazard = 0.07 * effects[cluster] * np.exp(log_hazard_ratio * group)
    death = rng.exponential(1 / hazard)
    censoring = rng.uniform(6, 48, cluster.size)
    return np.minimum(death, censoring), death <= censoring, group, cluster


# ---- person-time ------------------------------------------------------------------------------


def test_person_time_by_hand():
    """A death at a cut belongs to the interval it ends; the open interval takes the rest."""
    table = person_time([3, 6, 10, 30], [1, 1, 0, 1], [0, 0, 1, 1], list("aabb"))
    rows = table[["cluster", "group", "interval", "start_months", "events", "person_months"]]
    assert rows.to_numpy().tolist() == [
        ["a", 0, 0, 0.0, 2, 9.0],
        ["b", 1, 0, 0.0, 0, 12.0],
        ["b", 1, 1, 6.0, 0, 10.0],
        ["b", 1, 2, 12.0, 0, 12.0],
        ["b", 1, 3, 24.0, 1, 6.0],
    ]


def test_a_cluster_that_holds_both_groups_has_rows_for_both():
    table = person_time([5, 5], [1, 0], [0, 1], ["a", "a"])
    assert table["group"].tolist() == [0, 1]
    assert table["cluster"].tolist() == ["a", "a"]


@pytest.mark.parametrize("name", RATES)
def test_person_time_as_survsplit(name):
    expected = REFERENCE["sets"][name]["gamma_poisson"]
    table = person_time(*data_of(name), cuts=expected["cuts"])
    assert len(table) == expected["rows"]
    assert table["events"].sum() == expected["events"]
    assert table["person_months"].sum() == pytest.approx(expected["exposure"], rel=1e-10)


def test_intervals_without_events_are_joined():
    times, events = [2.0, 8.0, 30.0], [0, 1, 1]
    assert cuts_with_events(times, events) == (0.0, 24.0)
    assert cuts_with_events([2.0, 8.0], [1, 0]) == (0.0,)
    assert cuts_with_events([2.0, 8.0], [0, 0]) == (0.0,)
    assert cuts_with_events([2.0, 7.0, 14.0, 25.0], [1, 1, 1, 1]) == (0.0, 6.0, 12.0, 24.0)


@pytest.mark.parametrize("cuts", [(), (6, 12), (0, 6, 6), (0, 12, 6), (0, float("nan"))])
def test_cuts_must_rise_from_zero(cuts):
    with pytest.raises(InvalidInputError, match="cuts"):
        person_time([1.0], [1], [0], ["a"], cuts=cuts)


@pytest.mark.parametrize(
    ("group", "cluster", "words"),
    [
        ([0, 2], ["a", "b"], "group"),
        ([0], ["a", "b"], "group"),
        ([0, 1], ["a"], "cluster"),
        ([0, 1], ["a", None], "label"),
    ],
)
def test_person_time_refuses(group, cluster, words):
    with pytest.raises(InvalidInputError, match=words):
        person_time([1.0, 2.0], [1, 1], group, cluster)


# ---- against R --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RATES)
def test_maximum_likelihood_and_profile_as_r(name):
    """Likelihood by optim and Newton, theta by the root of its slope, limits by uniroot."""
    expected = REFERENCE["sets"][name]["gamma_poisson"]
    fit = between_studies(*data_of(name), cuts=expected["cuts"], interval="profile")
    assert fit.log_hazard_ratio == pytest.approx(expected["ml"]["coef"], abs=1e-7)
    assert fit.standard_error == pytest.approx(expected["ml"]["se"], abs=1e-6)
    assert fit.theta == pytest.approx(expected["ml"]["theta"], rel=1e-7, abs=1e-9)
    assert fit.theta_at_boundary == (expected["ml"]["theta"] == 0)
    assert fit.log_likelihood == pytest.approx(expected["ml"]["log_likelihood"], abs=1e-8)
    assert (fit.low, fit.high) == pytest.approx(expected["profile"]["t"], abs=1e-6)


@pytest.mark.parametrize("name", RATES)
def test_chi_square_profile_as_r(name):
    expected = REFERENCE["sets"][name]["gamma_poisson"]
    fit = between_studies(
        *data_of(name), cuts=expected["cuts"], interval="profile", cutoff=CHI_SQUARE_95
    )
    assert (fit.low, fit.high) == pytest.approx(expected["profile"]["chi_square"], abs=1e-6)


@pytest.mark.parametrize("name", RATES)
def test_leading_interval_as_r(name):
    """Cox and Reid's theta, and the widening by the Pearson dispersion."""
    expected = REFERENCE["sets"][name]["gamma_poisson"]["cox_reid"]
    fit = between_studies(*data_of(name), cuts=REFERENCE["sets"][name]["gamma_poisson"]["cuts"])
    assert fit.log_hazard_ratio == pytest.approx(expected["coef"], abs=1e-6)
    assert fit.theta == pytest.approx(expected["theta"], rel=1e-5, abs=1e-9)
    widening = np.sqrt(max(1.0, expected["dispersion"]))
    assert fit.widening == pytest.approx(widening, abs=1e-5)
    assert fit.standard_error == pytest.approx(expected["se"] * widening, abs=1e-5)


@pytest.mark.parametrize("name", RATES)
def test_theta_zero_is_poisson_regression(name):
    """R's glm(family = "poisson")."""
    expected = REFERENCE["sets"][name]["gamma_poisson"]["poisson"]
    cells = cells_of(name)
    fit = maximise(cells, 0.0, np.full(cells.design.shape[1], -2.0))
    assert fit.coefficients[-1] == pytest.approx(expected["coef"], abs=1e-8)
    error = np.sqrt(np.linalg.inv(fit.information)[-1, -1])
    assert error == pytest.approx(expected["se"], abs=1e-8)
    assert fit.log_likelihood == pytest.approx(expected["log_likelihood"], abs=1e-8)


@pytest.mark.parametrize("name", RATES)
def test_closed_form_is_the_integral_over_study_effects(name):
    """R's integrate() over every study's effect, at two values of theta."""
    expected = REFERENCE["sets"][name]["gamma_poisson"]
    coefficients = np.array([*np.atleast_1d(expected["ml"]["log_rates"]), expected["ml"]["coef"]])
    for point in expected["integrated"]:
        value = log_likelihood(cells_of(name), coefficients, point["theta"])
        assert value == pytest.approx(point["closed_form"], abs=1e-7)
        assert value == pytest.approx(point["by_integration"], abs=1e-5)


@pytest.mark.parametrize("expected", REFERENCE["negative_binomial"], ids=lambda case: case["set"])
def test_one_interval_is_negative_binomial_regression(expected):
    """R's MASS::glm.nb on the events of cohorts."""
    fit = between_studies(*data_of(expected["set"]), cuts=(0,), interval="profile")
    assert fit.log_hazard_ratio == pytest.approx(expected["coef"], abs=1e-7)
    assert fit.theta == pytest.approx(expected["theta"], rel=1e-6)


# ---- against itself ---------------------------------------------------------------------------


@pytest.mark.parametrize("adjusted", [False, True])
@pytest.mark.parametrize("theta", [0.0, 0.05, 0.4, 3.0])
def test_the_score_of_theta_is_the_slope_of_its_likelihood(theta, adjusted):
    cells = cells_of("cohorts_4_4")

    def height(value):
        fit = maximise(cells, value, np.full(cells.design.shape[1], -2.0))
        return adjusted_log_likelihood(fit) if adjusted else fit.log_likelihood

    fit = maximise(cells, theta, np.full(cells.design.shape[1], -2.0))
    # One-sided at 0, of second order: theta is not negative.
    h = 1e-4
    slope = (
        (height(theta + h) - height(theta - h)) / (2 * h)
        if theta
        else (-3 * height(0.0) + 4 * height(h) - height(2 * h)) / (2 * h)
    )
    assert theta_score(cells, fit, adjusted=adjusted) == pytest.approx(slope, rel=1e-3)


@pytest.mark.parametrize("adjusted", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_no_theta_on_a_grid_is_higher(seed, adjusted):
    """Small variances, so that the boundary is among the answers."""
    time, event, group, cluster = cohorts(seed, (4, 5), variance=0.03)
    table = person_time(time, event, group, cluster)
    interval = table["interval"].to_numpy()
    cells = EventCells(
        design=np.column_stack([np.eye(4)[interval], table["group"]]),
        events=table["events"].to_numpy(float),
        exposure=table["person_months"].to_numpy(),
        membership=(table["cluster"].to_numpy() == np.arange(9)[:, None]).astype(float),
    )

    def height(fit):
        return adjusted_log_likelihood(fit) if adjusted else fit.log_likelihood

    start = np.full(5, -2.5)
    top = estimate_theta(cells, start, adjusted=adjusted)
    grid = [maximise(cells, theta, start) for theta in (0, *np.geomspace(1e-4, 50, 60))]
    assert height(top) >= max(map(height, grid)) - 1e-9


def test_limits_of_the_profile_have_the_deviance_of_the_cutoff():
    data = cohorts()
    wide = between_studies(*data, interval="profile")
    narrow = between_studies(*data, interval="profile", cutoff=CHI_SQUARE_95)
    assert wide.low < narrow.low < wide.log_hazard_ratio < narrow.high < wide.high


def test_what_a_result_says():
    time, event, group, cluster = cohorts(sides=(4, 8))
    fit = between_studies(time, event, group, cluster)
    assert fit.n_clusters == (4, 8)
    assert fit.degrees_of_freedom == 10
    assert fit.n_events == (event[group == 0].sum(), event[group == 1].sum())
    assert fit.person_months == pytest.approx((time[group == 0].sum(), time[group == 1].sum()))
    assert fit.cuts == (0.0, 6.0, 12.0, 24.0)
    assert fit.interval_method == "t"
    assert fit.note == ""
    assert fit.interval == pytest.approx((np.exp(fit.low), np.exp(fit.high)))
    assert fit.hazard_ratio == pytest.approx(np.exp(fit.log_hazard_ratio))


def test_the_note_names_studies_with_both_groups_and_the_boundary():
    time, event, _, cluster = cohorts(variance=0.01)
    fit = between_studies(time, event, np.arange(time.size) % 2, cluster)
    assert fit.n_clusters == (12, 12)
    assert "12 studies hold both groups" in fit.note
    assert fit.theta_at_boundary == ("no more than chance" in fit.note)


def test_a_truth_is_found_with_many_cohorts():
    fit = between_studies(*cohorts(3, (60, 60), 0.2, -0.5))
    assert fit.log_hazard_ratio == pytest.approx(-0.5, abs=0.25)
    assert fit.theta == pytest.approx(0.2, abs=0.08)


@pytest.mark.parametrize("cuts", [(0,), (0, 12), (0, 3, 6, 9, 12, 18, 24, 36)])
def test_the_result_depends_little_on_the_cuts(cuts):
    data = cohorts(8)
    fit, other = between_studies(*data), between_studies(*data, cuts=cuts)
    assert abs(other.log_hazard_ratio - fit.log_hazard_ratio) < 0.1 * fit.standard_error


def test_the_leading_interval_is_the_one_that_the_benchmark_found_to_hold():
    summary = BENCHMARK["summary"]
    assert summary["met"]
    assert summary["leading"] == between_studies(*cohorts()).interval_method
    for cell in BENCHMARK["cells"]:
        leading = cell["methods"][summary["leading"]]
        assert leading["coverage"] >= 0.935
        assert (leading["type_one_error"] or 0) <= 0.06


@pytest.mark.parametrize(
    ("row", "method"),
    [
        ("t", "t"),
        ("t without the widening", "t_without_widening"),
        ("profile, squared t quantile", "profile_t"),
        ("profile, chi-square", "profile_chi_square"),
        ("maximum likelihood, t quantile", "likelihood_t"),
        ("maximum likelihood, normal quantile", "likelihood_z"),
        ("Cox with shared frailty, Wald", "shared_frailty_cox"),
        ("Cox, studies ignored", "naive_cox"),
    ],
)
def test_the_docstring_s_table_is_the_benchmark_s(row, method):
    worst = BENCHMARK["summary"]["worst"][method]
    lines = sys.modules[between_studies.__module__].__doc__.splitlines()
    line = next(x for x in lines if x.startswith(f"    {row}  "))
    coverage, width = map(float, line.split()[-2:])
    assert coverage == pytest.approx(100 * worst["least_coverage"], abs=0.051)
    assert width == pytest.approx(worst["mean_width"], abs=0.0051)


# ---- data that break it -----------------------------------------------------------------------


def test_fewer_than_four_studies_on_a_side_are_refused():
    with pytest.raises(NotIdentifiedError, match="3 and 6 studies"):
        between_studies(*cohorts(sides=(3, 6)))
    assert between_studies(*cohorts(sides=(3, 6)), minimum_clusters=3).n_clusters == (3, 6)


def test_one_cluster_and_one_group_are_refused():
    time, event, group, cluster = cohorts()
    with pytest.raises(NotIdentifiedError, match="1 and 1 studies"):
        between_studies(time, event, group, np.zeros(time.size))
    with pytest.raises(NotIdentifiedError, match="12 and 0 studies"):
        between_studies(time, event, np.zeros(time.size), cluster)


def test_two_clusters_leave_no_degrees_of_freedom():
    time, event, group, _ = cohorts()
    with pytest.raises(InvalidInputError, match="minimum_clusters"):
        between_studies(time, event, group, group, minimum_clusters=1)


@pytest.mark.parametrize("silent", [0, 1])
@pytest.mark.parametrize("interval", ["t", "profile"])
def test_a_group_without_events_is_refused(silent, interval):
    time, event, group, cluster = cohorts()
    with pytest.raises(NotIdentifiedError, match=f"group {silent} has no event"):
        between_studies(time, event & (group != silent), group, cluster, interval=interval)


def test_no_event_at_all_is_refused():
    time, event, group, cluster = cohorts()
    with pytest.raises(NotIdentifiedError, match="no event"):
        between_studies(time, event & False, group, cluster)


@pytest.mark.parametrize("interval", ["t", "profile"])
def test_groups_whose_events_share_no_interval_are_refused(interval):
    """Group 0 is all dead by 6 months, nobody of group 1 dies before: no finite hazard ratio."""
    cluster = np.repeat(np.arange(8), 20)
    group = (cluster >= 4).astype(int)
    within = np.tile(np.arange(20), 8) / 4
    time = np.where(group == 0, 1 + within, 7 + within)
    with pytest.raises(NotIdentifiedError):
        between_studies(time, np.ones(160), group, cluster, interval=interval)


def test_all_events_of_a_group_in_one_study():
    time, event, group, cluster = cohorts()
    lonely = event & ((group == 0) | (cluster == 6))
    fit = between_studies(time, lonely, group, cluster)
    assert np.all(np.isfinite([fit.log_hazard_ratio, fit.standard_error, fit.low, fit.high]))
    assert fit.theta > 0.3


@pytest.mark.parametrize("interval", ["t", "profile"])
def test_all_events_at_the_same_time(interval):
    _, _, group, cluster = cohorts()
    n = group.size
    fit = between_studies(np.full(n, 5.0), np.ones(n), group, cluster, interval=interval)
    assert fit.log_hazard_ratio == pytest.approx(0.0, abs=1e-9)
    assert fit.theta_at_boundary
    assert fit.cuts == (0.0,)
    assert np.isfinite([fit.low, fit.high]).all()


def test_a_single_patient_in_each_study():
    cluster = np.arange(12)
    time = np.array([3.0, 8, 5, 13, 21, 2, 9, 11, 4, 30, 7, 6])
    fit = between_studies(time, np.ones(12), cluster >= 6, cluster)
    assert np.isfinite([fit.log_hazard_ratio, fit.low, fit.high]).all()


def test_a_study_without_events_counts():
    time, event, group, cluster = cohorts()
    fit = between_studies(time, event & (cluster != 2), group, cluster)
    assert fit.n_clusters == (6, 6)
    assert np.isfinite([fit.log_hazard_ratio, fit.low, fit.high]).all()


def test_deaths_without_follow_up_are_refused():
    time, event, group, cluster = cohorts()
    with pytest.raises(InvalidInputError, match="all its times are 0"):
        between_studies(np.where(cluster == 7, 0.0, time), event | True, group, cluster)


def test_an_unknown_interval_is_refused():
    with pytest.raises(InvalidInputError, match="interval"):
        between_studies(*cohorts(), interval="wald")


@pytest.mark.parametrize("cutoff", [0.0, -1.0, float("nan"), float("inf")])
def test_a_cutoff_must_be_above_zero(cutoff):
    with pytest.raises(InvalidInputError, match="cutoff"):
        between_studies(*cohorts(), interval="profile", cutoff=cutoff)


def test_a_profile_that_never_reaches_the_cutoff_is_said():
    with pytest.raises(NotIdentifiedError, match="interval='t'"):
        between_studies(*cohorts(), interval="profile", cutoff=1e4)
