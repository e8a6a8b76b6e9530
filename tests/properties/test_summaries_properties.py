"""What must hold for every printed summary. All data here are synthetic."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_lib.exceptions import InvalidInputError
from analysis_lib.reconstruct.information import (
    TRANSFORMS,
    effective_sample_size,
    greenwood_limits,
    matching_transform,
)
from analysis_lib.reconstruct.summaries import reconstruct_from_summary
from analysis_lib.survival import kaplan_meier, survival_at

sizes = st.integers(1, 150)
months = st.floats(0.1, 120).map(lambda value: round(value, 1))
probabilities = st.floats(0, 1).map(lambda value: round(value, 3))


@st.composite
def landmarks(draw, least=0, intervals=False):
    """Landmarks that do not rise, with limits around them when asked for."""
    times = draw(st.lists(months, min_size=least, max_size=4, unique=True))
    values = sorted(draw(st.lists(probabilities, min_size=len(times), max_size=len(times))))
    marks = []
    for time, value in zip(sorted(times), reversed(values), strict=True):
        limits = ()
        if intervals and draw(st.booleans()):
            limits = (
                round(draw(st.floats(0, value)), 3),
                round(draw(st.floats(value, 1)), 3),
            )
        marks.append((time, value, *limits))
    return marks


@st.composite
def summaries(draw, intervals=False):
    """n, perhaps a median, perhaps landmarks, at least one of them."""
    median = draw(st.none() | months)
    marks = draw(landmarks(least=1 if median is None else 0, intervals=intervals))
    return {"n": draw(sizes), "median": median, "landmarks": marks}


@settings(max_examples=150, deadline=None)
@given(summaries(intervals=True), st.integers(0, 3))
def test_always_n_patients_of_a_falling_curve(summary, n_imputations):
    result = reconstruct_from_summary(**summary, n_imputations=n_imputations)
    assert len(result.imputations) == n_imputations
    assert np.all(np.diff(result.curve["survival"]) <= 0)
    assert np.all(np.diff(result.curve["time_months"]) > 0)
    for frame in (result.ipd, *result.imputations):
        assert len(frame) == summary["n"]
        assert frame["time_months"].is_monotonic_increasing
        assert frame["time_months"].between(0, result.known_until_months).all()
        assert frame["event"].isin([0, 1]).all()
    assert all(worth.effective_n <= summary["n"] for worth in result.information)


@settings(max_examples=150, deadline=None)
@given(summaries())
def test_points_without_intervals_are_met_within_half_a_step(summary):
    result = reconstruct_from_summary(**summary)
    contradicted = any(f.code == "median_contradicts_landmark" for f in result.findings)
    curve = kaplan_meier(*result.ipd.to_numpy().T)
    tolerance = 0.5 / summary["n"] + 1e-9
    # A median counts as met by landmarks within n's resolution and the last printed digit.
    knots = dict(zip(result.curve["time_months"], result.curve["survival"], strict=True))
    for time, value in ((mark[0], mark[1]) for mark in summary["landmarks"]):
        assert abs(survival_at(curve, [time])[0] - knots[time]) <= tolerance
        if contradicted or summary["median"] is None:
            assert abs(survival_at(curve, [time])[0] - value) <= tolerance
    if summary["median"] is not None and not contradicted and not summary["landmarks"]:
        (fact,) = result.constraints
        assert fact.residual == 0


@settings(max_examples=60, deadline=None)
@given(summaries(intervals=True), st.sampled_from([0.25, 4.0, 30.4375]))
def test_another_unit_of_time_scales_the_patients(summary, factor):
    marks = [(mark[0] * factor, *mark[1:]) for mark in summary["landmarks"]]
    median = None if summary["median"] is None else summary["median"] * factor
    one = reconstruct_from_summary(**summary, n_imputations=1)
    other = reconstruct_from_summary(
        n=summary["n"], median=median, landmarks=marks, n_imputations=1
    )
    for before, after in ((one.ipd, other.ipd), (one.imputations[0], other.imputations[0])):
        np.testing.assert_allclose(after["time_months"], before["time_months"] * factor, 1e-7)
        assert (after["event"].to_numpy() == before["event"].to_numpy()).all()


@settings(max_examples=40, deadline=None)
@given(summaries(), st.integers(0, 2**32 - 1))
def test_the_same_seed_gives_the_same_patients(summary, seed):
    first, second = (
        reconstruct_from_summary(**summary, n_imputations=2, seed=seed) for _ in range(2)
    )
    for one, other in zip(first.imputations, second.imputations, strict=True):
        pd.testing.assert_frame_equal(one, other)


@settings(max_examples=80, deadline=None)
@given(summaries(), st.integers(1, 3))
def test_imputations_without_losses_keep_the_curve_at_every_knot(summary, n_imputations):
    result = reconstruct_from_summary(**summary, n_imputations=n_imputations)
    knots = result.curve["time_months"].to_numpy()
    base = survival_at(kaplan_meier(*result.ipd.to_numpy().T), knots)
    for frame in result.imputations:
        again = survival_at(kaplan_meier(*frame.to_numpy().T), knots)
        np.testing.assert_allclose(again, base, atol=1e-9)


@settings(max_examples=200, deadline=None)
@given(
    st.floats(0.05, 0.95),
    st.integers(10, 400),
    st.sampled_from(TRANSFORMS),
    st.booleans(),
    st.sampled_from([2, 3]),
)
def test_limits_that_software_prints_are_always_read(value, n, transform, incidence, decimals):
    error = np.sqrt(value * (1 - value) / n)
    limits = greenwood_limits(value, error, transform, incidence=incidence)
    low, printed, high = (round(x, decimals) for x in (limits[0], value, limits[1]))
    if low == high or (low <= 0 and high >= 1):
        return
    match = matching_transform(printed, low, high, decimals=decimals)
    assert match is not None
    size = effective_sample_size(printed, low, high, decimals=decimals)
    assert 0 < size.at_least <= size.n <= size.at_most


@settings(max_examples=200, deadline=None)
@given(
    st.integers(-2, 20) | st.floats(),
    st.none() | st.floats(),
    st.lists(st.tuples(st.floats(), st.floats(), st.none() | st.floats()), max_size=2),
)
def test_anything_else_is_refused_not_crashed_on(n, median, marks):
    try:
        result = reconstruct_from_summary(n=n, median=median, landmarks=marks)
    except InvalidInputError:
        return
    assert len(result.ipd) == n
