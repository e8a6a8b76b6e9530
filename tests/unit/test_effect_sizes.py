"""Effect sizes against the definition and a published example."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from analysis_lib.effect_sizes import (
    EffectSize,
    interval_from_p,
    log_cumulative_hazard,
    log_cumulative_hazard_ratio,
    log_hazard_ratio_from_interval,
    log_hazard_ratio_from_observed_minus_expected,
    log_hazard_ratio_from_p,
    log_hazard_ratio_from_p_and_events,
    log_hazard_ratio_from_p_and_total_events,
    log_hazard_ratio_from_patients,
    log_median_from_events,
    log_median_from_interval,
    log_median_from_patients,
    log_rate,
    log_ratio_standard_error_from_p,
    restricted_mean_difference,
    survival_difference,
)
from analysis_lib.exceptions import InvalidInputError, NotIdentifiedError
from analysis_lib.survival import Z_95, cox_two_arm, log_rank


@given(st.floats(0.05, 20).filter(lambda r: abs(math.log(r)) > 0.01), st.floats(0.02, 2))
def test_the_wald_test_is_turned_round(ratio, standard_error):
    p = 2 * norm.sf(abs(math.log(ratio)) / standard_error)
    if 1e-12 < p < 1:
        found = log_ratio_standard_error_from_p(ratio, p)
        assert found == pytest.approx(standard_error, rel=1e-6)


def test_at_p_of_five_percent_the_interval_touches_one():
    low, high = interval_from_p(0.5, 0.05)
    assert high == pytest.approx(1, abs=1e-12)
    assert low == pytest.approx(0.25, abs=1e-12)
    assert interval_from_p(2, 0.05)[0] == pytest.approx(1, abs=1e-12)


def test_a_printed_interval_is_given_back():
    """tucatinib against placebo (record her2climb-293p): 0.36 (0.21 to 0.63), p = 0.0002."""
    low, high = interval_from_p(0.36, 0.0002)
    assert low == pytest.approx(0.21, abs=0.01)
    assert high == pytest.approx(0.63, abs=0.02)


@pytest.mark.parametrize(
    ("ratio", "p"), [(0, 0.5), (-1, 0.5), (1, 0.5), (math.inf, 0.5), (2, 0), (2, 1), (2, math.nan)]
)
def test_bad_input_is_refused(ratio, p):
    with pytest.raises(InvalidInputError):
        interval_from_p(ratio, p)


RATIO = st.floats(0.05, 20)
ERROR = st.floats(0.02, 2)
PROBABILITY = st.floats(0.01, 0.99)


@given(RATIO, ERROR, st.floats(0.5, 0.999))
def test_an_interval_of_any_level_gives_its_error_back(ratio, error, level):
    half = norm.ppf((1 + level) / 2) * error
    low, high = ratio * math.exp(-half), ratio * math.exp(half)
    found = log_hazard_ratio_from_interval(ratio, low, high, level=level)
    assert found.value == pytest.approx(math.log(ratio))
    assert found.standard_error == pytest.approx(error, rel=1e-6)
    assert found.measure == "log hazard ratio"
    assert f"{100 * level:g} %" in found.method
    median = log_median_from_interval(ratio, low, high, level=level)
    assert median.standard_error == pytest.approx(error, rel=1e-6)
    open_above = log_median_from_interval(ratio, low, None, level=level)
    assert open_above.standard_error == pytest.approx(error, rel=1e-6)
    assert "not reached" in open_above.method


def test_a_hazard_ratio_with_p_is_the_wald_test_turned_round():
    found = log_hazard_ratio_from_p(0.5, 0.05)
    assert found.value / found.standard_error == pytest.approx(-Z_95)


@given(st.floats(-30, 30), st.floats(0.5, 200))
def test_observed_minus_expected_is_one_newton_step(difference, variance):
    found = log_hazard_ratio_from_observed_minus_expected(difference, variance)
    assert found.value == pytest.approx(difference / variance)
    assert found.standard_error**2 == pytest.approx(1 / variance)


@given(st.floats(1e-6, 1), st.integers(1, 300), st.integers(1, 300), st.booleans())
def test_a_p_value_with_events_keeps_its_p_and_direction(p, events, versus, below):
    found = log_hazard_ratio_from_p_and_events(p, events, versus, hazard_ratio_below_one=below)
    z = found.value / found.standard_error
    assert 2 * norm.sf(abs(z)) == pytest.approx(p, rel=1e-6)
    assert (found.value < 0) == (below and p < 1)
    assert found.standard_error == pytest.approx(math.sqrt(1 / events + 1 / versus))


@given(st.floats(1e-6, 1), st.integers(1, 300), st.floats(0.1, 10))
def test_total_events_meet_events_per_arm_at_a_ratio_of_one(p, events, ratio):
    options = {"hazard_ratio_below_one": True}
    equal = log_hazard_ratio_from_p_and_total_events(p, 2 * events, **options)
    split = log_hazard_ratio_from_p_and_events(p, events, events, **options)
    assert equal.standard_error == pytest.approx(split.standard_error)
    assert equal.value == pytest.approx(split.value)
    skewed = log_hazard_ratio_from_p_and_total_events(
        p, 2 * events, randomisation_ratio=ratio, **options
    )
    other = log_hazard_ratio_from_p_and_total_events(
        p, 2 * events, randomisation_ratio=1 / ratio, **options
    )
    assert skewed.standard_error == pytest.approx(other.standard_error)
    assert skewed.standard_error >= equal.standard_error - 1e-12


def test_tierneys_worked_p_value_has_the_normal_deviate_of_its_half():
    """Tierney 2007, equation 14, as corrected in Trials 2013;14:391: p 0.075 has z 1.78."""
    found = log_hazard_ratio_from_p_and_events(0.075, 50, 60, hazard_ratio_below_one=True)
    assert -found.value / found.standard_error == pytest.approx(1.78, abs=0.005)


def _two_exponential_arms(seed=3, n=400, ratio=0.8):
    """Synthetic patients."""
    generator = np.random.default_rng(seed)
    group = np.repeat([0, 1], n)
    death = generator.exponential(10 / np.where(group, ratio, 1.0))
    censoring = generator.uniform(0, 30, 2 * n)
    return np.minimum(death, censoring), death <= censoring, group


def test_every_road_to_one_trial_leads_near_cox():
    time, event, group = _two_exponential_arms()
    cox = cox_two_arm(time, event, group)
    p = log_rank(time, event, group)
    events = event[group == 1].sum(), event[group == 0].sum()
    roads = [
        log_hazard_ratio_from_patients(time, event, group),
        log_hazard_ratio_from_interval(cox.hazard_ratio, *cox.interval),
        log_hazard_ratio_from_p(cox.hazard_ratio, p),
        log_hazard_ratio_from_p_and_events(p, *events, hazard_ratio_below_one=True),
        log_hazard_ratio_from_p_and_total_events(p, sum(events), hazard_ratio_below_one=True),
    ]
    for road in roads:
        assert road.value == pytest.approx(cox.log_hazard_ratio, abs=0.01)
        assert road.standard_error == pytest.approx(cox.standard_error, rel=0.03)
    assert roads[0].value == cox.log_hazard_ratio


def test_two_landmarks_estimate_the_hazard_ratio_of_proportional_hazards():
    arm, versus = math.exp(-0.8), math.exp(-1.0)
    found = log_cumulative_hazard_ratio(
        log_cumulative_hazard(arm, n=100), log_cumulative_hazard(versus, n=100)
    )
    assert found.value == pytest.approx(math.log(0.8))
    expected = sum((1 - s) / (100 * s * math.log(s) ** 2) for s in (arm, versus))
    assert found.standard_error == pytest.approx(math.sqrt(expected))
    assert found.measure == "log cumulative hazard ratio"


@given(PROBABILITY, st.integers(5, 500))
def test_the_delta_method_of_the_complementary_log_log(survival, n):
    error = math.sqrt(survival * (1 - survival) / n)
    found = log_cumulative_hazard(survival, n=n)
    assert found == EffectSize(
        found.value, found.standard_error, "log cumulative hazard", "landmark survival and n"
    )
    given_error = log_cumulative_hazard(survival, standard_error=error)
    assert given_error.standard_error == pytest.approx(found.standard_error)
    step = 1e-6 * survival * (1 - survival)
    slope = (math.log(-math.log(survival + step)) - math.log(-math.log(survival - step))) / (
        2 * step
    )
    assert found.standard_error == pytest.approx(abs(slope) * error, rel=1e-4)


def test_the_error_of_an_exponential_median_is_that_of_simulated_medians():
    generator = np.random.default_rng(11)
    medians = np.median(generator.exponential(10, (20_000, 101)), axis=1)
    found = log_median_from_patients(10 * math.log(2), 101)
    assert found.standard_error == pytest.approx(np.log(medians).std(), rel=0.03)
    fitted = np.log(generator.exponential(10, (20_000, 101)).mean(axis=1) * math.log(2))
    from_model = log_median_from_events(10 * math.log(2), 101)
    assert from_model.standard_error == pytest.approx(fitted.std(), rel=0.03)
    assert from_model.standard_error / found.standard_error == pytest.approx(math.log(2))


def test_the_error_of_a_log_rate_is_poissons():
    generator = np.random.default_rng(5)
    draws = np.log(generator.poisson(80, 50_000) / 1000)
    assert log_rate(80, 1000).value == pytest.approx(math.log(0.08))
    assert log_rate(80, 1000).standard_error == pytest.approx(draws.std(), rel=0.02)


@given(PROBABILITY, ERROR, PROBABILITY, ERROR)
def test_differences_add_their_variances(arm, arm_error, versus, versus_error):
    for function in (survival_difference, restricted_mean_difference):
        found = function(arm, arm_error, versus, versus_error)
        assert found.value == pytest.approx(arm - versus)
        assert found.standard_error**2 == pytest.approx(arm_error**2 + versus_error**2)
    assert survival_difference(1, 0.1, 0, 0.1).measure == "survival difference"


def test_a_trial_without_deaths_in_one_arm_is_refused_with_advice():
    with pytest.raises(NotIdentifiedError, match=r"infinite.*count it"):
        log_hazard_ratio_from_patients([1, 2, 3, 4], [1, 1, 0, 0], [0, 0, 1, 1])
    with pytest.raises(NotIdentifiedError, match="0 events"):
        log_hazard_ratio_from_patients([1, 2], [0, 0], [0, 1])


@pytest.mark.parametrize(
    "call",
    [
        lambda: log_hazard_ratio_from_interval(0.5, 0.5, 0.5),
        lambda: log_hazard_ratio_from_interval(0.5, 0.6, 0.9),
        lambda: log_hazard_ratio_from_interval(0.5, 0.9, 0.2),
        lambda: log_hazard_ratio_from_interval(0.5, 0, 0.9),
        lambda: log_hazard_ratio_from_interval(0.5, 0.2, math.inf),
        lambda: log_hazard_ratio_from_interval(math.nan, 0.2, 0.9),
        lambda: log_hazard_ratio_from_interval(0.5, 0.2, 0.9, level=95),
        lambda: log_hazard_ratio_from_p(1, 0.5),
        lambda: log_hazard_ratio_from_p(0.5, 0),
        lambda: log_hazard_ratio_from_observed_minus_expected(1, 0),
        lambda: log_hazard_ratio_from_observed_minus_expected(math.nan, 1),
        lambda: log_hazard_ratio_from_p_and_events(0, 5, 5, hazard_ratio_below_one=True),
        lambda: log_hazard_ratio_from_p_and_events(0.1, 0, 5, hazard_ratio_below_one=True),
        lambda: log_hazard_ratio_from_p_and_total_events(0.1, 0, hazard_ratio_below_one=True),
        lambda: log_hazard_ratio_from_p_and_total_events(
            0.1, 5, hazard_ratio_below_one=True, randomisation_ratio=0
        ),
        lambda: log_hazard_ratio_from_patients([1, 2], [1, 1], [1, 1]),
        lambda: log_median_from_interval(0, 0, 1),
        lambda: log_median_from_interval(5, 5, None),
        lambda: log_median_from_interval(5, 5, 5),
        lambda: log_median_from_patients(5, 0),
        lambda: log_median_from_events(5, 0),
        lambda: log_rate(5, 0),
        lambda: log_rate(-1, 10),
        lambda: log_rate(math.nan, 10),
        lambda: log_cumulative_hazard(1.2, n=10),
        lambda: log_cumulative_hazard(0.5),
        lambda: log_cumulative_hazard(0.5, n=10, standard_error=0.1),
        lambda: log_cumulative_hazard(0.5, standard_error=0),
        lambda: log_cumulative_hazard(0.5, n=0),
        lambda: log_cumulative_hazard_ratio(log_rate(5, 10), log_rate(5, 10)),
        lambda: survival_difference(1.2, 0.1, 0.5, 0.1),
        lambda: survival_difference(0.5, 0, 0.5, 0.1),
        lambda: restricted_mean_difference(-1, 0.1, 5, 0.1),
        lambda: restricted_mean_difference(5, 0.1, 5, math.inf),
    ],
)
def test_bad_figures_are_refused_with_a_reason(call):
    with pytest.raises(InvalidInputError, match=r".{20}"):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda: log_rate(0, 10),
        lambda: log_cumulative_hazard(0, n=10),
        lambda: log_cumulative_hazard(1, n=10),
    ],
)
def test_an_infinite_measure_is_refused_as_not_identified(call):
    with pytest.raises(NotIdentifiedError, match="infini"):
        call()
