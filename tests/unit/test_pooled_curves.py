"""Pooled curves rest only on arms that are known; synthetic arms throughout."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis_lib.comparison.draws import draws
from analysis_lib.comparison.naive import naive_contrast
from analysis_lib.comparison.pooled_curves import (
    arms_known_at,
    continued_curve,
    numbers_at_risk,
    pooled_curve,
)
from analysis_lib.reconstruct.summaries import reconstruct_from_summary
from analysis_lib.survival import kaplan_meier, survival_at


def arm(n, median=None, landmarks=(), n_imputations=0):
    """A synthetic arm: the part of ArmEvidence that pooling reads."""
    made = reconstruct_from_summary(
        n=n, median=median, landmarks=landmarks, n_imputations=n_imputations
    )
    return SimpleNamespace(
        study_id="synthetic",
        outcome="os",
        unit="patient",
        arm_id="a",
        time_zero_kind="start_of_salvage",
        ipd=made.ipd,
        imputations=tuple(made.draws),
        known_until_months=made.known_until_months,
    )


def height(curve, months):
    """Height at a time: a stretch that begins at this very time holds only after it."""
    rows = curve[curve["time_months"] <= months]
    begins = rows["n_arms"] != rows["n_arms"].shift(fill_value=rows["n_arms"].iloc[0])
    last_run = begins.cumsum()
    if rows.loc[last_run == last_run.iloc[-1], "time_months"].min() == months and months > 0:
        rows = rows[last_run < last_run.iloc[-1]] if last_run.iloc[-1] else rows
    return float(rows["survival"].iloc[-1])


def test_worst_arm_leaving_first_does_not_carry_the_solid_curve():
    """Medians 3, 12, 12, equal size: beyond 3 months two arms are known; the curve says so."""
    arms = [arm(100, (3, None, None)), arm(100, (12, None, None)), arm(100, (12, None, None))]
    curve = pooled_curve(arms)
    assert curve.loc[curve["known"], "time_months"].max() == pytest.approx(3)
    expected = (0.5 + 2 * 0.5 ** (3 / 12)) / 3
    assert height(curve[curve["known"]], 3) == pytest.approx(expected, abs=0.01)
    beyond = curve[~curve["known"]]
    assert set(beyond["n_arms"]) == {2}
    # Not the 43 % of a curve that merely censors the first arm.
    assert height(beyond, 12) == pytest.approx(0.5, abs=0.01)


def test_a_curve_of_several_arms_ends_where_one_is_left():
    arms = [arm(100, (3, None, None)), arm(100, (12, None, None))]
    curve = pooled_curve(arms)
    assert curve["time_months"].max() == pytest.approx(3)
    assert set(curve["n_arms"]) == {2}


def test_numbers_at_risk_count_the_arms_that_are_known():
    """Ten patients each: one leaves at 2, four have an event at 3 and at 5; the first ends at 4."""

    def known(times, events, until):
        ipd = pd.DataFrame({"time_months": times, "event": events})
        return SimpleNamespace(ipd=ipd, known_until_months=until)

    one = known([2.0] + [3.0] * 4 + [4.0] * 5, [0] + [1] * 4 + [0] * 5, 4.0)
    two = known([5.0] * 4 + [6.0] * 6, [1] * 4 + [0] * 6, 6.0)
    found = numbers_at_risk([one, two], [0, 3, 4, 5, 7]).set_index("time_months")
    columns = ["at_risk", "censored", "events", "n_arms", "of"]
    assert list(found.columns) == columns
    assert list(found.loc[0]) == [20, 0, 0, 2, 2]
    # An event at the time itself has happened; who leaves at it is still counted.
    assert list(found.loc[3]) == [15, 1, 4, 2, 2]
    assert list(found.loc[4]) == [15, 1, 4, 2, 2]
    assert list(found.loc[5]) == [6, 0, 4, 1, 2]
    assert list(found.loc[7]) == [0, 0, 0, 0, 2]


def test_continued_arms_give_the_mean_of_exponentials():
    """The same two arms continued: (1/16 + 1/2) / 2 = 28 % at 12 months."""
    curve = continued_curve([arm(200, (3, None, None)), arm(200, (12, None, None))])
    assert height(curve, 12) == pytest.approx((1 / 16 + 1 / 2) / 2, abs=0.01)
    assert not curve["known"].any()
    assert curve["time_months"].max() <= 24


def test_one_arm_is_its_own_curve():
    only = arm(40, None, [(6, 0.7, None, None), (12, 0.4, None, None)])
    curve, own = pooled_curve([only]), kaplan_meier(only.ipd["time_months"], only.ipd["event"])
    assert curve["known"].all()
    times = np.linspace(0, 12, 25)
    assert [height(curve, t) for t in times] == pytest.approx(survival_at(own, times))


def test_no_arms_no_curve():
    assert pooled_curve([]).empty
    assert continued_curve([]).empty
    assert naive_contrast(("a", []), ("b", [arm(10, (3, None, None))]), n_draws=5) is None


@given(
    st.lists(
        st.tuples(st.integers(5, 60), st.floats(1, 30), st.floats(0.05, 0.95)),
        min_size=1,
        max_size=5,
    )
)
def test_within_a_stretch_survival_never_rises(rows):
    arms = [arm(n, None, [(round(t, 1), round(s, 2), None, None)]) for n, t, s in rows]
    curve = pooled_curve(arms)
    assert curve["survival"].between(0, 1).all()
    for _, stretch in curve.groupby("n_arms"):
        assert (np.diff(stretch["survival"]) <= 1e-9).all()
    for months in (0, 5, 10):
        assert arms_known_at(arms, months) == sum(a.known_until_months >= months for a in arms)


def test_naive_contrast_is_the_cox_model_of_all_patients():
    one = arm(60, (8, None, None), n_imputations=50)
    two = arm(50, (12, None, None), n_imputations=50)
    found = naive_contrast(("one", [one]), ("two", [two]), n_draws=50)
    assert found.hazard_ratio == pytest.approx(12 / 8, rel=0.15)
    assert found.low < found.hazard_ratio < found.high
    assert 0 < found.between < 1
    swapped = naive_contrast(("two", [two]), ("one", [one]), n_draws=50)
    assert swapped.hazard_ratio == pytest.approx(1 / found.hazard_ratio, rel=1e-9)


def test_patients_of_two_sides_name_their_side_and_study():
    one, two = arm(3, landmarks=[(12, 0.5)]), arm(2, landmarks=[(12, 0.5)], n_imputations=4)
    two.study_id = "second"
    (single,) = draws([one], [two], 4)
    assert single.group.tolist() == [1, 1, 1, 0, 0]
    assert single.study.tolist() == ["synthetic"] * 3 + ["second"] * 2
    assert single.labels({"synthetic": 7, "second": 8}).tolist() == [7, 7, 7, 8, 8]
    pooled = pd.concat([one.ipd, two.ipd])
    assert single.time.tolist() == pooled["time_months"].tolist()
    assert single.event.tolist() == pooled["event"].tolist()
    assert len(draws([two], [two], 3)) == 3
