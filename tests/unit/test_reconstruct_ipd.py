"""Curve to patients: exact cases, printed facts, bad input, known faults of other tools."""

import numpy as np
import pandas as pd
import pytest

from analysis_lib.exceptions import InvalidInputError
from analysis_lib.reconstruct import reconstruct_ipd
from analysis_lib.reconstruct.facts import survival_at


def staircase(times, events, *, pixels=None):
    """Corners of the Kaplan-Meier curve of synthetic patients, to the end of follow-up."""
    ipd = pd.DataFrame({"time_months": times, "event": events})
    drops = np.unique(ipd.loc[ipd["event"] == 1, "time_months"])
    at = np.r_[0.0, np.repeat(drops, 2), max(times)]
    values = np.r_[
        1.0,
        np.c_[survival_at(ipd, drops, left=True), survival_at(ipd, drops)].ravel(),
        survival_at(ipd, np.array([max(times)])),
    ]
    if pixels:
        values = np.round(values * pixels) / pixels
    return pd.DataFrame({"time_months": at, "survival": np.round(values, 5)})


def table(times, at):
    counts = [int((np.asarray(times) >= t).sum()) for t in at]
    return pd.DataFrame({"time_months": at, "number_at_risk": counts})


SMALL_TIMES = [1, 2.5, 3, 4, 5.5, 6, 7, 8.5, 9, 11, 12, 14, 15, 18, 20]
SMALL_EVENTS = [1, 0, 1, 1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 0]


def test_heights_of_a_small_arm_name_the_number_at_risk():
    result = reconstruct_ipd(staircase(SMALL_TIMES, SMALL_EVENTS, pixels=600), n=15)
    at = np.array(SMALL_TIMES)[np.array(SMALL_EVENTS) == 1]
    have = [(result.ipd["time_months"] >= t - 1e-9).sum() for t in at]
    assert have == [(np.array(SMALL_TIMES) >= t).sum() for t in at]
    assert result.ipd["event"].sum() == sum(SMALL_EVENTS)
    assert result.fit.max_abs_difference < 1 / 600


@pytest.mark.parametrize("seed", range(5))
def test_event_total_and_table_are_met_together(seed):
    generator = np.random.default_rng(seed)
    times = np.round(generator.exponential(12, 60), 2)
    end = np.round(generator.uniform(6, 24, 60), 2)
    dead = (times <= end).astype(int)
    seen = np.minimum(times, end)
    result = reconstruct_ipd(
        staircase(seen, dead, pixels=600),
        n=60,
        n_events=int(dead.sum()),
        number_at_risk=table(seen, [0, 6, 12, 18]),
    )
    assert result.constraints["met"].all()
    assert result.level == "curve_at_risk"


def test_printed_ticks_are_kept_exactly():
    ticks = [t for t, e in zip(SMALL_TIMES, SMALL_EVENTS, strict=True) if not e]
    result = reconstruct_ipd(
        staircase(SMALL_TIMES, SMALL_EVENTS, pixels=600), n=15, censor_times_months=ticks
    )
    censored = result.ipd.loc[result.ipd["event"] == 0, "time_months"]
    assert sorted(censored) == pytest.approx(ticks)
    assert result.constraints["met"].all()


def test_ticks_give_way_before_the_table_and_the_curve():
    """Ticks read where none are drawn, between two times at which the table leaves no room."""
    generator = np.random.default_rng(2)
    died, left = generator.exponential(10, 60).round(2), generator.uniform(8, 30, 60).round(2)
    seen, dead = np.minimum(died, left), (died <= left).astype(int)
    ticks = [*seen[dead == 0], 18.3, 18.6, 18.9, 19.2, 19.5]
    result = reconstruct_ipd(
        staircase(seen, dead, pixels=600),
        n=60,
        number_at_risk=table(seen, [0, 6, 12, 18, 20, 22]),
        censor_times_months=ticks,
    )
    told = result.constraints.set_index("fact")
    real = int(np.sum(dead == 0))
    assert not told.loc["censor ticks", "met"]
    # Only the false ones, and perhaps a neighbour of theirs: the others still tell who left when.
    assert real - 2 <= told.loc["censor ticks", "reconstructed"] < len(ticks)
    assert told.drop(index="censor ticks")["met"].all()
    assert result.ipd["event"].sum() == dead.sum()
    for draw in reconstruct_ipd(
        staircase(seen, dead, pixels=600),
        n=60,
        number_at_risk=table(seen, [0, 6, 12, 18, 20, 22]),
        censor_times_months=ticks,
        n_imputations=5,
    ).imputations:
        assert len(draw) == 60


def test_a_missed_tick_leaves_the_others():
    times, events = [4, 9, 10, 16, 18, 20, 25, 30], [1, 1, 0, 0, 1, 1, 0, 0]
    result = reconstruct_ipd(
        staircase(times, events, pixels=600),
        n=8,
        number_at_risk=table(times, [0, 12, 24]),
        censor_times_months=[16, 25, 30],
    )
    told = result.constraints.set_index("fact")
    assert told.drop(index="censor ticks")["met"].all()
    censored = sorted(result.ipd.loc[result.ipd["event"] == 0, "time_months"])
    assert censored[1:] == pytest.approx([16, 25, 30])
    assert 9 <= censored[0] < 12


def test_the_mark_at_the_end_of_a_cut_curve_is_of_those_at_risk_there():
    """An axis that ends at the last printed time cuts the curve a rounding before it."""
    times = np.array([2, 4, 5, 7, 9, 11, 12, 12, 15, 18])
    events = np.array([1, 1, 0, 1, 1, 0, 0, 0, 0, 0])
    cut = staircase(np.minimum(times, 12), events, pixels=600)
    cut["time_months"] = np.minimum(cut["time_months"], 11.9998)
    result = reconstruct_ipd(
        cut,
        n=10,
        number_at_risk=table(times, [0, 3, 6, 9, 12]),
        censor_times_months=[5, 11, 11.9998],
    )
    assert result.constraints["met"].all()
    assert result.ipd["event"].sum() == 4


def test_a_table_that_contradicts_the_curve_is_named():
    wrong = pd.DataFrame({"time_months": [0, 2, 8], "number_at_risk": [15, 15, 14]})
    result = reconstruct_ipd(
        staircase(SMALL_TIMES, SMALL_EVENTS, pixels=600), n=15, number_at_risk=wrong
    )
    unmet = result.constraints[~result.constraints["met"]]
    assert len(unmet) >= 1
    assert (unmet["residual"] != 0).all()
    assert len(result.ipd) == 15


def test_an_event_total_that_cannot_fit_the_curve_is_named():
    result = reconstruct_ipd(staircase(SMALL_TIMES, SMALL_EVENTS, pixels=600), n=15, n_events=2)
    row = result.constraints.set_index("fact").loc["events"]
    assert not row["met"]
    assert row["residual"] == row["reconstructed"] - 2


# -- known faults of other tools ---------------------------------------------------------------


def test_large_drops_of_small_arms_are_kept():
    result = reconstruct_ipd(staircase([3, 6, 6, 6, 9, 12], [1, 1, 1, 1, 0, 1]), n=6)
    assert result.ipd["event"].sum() == 5
    assert (result.ipd.query("event == 1")["time_months"].between(5.9, 6.1)).sum() == 3


def test_no_deaths_on_a_flat_tail():
    result = reconstruct_ipd(
        staircase([2, 4, 5, 30, 31, 32, 33, 34, 35, 36], [1, 1, 1] + [0] * 7), n=10
    )
    assert result.ipd.query("event == 1")["time_months"].max() == pytest.approx(5, abs=0.1)
    assert result.ipd["time_months"].max() == pytest.approx(36)


def test_event_total_acts_on_the_whole_curve():
    """Fewer events mean more censoring before the end, not only in the last stretch."""
    times = np.linspace(0, 24, 200)
    curve = pd.DataFrame({"time_months": times, "survival": np.round(np.exp(-times / 20), 3)})
    few = reconstruct_ipd(curve, n=200, n_events=70, reading_sd=0.003).ipd
    many = reconstruct_ipd(curve, n=200, n_events=125, reading_sd=0.003).ipd
    assert (few["event"].sum(), many["event"].sum()) == (70, 125)
    assert (few["time_months"] >= 12).sum() < (many["time_months"] >= 12).sum() - 5


def test_no_table_is_not_read_as_no_censoring():
    times = np.linspace(0, 24, 60)
    curve = pd.DataFrame({"time_months": times, "survival": np.round(np.exp(-times / 30), 3)})
    result = reconstruct_ipd(curve, n=300, reading_sd=0.004, n_imputations=30)
    before_end = result.ipd.query("event == 0 and time_months < 23.9")
    assert len(before_end) > 10
    assert np.std([draw["event"].sum() for draw in result.imputations]) > 2


def test_the_fit_is_an_absolute_difference():
    low = staircase(SMALL_TIMES, SMALL_EVENTS).assign(survival=lambda c: c["survival"] * 0.97)
    fit = reconstruct_ipd(low, n=15).fit
    assert fit.max_abs_difference >= fit.rmse > 0


# -- bad input ---------------------------------------------------------------------------------

GOOD = staircase(SMALL_TIMES, SMALL_EVENTS)


@pytest.mark.parametrize(
    ("curve", "rule"),
    [
        (GOOD.iloc[:1], "two different times"),
        (GOOD.iloc[[0, 0, 0]], "two different times"),
        (GOOD.assign(survival=GOOD["survival"] * 100), "percent"),
        (GOOD.assign(survival=GOOD["survival"] + 0.2), "0..1"),
        (GOOD.assign(survival=GOOD["survival"] - 0.5), "0..1"),
        (GOOD.assign(time_months=GOOD["time_months"] - 1), "negative"),
        (GOOD.assign(survival=np.nan), "finite"),
        (GOOD.rename(columns={"survival": "s"}), "columns"),
        (pd.DataFrame({"time_months": [0, 5, 10, 15], "survival": [1, 0.4, 0.8, 0.3]}), "rise"),
    ],
)
def test_bad_curves_are_refused(curve, rule):
    with pytest.raises(InvalidInputError, match=rule):
        reconstruct_ipd(curve, n=15)


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"n": 0}, "n:"),
        ({"n": 15.5}, "n:"),
        ({"n": float("nan")}, "n:"),
        ({"n": 15, "n_events": 16}, "n_events"),
        ({"n": 15, "n_events": 3.5}, "n_events"),
        ({"n": 15, "censor_times_months": [25.0]}, "ends at"),
        ({"n": 15, "censor_times_months": [-1.0]}, "negative"),
        ({"n": 15, "censor_times_months": [np.nan]}, "finite"),
        ({"n": 15, "median": -1}, "median"),
        ({"n": 15, "reading_sd": 0}, "reading_sd"),
        ({"n": 15, "n_imputations": -1}, "n_imputations"),
        ({"n": 15, "number_at_risk": [(0, 15), (5, 16)]}, "exceed"),
        ({"n": 15, "number_at_risk": [(0, 15), (5, 8), (9, 9)]}, "rise"),
        ({"n": 15, "number_at_risk": [(0, 15), (5, 8.5)]}, "whole"),
        ({"n": 15, "number_at_risk": [(0, 15), (np.nan, 8)]}, "finite"),
    ],
)
def test_bad_facts_are_refused(facts, rule):
    if isinstance(facts.get("number_at_risk"), list):
        frame = pd.DataFrame(facts["number_at_risk"], columns=["time_months", "number_at_risk"])
        facts = facts | {"number_at_risk": frame}
    with pytest.raises(InvalidInputError, match=rule):
        reconstruct_ipd(GOOD, **facts)


def curve_of(times, survival):
    return pd.DataFrame({"time_months": times, "survival": survival})


def at_risk_of(times, counts):
    return pd.DataFrame({"time_months": times, "number_at_risk": counts})


CONTRADICTIONS = {
    "ticks leave nobody to die": (
        curve_of([0, 4, 8, 12], [1, 0.8, 0.5, 0.2]),
        {"n": 3, "censor_times_months": [3, 6, 9]},
    ),
    "ticks of everybody": (
        curve_of([0, 6, 6, 12], [1, 1, 0.5, 0.5]),
        {"n": 2, "censor_times_months": [3, 5]},
    ),
    "more ticks than patients": (
        curve_of([0, 6, 6, 12], [1, 1, 0.5, 0.5]),
        {"n": 4, "censor_times_months": [3, 5, 8, 9, 10]},
    ),
    "fourteen ticks of twenty": (
        curve_of(np.arange(0, 40, 0.5), np.exp(-np.arange(0, 40, 0.5) / 20)),
        {"n": 20, "censor_times_months": np.linspace(2, 38, 14)},
    ),
    "everything at once": (
        curve_of([0, 6, 6, 12], [1, 1, 0, 0]),
        {
            "n": 20,
            "n_events": 10,
            "number_at_risk": at_risk_of([0, 6, 12], [20, 9, 1]),
            "censor_times_months": [3.6, 7.2, 10.8],
        },
    ),
    "too many events for the curve": (
        curve_of([0, 6, 6, 12], [1, 1, 0.5, 0.5]),
        {"n": 40, "n_events": 21},
    ),
    "a curve that does not begin at one": (
        curve_of([0, 3, 3, 12], [0.8, 0.8, 0.5, 0.5]),
        {"n": 20},
    ),
    "n too small for the curve": (curve_of([0, 6, 6, 12], [1, 1, 0.5, 0.5]), {"n": 1}),
}


@pytest.mark.parametrize("case", CONTRADICTIONS, ids=CONTRADICTIONS.keys())
def test_facts_that_cannot_stand_together_are_named(case):
    curve, facts = CONTRADICTIONS[case]
    result = reconstruct_ipd(curve, **facts, n_imputations=2)
    assert len(result.ipd) == facts["n"]
    assert all(len(draw) == facts["n"] for draw in result.imputations)
    assert not result.constraints["met"].all()


GOOD_CURVE = curve_of([0, 4, 4, 8], [1, 1, 0.5, 0.5])
WRONG_TYPES = {
    "text in the curve": (curve_of([0, "x"], [1, 0.5]), {"n": 4}),
    "text in the table": (GOOD_CURVE, {"n": 4, "number_at_risk": at_risk_of([0, 4], [4, "x"])}),
    "text in the ticks": (GOOD_CURVE, {"n": 4, "censor_times_months": ["x"]}),
    "text as median": (GOOD_CURVE, {"n": 4, "median": "twelve"}),
    "text as reading error": (GOOD_CURVE, {"n": 4, "reading_sd": "a"}),
    "reading error of half": (GOOD_CURVE, {"n": 4, "reading_sd": 0.5}),
    "truth as n": (GOOD_CURVE, {"n": True}),
    "text as n": (GOOD_CURVE, {"n": "20"}),
    "no imputations": (GOOD_CURVE, {"n": 4, "n_imputations": None}),
    "NaN imputations": (GOOD_CURVE, {"n": 4, "n_imputations": float("nan")}),
    "negative seed": (GOOD_CURVE, {"n": 4, "seed": -1}),
    "half a seed": (GOOD_CURVE, {"n": 4, "seed": 1.5}),
}


@pytest.mark.parametrize("case", WRONG_TYPES, ids=WRONG_TYPES.keys())
def test_wrong_types_are_refused(case):
    curve, facts = WRONG_TYPES[case]
    with pytest.raises(InvalidInputError):
        reconstruct_ipd(curve, **facts)


def test_whole_floats_are_whole_numbers():
    assert len(reconstruct_ipd(GOOD_CURVE, n=4.0, n_imputations=2.0).imputations) == 2
