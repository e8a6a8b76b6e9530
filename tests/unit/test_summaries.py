"""Pseudo-patients from printed summaries. All data here are synthetic."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from analysis_lib.exceptions import InvalidInputError
from analysis_lib.reconstruct.information import (
    binomial_landmark_interval,
    effective_sample_size,
    exponential_median_interval,
    greenwood_limits,
    log_median_standard_error,
    matching_transform,
    median_effective_sample_size,
    printed_decimals,
)
from analysis_lib.reconstruct.summaries import (
    LandmarkSummary,
    MedianSummary,
    reconstruct_from_summary,
    weibull_shapes,
)
from analysis_lib.survival import kaplan_meier, median_survival, survival_at

Z = 1.959963984540054


def codes(result) -> list[str]:
    return [finding.code for finding in result.findings]


def hand_made_limits(value: float, error: float, transform: str) -> tuple[float, float]:
    """The textbook formulas, written out once more and independently."""
    if transform == "plain":
        pair = value - Z * error, value + Z * error
    elif transform == "log":
        pair = value * math.exp(-Z * error / value), value * math.exp(Z * error / value)
    elif transform == "log-log":
        power = math.exp(Z * error / (value * abs(math.log(value))))
        pair = value**power, value ** (1 / power)
    else:
        odds, factor = value / (1 - value), math.exp(Z * error / (value * (1 - value)))
        pair = odds / factor / (1 + odds / factor), odds * factor / (1 + odds * factor)
    return max(pair[0], 0.0), min(pair[1], 1.0)


# --- intervals and the patients behind them -----------------------------------------


@pytest.mark.parametrize("transform", ["plain", "log", "log-log", "logit"])
@pytest.mark.parametrize(("alive", "n"), [(26, 40), (9, 30), (70, 90)])
def test_the_scale_and_n_are_found_again_from_printed_digits(transform, alive, n):
    value = alive / n
    limits = hand_made_limits(value, math.sqrt(value * (1 - value) / n), transform)
    printed = [round(number, 3) for number in (value, *limits)]
    assert matching_transform(*printed).transform == transform
    size = effective_sample_size(*printed)
    assert size.n == pytest.approx(n, rel=0.03)
    assert size.at_least <= n <= size.at_most


@pytest.mark.parametrize("transform", ["plain", "log", "log-log", "logit"])
def test_greenwood_limits_are_the_textbooks(transform):
    expected = hand_made_limits(0.7, 0.08, transform)
    assert greenwood_limits(0.7, 0.08, transform) == pytest.approx(expected, abs=1e-12)


def test_a_limit_cut_off_at_one_leaves_the_other_to_give_the_width():
    error = math.sqrt(0.92 * 0.08 / 25)
    low, high = hand_made_limits(0.92, error, "log")
    assert high == 1.0
    size = effective_sample_size(0.92, round(low, 3), high)
    assert (size.match.transform, round(size.n)) == ("log", 25)


def test_a_limit_cut_off_at_zero_leaves_the_other_to_give_the_width():
    low, high = hand_made_limits(0.1, math.sqrt(0.1 * 0.9 / 20), "plain")
    assert low == 0.0
    assert effective_sample_size(0.1, low, round(high, 3)).n == pytest.approx(20, rel=0.02)


def test_limits_made_on_the_incidence_are_recognised():
    """Software for cumulative incidences makes limits symmetric on the incidence."""
    low, high = hand_made_limits(0.2, math.sqrt(0.2 * 0.8 / 50), "log-log")
    printed = (0.8, round(1 - high, 3), round(1 - low, 3))
    match = matching_transform(*printed, incidence_first=True)
    assert (match.transform, match.incidence) == ("log-log", True)
    assert effective_sample_size(*printed).n == pytest.approx(50, rel=0.02)
    again = greenwood_limits(
        0.8, match.standard_error(0.8), match.transform, incidence=match.incidence
    )
    assert again == pytest.approx(printed[1:], abs=0.001)


def test_wilsons_interval_does_not_imply_more_than_its_n():
    n, value = 29, 19 / 29
    centre = (value + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * math.sqrt(value * (1 - value) / n + Z**2 / (4 * n**2))
    size = effective_sample_size(*(round(x, 3) for x in (value, centre - half, centre + half)))
    assert size.match.transform == "logit"
    assert size.n > n
    assert size.at_least <= n


@pytest.mark.parametrize(
    "numbers",
    [(0.6, 0.1, 0.62), (0.6, 0.6, 0.6), (1.0, 0.8, 1.0), (0.0, 0.0, 0.2), (0.5, 0.0, 1.0)],
    ids=["lopsided", "no width", "value 1", "value 0", "limits 0 and 1"],
)
def test_no_scale_is_none(numbers):
    assert matching_transform(*numbers) is None
    assert effective_sample_size(*numbers) is None


def test_binomial_interval_covers_and_handles_zero_and_one():
    """Coverage of 95 % limits over the binomial distribution itself, n 40, S 0.6."""
    n, truth = 40, 0.6
    alive = np.arange(n + 1)
    weight = np.array([math.comb(n, k) * truth**k * (1 - truth) ** (n - k) for k in alive])
    inside = [
        low <= truth <= high for low, high in (binomial_landmark_interval(k / n, n) for k in alive)
    ]
    assert 0.93 <= weight[inside].sum() <= 0.97
    low, high = binomial_landmark_interval(1.0, 20)
    assert (low, high) == (pytest.approx(0.025 ** (1 / 20)), 1.0)
    assert binomial_landmark_interval(0.0, 20) == (0.0, pytest.approx(1 - 0.025 ** (1 / 20)))


@pytest.mark.parametrize("n", [31, 101])
def test_standard_error_of_the_log_median_against_simulation(n):
    draws = np.random.default_rng(5).exponential(size=(20_000, n))
    simulated = np.log(np.median(draws, axis=1)).std()
    assert log_median_standard_error(n) == pytest.approx(simulated, rel=0.05)


def test_median_interval_and_its_inverse():
    low, high = exponential_median_interval(10.0, 64)
    assert math.log(high / 10) == pytest.approx(Z / (math.log(2) * 8))
    assert math.sqrt(low * high) == pytest.approx(10.0)
    assert median_effective_sample_size(low, high) == pytest.approx(64)


def test_printed_decimals():
    assert printed_decimals(0.8, 0.75) == 2
    assert printed_decimals(0.617) == 3
    assert printed_decimals(8.0, 12.5, fewest=0) == 1
    assert printed_decimals(1 / 3) == 6


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: binomial_landmark_interval(0.5, 0), "n: must be a whole number"),
        (lambda: binomial_landmark_interval(50, 10), r"a percentage\? write 0.5"),
        (lambda: exponential_median_interval(0.0, 10), "median: must be"),
        (lambda: median_effective_sample_size(5.0, 5.0), "0 < low < high"),
        (lambda: matching_transform(0.5, 0.6, 0.4), "reversed"),
    ],
)
def test_closed_forms_refuse_what_they_cannot_read(call, message):
    with pytest.raises(InvalidInputError, match=message):
        call()


# --- pseudo-patients ---------------------------------------------------------------


def test_a_median_alone_is_an_exponential_up_to_it():
    result = reconstruct_from_summary(n=31, median=14.2)
    curve = kaplan_meier(result.ipd["time_months"], result.ipd["event"])
    assert len(result.ipd) == 31
    assert median_survival(curve) == 14.2
    assert result.assumption == "exponential_shape"
    assert (result.level, result.known_until_months) == ("summary", 14.2)
    assert result.findings == ()
    deaths = result.ipd.loc[result.ipd["event"] == 1, "time_months"].to_numpy()[:-1]
    middles = 1 - (np.arange(1, 16) - 0.5) / 31
    assert deaths == pytest.approx(-14.2 * np.log2(middles))
    alive = result.ipd[result.ipd["event"] == 0]
    assert len(alive) == 15
    assert (alive["time_months"] == 14.2).all()


@pytest.mark.parametrize("n", [1, 2, 3, 10, 11])
def test_the_median_is_met_by_even_and_odd_n(n):
    result = reconstruct_from_summary(n=n, median=(6.0, None, None))
    assert median_survival(kaplan_meier(*result.ipd.to_numpy().T)) == 6.0


def test_landmarks_are_met_and_steps_straddle_the_curve():
    marks = [LandmarkSummary(6, 0.72), LandmarkSummary(12, 0.41), LandmarkSummary(24, 0.2)]
    result = reconstruct_from_summary(n=50, landmarks=marks, median=10.0)
    for fact in result.constraints:
        assert abs(fact.residual) <= 1 / 100 + 1e-9
    assert result.assumption == "log_linear_between_points"
    curve = kaplan_meier(*result.ipd.to_numpy().T)
    grid = np.linspace(0.1, 24, 500)
    hazard = -np.log(result.curve["survival"])
    smooth = np.exp(-np.interp(grid, result.curve["time_months"], hazard))
    difference = survival_at(curve, grid) - smooth
    assert np.abs(difference).max() <= 1 / 50
    assert abs(difference.mean()) < 0.1 / 50


def test_an_interval_places_losses_before_its_time():
    """240 patients, a third lost early: the width is met, n alone would be too narrow."""
    rng = np.random.default_rng(11)
    death, loss = rng.exponential(15, 240), rng.uniform(0, 24, 240)
    truth = kaplan_meier(np.minimum(death, loss), death <= loss)
    row = truth[truth["time_months"] <= 12].iloc[-1]
    printed = [round(row[name], 3) for name in ("survival", "low", "high")]
    result = reconstruct_from_summary(n=240, landmarks=[(12, *printed)])
    (worth,) = result.information
    assert worth.transform == "log-log"
    assert worth.effective_n < 200
    pseudo = kaplan_meier(*result.ipd.to_numpy().T)
    again = pseudo[pseudo["time_months"] <= 12].iloc[-1]
    for name, number in zip(("survival", "low", "high"), printed, strict=True):
        assert again[name] == pytest.approx(number, abs=0.004)
    lost = (result.ipd["event"] == 0) & (result.ipd["time_months"] < 12)
    true_loss = int(np.sum((loss < death) & (loss < 12)))
    assert lost.sum() == pytest.approx(true_loss, rel=0.2)
    residuals = {fact.fact: fact.residual for fact in result.constraints}
    assert set(residuals) == {"survival", "survival_low", "survival_high"}


def test_two_intervals_place_losses_in_turn():
    rng = np.random.default_rng(12)
    death, loss = rng.exponential(18, 150), rng.uniform(3, 30, 150)
    truth = kaplan_meier(np.minimum(death, loss), death <= loss)
    marks = []
    for months in (9, 18):
        row = truth[truth["time_months"] <= months].iloc[-1]
        marks.append((months, *(round(row[name], 3) for name in ("survival", "low", "high"))))
    result = reconstruct_from_summary(n=150, landmarks=marks)
    assert all(abs(fact.residual) < 0.012 for fact in result.constraints)
    first, second = result.information
    assert second.effective_n < first.effective_n <= 150


def test_an_interval_narrower_than_n_allows_is_named_and_n_used():
    low, high = hand_made_limits(0.6, math.sqrt(0.24 / 90), "log")
    result = reconstruct_from_summary(n=30, landmarks=[(12, 0.6, round(low, 3), round(high, 3))])
    assert codes(result) == ["interval_implies_more_than_n"]
    assert result.information[0].effective_n == 30
    assert result.information[0].implied_n == pytest.approx(90, rel=0.03)
    assert not ((result.ipd["event"] == 0) & (result.ipd["time_months"] < 12)).any()


@pytest.mark.parametrize(
    ("mark", "code"),
    [
        ((12, 0.6, 0.1, 0.62), "no_transform_fits"),
        ((12, 1.0, 0.8, 1.0), "no_transform_fits"),
        ((12, 0.6, 0.6, 0.6), "no_transform_fits"),
        ((12, 0.6, 0.4, None), "interval_incomplete"),
    ],
)
def test_an_interval_that_cannot_be_read_is_named_and_n_used(mark, code):
    result = reconstruct_from_summary(n=20, landmarks=[mark])
    assert codes(result) == [code]
    assert result.information[0].effective_n == 20
    assert len(result.ipd) == 20


@pytest.mark.parametrize(("value", "deaths"), [(1.0, 0), (0.0, 9)])
def test_everybody_or_nobody_alive(value, deaths):
    result = reconstruct_from_summary(n=9, landmarks=[(12, value)], n_imputations=2)
    for frame in (result.ipd, *result.imputations):
        assert frame["event"].sum() == deaths
        assert frame["time_months"].max() <= 12
    assert result.findings == ()


@pytest.mark.parametrize(
    ("median", "mark"), [(15.0, (24, 0.53)), (15.0, (15, 0.53)), (15.0, (12, 0.47))]
)
def test_a_median_against_a_landmark_is_named_and_left_out(median, mark):
    result = reconstruct_from_summary(n=50, median=median, landmarks=[mark])
    assert codes(result) == ["median_contradicts_landmark"]
    alone = reconstruct_from_summary(n=50, landmarks=[mark])
    pd.testing.assert_frame_equal(result.ipd, alone.ipd)
    printed = {fact.fact: fact for fact in result.constraints}["median_months"]
    assert printed.given == 15.0


def test_a_median_within_resolution_of_a_landmark_is_no_contradiction():
    result = reconstruct_from_summary(n=50, median=15.0, landmarks=[(24, 0.51)])
    assert result.findings == ()


def test_a_median_interval_checks_n_and_does_not_set_it():
    low, high = exponential_median_interval(12.0, 140)
    narrow = reconstruct_from_summary(n=70, median=(12.0, round(low, 1), round(high, 1)))
    assert codes(narrow) == ["median_interval_implies_more_than_n"]
    pd.testing.assert_frame_equal(narrow.ipd, reconstruct_from_summary(n=70, median=12.0).ipd)
    low, high = exponential_median_interval(12.0, 70)
    wide = reconstruct_from_summary(n=70, median=(12.0, round(low, 1), round(high, 1)))
    assert wide.findings == ()


def test_imputations_keep_what_is_printed_and_vary_the_rest():
    result = reconstruct_from_summary(
        n=40, median=9.0, landmarks=[(12, 0.4)], n_imputations=8, seed=3
    )
    means = set()
    for frame in result.imputations:
        curve = kaplan_meier(*frame.to_numpy().T)
        assert len(frame) == 40
        assert median_survival(curve) == 9.0
        assert survival_at(curve, [12.0])[0] == pytest.approx(0.4)
        means.add(float(frame["time_months"].mean()))
    assert len(means) == 8


def test_given_shapes_bend_the_curve():
    """A shape of 3 puts the deaths before a landmark late, one of 1/3 early."""

    def mean_death(shape):
        result = reconstruct_from_summary(
            n=200, landmarks=[(12, 0.3)], n_imputations=5, shapes=[shape]
        )
        frames = pd.concat(result.imputations)
        return frames.loc[frames["event"] == 1, "time_months"].mean()

    assert mean_death(1 / 3) < 3.5 < 4.5 < mean_death(1.0) < 6 < mean_death(3.0)


def test_weibull_shapes_are_those_of_weibull_curves():
    def survival(t, shape):
        return math.exp(-((t / 10) ** shape))

    rows = [[6, survival(6, k), 18, survival(18, k)] for k in (0.5, 1.0, 1.7)]
    assert weibull_shapes(rows) == pytest.approx([0.5, 1.0, 1.7])
    assert weibull_shapes([]).size == 0


@pytest.mark.parametrize("points", [[[6, 0.5, 6, 0.4]], [[6, 1.0, 12, 0.4]], [[6, 0.4, 12, 0.5]]])
def test_weibull_shapes_refuses_points_of_no_curve(points):
    with pytest.raises(InvalidInputError, match="0 < t1 < t2"):
        weibull_shapes(points)
    with pytest.raises(InvalidInputError, match="rows of t1"):
        weibull_shapes([1.0, 2.0])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n": 0, "median": 5.0}, "n: must be a whole number"),
        ({"n": 10.5, "median": 5.0}, "n: must be a whole number"),
        ({"n": 10**9, "median": 5.0}, "n: must be a whole number"),
        ({"n": True, "median": 5.0}, "n: must be a whole number"),
        ({"n": float("nan"), "median": 5.0}, "n: must be a whole number"),
        ({"n": 10}, "nothing was printed"),
        ({"n": 10, "median": -1.0}, "median: must be a finite time above 0"),
        ({"n": 10, "median": float("nan")}, "median: must be a finite time above 0"),
        ({"n": 10, "median": (5.0, 7.0, 4.0)}, "median: interval is reversed"),
        ({"n": 10, "median": (5.0, 6.0, 7.0)}, "median: value must lie in its interval"),
        ({"n": 10, "median": (5.0, -6.0, 7.0)}, "median low: must be"),
        ({"n": 10, "landmarks": [(12, 61.7)]}, r"at 12 months: value .*write 0.617"),
        ({"n": 10, "landmarks": [(12, float("nan"))]}, "value must be in 0..1"),
        ({"n": 10, "landmarks": [(12, None)]}, "value must be in 0..1"),
        ({"n": 10, "landmarks": [(12, "0.6")]}, "value must be in 0..1"),
        ({"n": 10, "landmarks": [(-3, 0.5)]}, "landmark months: must be a finite time"),
        ({"n": 10, "landmarks": [(0, 0.5)]}, "landmark months: must be a finite time"),
        ({"n": 10, "landmarks": [(12, 0.5, 0.7, 0.4)]}, "interval is reversed"),
        ({"n": 10, "landmarks": [(12, 0.5, 0.6, 0.7)]}, "value must lie in its interval"),
        ({"n": 10, "landmarks": [(12, 0.5), (6, 0.4)]}, "must not rise with time"),
        ({"n": 10, "landmarks": [(12, 0.5), (12, 0.4)]}, "two at 12 months"),
        ({"n": 10, "landmarks": [(12, 0.5)], "followup_max_months": 9}, "beyond the longest"),
        ({"n": 10, "median": 5.0, "n_imputations": -1}, "n_imputations"),
        ({"n": 10, "median": 5.0, "n_imputations": 1.5}, "n_imputations"),
        ({"n": 10, "median": 5.0, "shape_log_sd": -0.1}, "shape_log_sd"),
        ({"n": 10, "median": 5.0, "shapes": [0.0]}, "shapes"),
    ],
)
def test_invalid_input_is_refused_by_name(options, message):
    with pytest.raises(InvalidInputError, match=message):
        reconstruct_from_summary(**options)


def test_summaries_are_frozen():
    with pytest.raises(AttributeError):
        MedianSummary(5.0).value = 6.0
    with pytest.raises(AttributeError):
        reconstruct_from_summary(n=5, median=3.0).level = "curve_n"


def test_draws_are_sorted_sets_of_the_same_patients():
    """Deaths first at ties, as many deaths in every gap as the printed points say."""
    result = reconstruct_from_summary(
        n=40, median=9.0, landmarks=[(12, 0.4, 0.25, 0.55), (24, 0.2)], n_imputations=6, seed=1
    )
    assert result.draws.shape == (6, 40, 2)
    for rows, frame in zip(result.draws, result.imputations, strict=True):
        times, events = rows.T
        assert np.all(np.diff(times) >= 0)
        assert np.all(np.diff(events)[np.diff(times) == 0] <= 0)
        for end in (9.0, 12.0, 24.0):
            deaths = result.ipd["event"][result.ipd["time_months"] <= end].sum()
            assert events[times <= end].sum() == deaths
        assert frame["event"].dtype == result.ipd["event"].dtype
        assert np.array_equal(frame.to_numpy(), rows)


def test_no_draws_were_asked_for():
    assert reconstruct_from_summary(n=40, median=9.0).imputations == ()
