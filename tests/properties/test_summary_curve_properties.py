"""What must hold for every summary survival curve. All data here are synthetic."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis_lib.meta_analysis import summary_curve, survival_table

TIMES = [3.0, 6.0, 12.0, 18.0]


@st.composite
def studies(draw, least=1, most=7, complete=False):
    """Studies that know survival up to a time of their own, with numbers at risk to match."""
    tables = []
    for name in range(draw(st.integers(least, most))):
        known = len(TIMES) if complete else draw(st.integers(1, len(TIMES)))
        shares = draw(st.lists(st.floats(0, 1), min_size=known, max_size=known))
        at_risk = draw(st.integers(1, 120)) * np.cumprod([1.0, *shares[:-1]])
        survival = np.cumprod(shares)
        tables.append(
            pd.DataFrame(
                {
                    "study_id": f"study {name}",
                    "time_months": TIMES[:known],
                    "survival": survival,
                    "number_at_risk": np.maximum(at_risk, 0.5),
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


intervals = st.sampled_from(["modified_knapp_hartung", "knapp_hartung", "t", "wald"])
scales = st.sampled_from(["log-log", "log"])


@given(studies(), intervals, scales)
def test_a_curve_falls_within_its_limits(table, interval, scale):
    found = summary_curve(table, interval=interval, scale=scale)
    for frame in (found.curve, found.common):
        assert np.isfinite(frame.to_numpy()).all()
        survival = frame["survival"].to_numpy()
        assert (np.diff(np.append(1.0, survival)) <= 0).all()
        assert (survival > 0).all()
        assert (frame["low"] <= frame["survival"] + 1e-12).all()
        assert (frame["high"] >= frame["survival"] - 1e-12).all()
        assert frame[["low", "high"]].stack().between(0, 1).all()


@given(studies())
def test_what_is_read_off_is_possible(table):
    found = summary_curve(table)
    last = found.curve["time_months"].iloc[-1]
    area = found.restricted_mean(last)
    assert 0 <= area.low <= area.value <= area.high <= last
    assert found.q >= 0
    assert found.i2 is None or 0 <= found.i2 < 1
    assert (found.q_p is None) == (found.q_df == 0)
    median = found.median
    if median.value is not None:
        assert 0 < median.value <= last
        assert median.low is not None
        assert median.low <= median.value
        assert median.high is None or median.high >= median.value


@given(studies(least=2), st.randoms(use_true_random=False))
def test_the_order_and_names_of_studies_do_not_matter(table, random):
    order = list(range(len(table)))
    random.shuffle(order)
    other = table.iloc[order]
    other = other.assign(study_id=other["study_id"].map(lambda name: hash_free_name(name)))
    found, renamed = summary_curve(table), summary_curve(other)
    np.testing.assert_allclose(found.curve, renamed.curve, rtol=1e-7, atol=1e-9)
    assert found.q == pytest.approx(renamed.q, rel=1e-9, abs=1e-9)


def hash_free_name(name):
    """Another name, which sorts the other way round."""
    return "series " + chr(ord("z") - int(name.split()[1]))


@given(studies(most=1))
def test_one_study_reproduces_itself(table):
    """Up to the correction: shares of (n S + 0.25) / (n + 0.5)."""
    found = summary_curve(table)
    table = table.iloc[: len(found.curve)]
    survival = table["survival"].to_numpy()
    before = np.append(1.0, survival[:-1])
    n = table["number_at_risk"].to_numpy()
    expected = np.cumprod((n * survival / before + 0.25) / (n + 0.5))
    np.testing.assert_allclose(found.curve["survival"], expected, rtol=1e-4)


@given(studies(most=1), st.integers(2, 5))
def test_equal_studies_are_that_study(table, copies):
    """Copies of one study: no heterogeneity, and the curve of the one."""
    several = pd.concat([table.assign(study_id=str(copy)) for copy in range(copies)])
    found = summary_curve(several)
    np.testing.assert_allclose(
        found.curve["survival"], summary_curve(table).curve["survival"], rtol=1e-9
    )
    np.testing.assert_allclose(found.between_covariance, 0, atol=1e-12)
    assert found.q == pytest.approx(0, abs=1e-9)


@given(studies(least=2, complete=True), st.sampled_from(["compound symmetry", "diagonal"]))
def test_the_covariance_between_studies_is_a_covariance(table, structure):
    between = summary_curve(table, structure=structure).between_covariance
    np.testing.assert_allclose(between, between.T, atol=1e-12)
    assert np.linalg.eigvalsh(between).min() >= -1e-10


@given(st.integers(1, 80), st.integers(0, 1000))
def test_large_studies_of_patients_come_back(size, seed):
    """Rows made from patients give the Kaplan-Meier curve up to the correction of the shares."""
    rng = np.random.default_rng(seed)
    time, event = rng.exponential(12, size * 40), np.ones(size * 40)
    rows = survival_table("a", time, event, TIMES)
    found = summary_curve(rows)
    np.testing.assert_allclose(
        found.curve["survival"],
        rows["survival"][: len(found.curve)],
        atol=0.6 / (size * 40) * len(TIMES),
    )
