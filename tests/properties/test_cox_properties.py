"""What must hold for every Cox model. All data here are synthetic."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_lib.exceptions import NotIdentifiedError
from analysis_lib.survival import (
    cox_model,
    cox_stratified,
    cox_two_arm,
    proportional_hazards_test,
)

SAME = {"rel": 1e-7, "abs": 1e-8}


@st.composite
def patients(draw, strata=1):
    """Few patients and whole times, so that many are tied; both groups are there."""
    row = st.tuples(
        st.integers(1, 8),
        st.sampled_from([0, 1, 1]),
        st.integers(0, 1),
        st.integers(40, 80),
        st.integers(1, strata),
    )
    rows = draw(st.lists(row, min_size=2, max_size=16))
    frame = pd.DataFrame(rows, columns=["time", "event", "group", "age", "study"])
    frame.loc[0, "group"], frame.loc[1, "group"] = 0, 1
    return frame


def two_arm(frame):
    return cox_two_arm(frame["time"], frame["event"], frame["group"])


def stratified(frame):
    """The stratified fit, or None when it is refused."""
    try:
        return cox_stratified(frame["time"], frame["event"], frame["group"], frame["study"])
    except NotIdentifiedError:
        return None


def model(frame, columns, **options):
    try:
        return cox_model(frame["time"], frame["event"], frame[columns], **options)
    except NotIdentifiedError:
        return None


@settings(max_examples=100, deadline=None)
@given(patients())
def test_swapped_groups_have_the_negative(frame):
    fit, other = two_arm(frame), two_arm(frame.assign(group=1 - frame["group"]))
    assert other.log_hazard_ratio == pytest.approx(-fit.log_hazard_ratio, **SAME)
    assert other.standard_error == pytest.approx(fit.standard_error, **SAME)
    assert other.monotone == fit.monotone


@settings(max_examples=100, deadline=None)
@given(patients(), st.floats(0.01, 100))
def test_only_the_order_of_times_counts(frame, factor):
    fit = two_arm(frame)
    for times in (frame["time"] * factor, np.log(frame["time"]) + 1, frame["time"] ** 2):
        assert two_arm(frame.assign(time=times)) == fit


@settings(max_examples=100, deadline=None)
@given(patients(strata=3), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_count(frame, random):
    rows = list(range(len(frame)))
    random.shuffle(rows)
    shuffled = frame.iloc[rows].reset_index(drop=True)
    assert two_arm(shuffled).log_hazard_ratio == pytest.approx(
        two_arm(frame).log_hazard_ratio, **SAME
    )
    fit, other = stratified(frame), stratified(shuffled)
    assert (fit is None) == (other is None)
    if fit is not None:
        assert other.log_hazard_ratio == pytest.approx(fit.log_hazard_ratio, **SAME)
        assert other.informative_strata == fit.informative_strata


@settings(max_examples=100, deadline=None)
@given(patients())
def test_one_stratum_is_none(frame):
    fit, other = two_arm(frame), stratified(frame)
    if other is None:
        assert fit.standard_error == np.inf
        assert fit.log_hazard_ratio == 0
    else:
        assert other.log_hazard_ratio == fit.log_hazard_ratio
        assert other.standard_error == fit.standard_error
        assert other.robust_standard_error is None


@settings(max_examples=60, deadline=None)
@given(patients(strata=4), st.integers(2, 4))
def test_copies_of_all_strata_sharpen_and_change_nothing(frame, copies):
    """A copied study is a stratum and a cluster of its own: errors fall by the square root.

    Copies *within* a stratum would change Efron's estimate: they make ties.
    """
    fit = stratified(frame)
    many = pd.concat([frame.assign(study=frame["study"] + 10 * k) for k in range(copies)])
    other = stratified(many)
    assert (fit is None) == (other is None)
    if fit is None or fit.monotone:
        return
    assert other.log_hazard_ratio == pytest.approx(fit.log_hazard_ratio, **SAME)
    assert other.standard_error == pytest.approx(fit.standard_error / np.sqrt(copies), **SAME)
    assert other.n_informative_strata == copies * fit.n_informative_strata
    if fit.robust_standard_error is not None:
        expected = fit.robust_standard_error / np.sqrt(copies)
        assert other.robust_standard_error == pytest.approx(expected, **SAME)


@settings(max_examples=60, deadline=None)
@given(patients(strata=3), patients(), st.integers(0, 1))
def test_a_stratum_with_one_group_changes_nothing(frame, alone, group):
    fit = stratified(frame)
    both = pd.concat([frame, alone.assign(group=group, study=99)])
    other = stratified(both)
    assert (fit is None) == (other is None)
    if fit is not None:
        assert other.log_hazard_ratio == pytest.approx(fit.log_hazard_ratio, **SAME)
        assert other.standard_error == pytest.approx(fit.standard_error, **SAME)
        assert 99 not in other.informative_strata


@settings(max_examples=100, deadline=None)
@given(patients(strata=4))
def test_the_model_with_one_binary_covariate_is_the_fast_path(frame):
    fit, fast = model(frame, ["group"]), two_arm(frame)
    assert (fit is None) == (fast.monotone and fast.log_hazard_ratio == 0)
    if fit is not None:
        assert fit.coefficients[0] == pytest.approx(fast.log_hazard_ratio, **SAME)
        assert fit.standard_errors[0] == pytest.approx(fast.standard_error, **SAME)
        assert fit.monotone == (fast.monotone,)
    fit = model(frame, ["group"], strata=frame["study"], cluster=frame["study"])
    fast = stratified(frame)
    assert (fit is None) == (fast is None)
    if fit is not None:
        assert fit.coefficients[0] == pytest.approx(fast.log_hazard_ratio, **SAME)
        assert fit.standard_errors[0] == pytest.approx(fast.standard_error, **SAME)
        if fast.robust_standard_error is not None:
            expected = pytest.approx(fast.robust_standard_error, **SAME)
            assert fit.robust_standard_errors[0] == expected


@settings(max_examples=100, deadline=None)
@given(patients(), st.floats(0.1, 10), st.floats(-50, 50))
def test_another_unit_scales_the_coefficient(frame, unit, shift):
    fit = model(frame, ["group", "age"])
    other = model(frame.assign(age=frame["age"] * unit + shift), ["group", "age"])
    assert (fit is None) == (other is None)
    if fit is None or any(fit.monotone):
        return
    assert other.coefficients[1] * unit == pytest.approx(fit.coefficients[1], rel=1e-6, abs=1e-7)
    assert other.coefficients[0] == pytest.approx(fit.coefficients[0], rel=1e-6, abs=1e-7)
    assert other.log_likelihood == pytest.approx(fit.log_likelihood, **SAME)


@settings(max_examples=100, deadline=None)
@given(patients(strata=3))
def test_never_a_missing_number(frame):
    fit = model(frame, ["group", "age"], strata=frame["study"], cluster=frame["study"])
    if fit is None:
        return
    assert fit.log_likelihood >= fit.log_likelihood_null - 1e-9
    for values in (fit.coefficients, fit.standard_errors, fit.intervals, fit.hazard_ratios):
        assert not np.isnan(values).any()
    assert (fit.covariance is None) == any(fit.monotone)
    assert np.all(np.isinf(fit.coefficients) == np.array(fit.monotone))
    fast = two_arm(frame)
    assert not np.isnan([fast.log_hazard_ratio, fast.hazard_ratio, *fast.interval]).any()


@settings(max_examples=60, deadline=None)
@given(patients(), st.floats(0.5, 20))
def test_the_test_of_proportional_hazards_knows_no_unit(frame, unit):
    """Months or days; and ranks and the curve do not know a transform of time at all."""
    for transform, times in (
        ("identity", frame["time"] * unit + 3),
        ("log", frame["time"] * unit),
        ("rank", frame["time"] ** 2),
        ("km", frame["time"] ** 2),
    ):
        first = _tested(frame["time"], frame, transform)
        second = _tested(times, frame, transform)
        assert (first is None) == (second is None)
        if first is not None:
            assert second.chisq == pytest.approx(first.chisq, rel=1e-6, abs=1e-9)
            assert 0 <= second.p <= 1


def _tested(times, frame, transform):
    try:
        return proportional_hazards_test(
            times, frame["event"], frame["group"], transform=transform
        ).global_test
    except NotIdentifiedError:
        return None
