"""Properties of every reconstruction, on synthetic curves."""

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis_lib.exceptions import InvalidInputError
from analysis_lib.reconstruct import reconstruct_ipd
from analysis_lib.reconstruct.facts import survival_at

RUN = settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


@st.composite
def falling_curves(draw):
    size = draw(st.integers(2, 25))
    steps = draw(st.lists(st.floats(0.0, 0.3), min_size=size, max_size=size))
    gaps = draw(st.lists(st.floats(0.01, 10.0), min_size=size, max_size=size))
    survival = np.maximum(1.0 - np.cumsum(steps), 0.0)
    return pd.DataFrame({"time_months": np.cumsum(gaps), "survival": survival})


@st.composite
def simulated_arms(draw):
    generator = np.random.default_rng(draw(st.integers(0, 10**6)))
    n = draw(st.integers(5, 80))
    death = generator.exponential(12, n)
    censored = generator.uniform(3, 30, n)
    return pd.DataFrame(
        {
            "time_months": np.round(np.minimum(death, censored), 2) + 0.01,
            "event": (death <= censored).astype(int),
        }
    )


def clicks(ipd, generator, sd, count=40):
    at = np.linspace(0.0, ipd["time_months"].max(), count)
    noise = generator.normal(0, sd, count) * (at > 0)
    return pd.DataFrame(
        {"time_months": at, "survival": np.clip(survival_at(ipd, at) + noise, 0, 1)}
    )


@RUN
@given(falling_curves(), st.integers(1, 60))
def test_any_falling_curve_gives_n_patients(curve, n):
    result = reconstruct_ipd(curve, n=n, n_imputations=2)
    for ipd in (result.ipd, *result.imputations):
        assert len(ipd) == n
        assert np.isfinite(ipd["time_months"]).all()
        assert (ipd["time_months"] >= 0).all()
        assert ipd["event"].isin([0, 1]).all()


@RUN
@given(
    st.lists(st.tuples(st.floats(0, 50), st.floats(0, 1)), min_size=2, max_size=60),
    st.integers(1, 40),
)
def test_noise_is_answered_or_refused(points, n):
    curve = pd.DataFrame(points, columns=["time_months", "survival"])
    try:
        result = reconstruct_ipd(curve, n=n)
    except InvalidInputError:
        return
    assert len(result.ipd) == n


@RUN
@given(simulated_arms(), st.sampled_from([0.0, 0.004, 0.01]), st.sampled_from([30, 150]))
def test_printed_table_is_met(ipd, sd, count):
    times = ipd["time_months"].to_numpy()
    at = np.linspace(0, times.max() * 0.9, 5)
    risk = pd.DataFrame(
        {"time_months": at, "number_at_risk": [int((times >= t).sum()) for t in at]}
    )
    curve = clicks(ipd, np.random.default_rng(1), sd, count)
    result = reconstruct_ipd(curve, n=len(ipd), number_at_risk=risk, n_imputations=3)
    assert result.constraints["met"].all()
    for drawn in result.imputations:
        have = [int((drawn["time_months"] >= t).sum()) for t in at]
        assert have == risk["number_at_risk"].tolist()


@RUN
@given(simulated_arms())
def test_no_death_before_the_first_drop_or_after_the_last(ipd):
    curve = clicks(ipd, np.random.default_rng(2), 0.0, count=80)
    flat = curve["time_months"][curve["survival"] == 1.0].max()
    low = curve["time_months"][curve["survival"] == curve["survival"].min()].min()
    result = reconstruct_ipd(curve, n=len(ipd), reading_sd=0.001)
    deaths = result.ipd.query("event == 1")["time_months"]
    if len(deaths):
        assert deaths.min() >= flat - 1e-9
        assert deaths.max() <= low + 1e-9


@RUN
@given(simulated_arms(), st.sampled_from([0.03, 30.4, 365.0]))
def test_time_unit_does_not_matter(ipd, factor):
    curve = clicks(ipd, np.random.default_rng(3), 0.004)
    scaled = curve.assign(time_months=curve["time_months"] * factor)
    first = reconstruct_ipd(curve, n=len(ipd)).ipd
    second = reconstruct_ipd(scaled, n=len(ipd)).ipd
    assert first["event"].tolist() == second["event"].tolist()
    np.testing.assert_allclose(second["time_months"], first["time_months"] * factor, rtol=1e-6)


@RUN
@given(simulated_arms(), st.integers(0, 5))
def test_same_seed_same_answer(ipd, seed):
    curve = clicks(ipd, np.random.default_rng(4), 0.004)
    first = reconstruct_ipd(curve, n=len(ipd), seed=seed, n_imputations=3)
    shuffled = curve.sample(frac=1.0, random_state=1)
    second = reconstruct_ipd(shuffled, n=len(ipd), seed=seed, n_imputations=3)
    pd.testing.assert_frame_equal(first.ipd, second.ipd)
    for one, two in zip(first.imputations, second.imputations, strict=True):
        pd.testing.assert_frame_equal(one, two)


def test_more_information_does_not_make_the_mean_error_larger():
    """Mean error of the number at risk half-way, over simulated arms."""
    errors = {"n_only": [], "n_events": [], "at_risk": []}
    for seed in range(80):
        generator = np.random.default_rng(seed)
        death, censored = generator.exponential(12, 50), generator.uniform(3, 30, 50)
        ipd = pd.DataFrame(
            {"time_months": np.minimum(death, censored), "event": (death <= censored).astype(int)}
        )
        times = ipd["time_months"].to_numpy()
        curve = clicks(ipd, generator, 0.006)
        at = np.array([0.0, 4.0, 8.0, 12.0, 16.0])
        risk = pd.DataFrame(
            {"time_months": at, "number_at_risk": [int((times >= t).sum()) for t in at]}
        )
        facts = {
            "n_only": {},
            "n_events": {"n_events": int(ipd["event"].sum())},
            "at_risk": {"n_events": int(ipd["event"].sum()), "number_at_risk": risk},
        }
        for name, known in facts.items():
            made = reconstruct_ipd(curve, n=50, **known).ipd["time_months"]
            away = [(made >= t).sum() - (times >= t).sum() for t in (6.0, 10.0, 14.0)]
            errors[name].append(np.mean(np.abs(away)))
    mean = {name: np.mean(values) for name, values in errors.items()}
    assert mean["at_risk"] <= mean["n_events"] <= mean["n_only"] * 1.02
