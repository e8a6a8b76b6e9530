"""Proportions against R: metafor, lme4, an integration without nodes, binom.test."""

import json
from pathlib import Path

import numpy as np
import pytest

from analysis_lib.exceptions import InvalidInputError
from analysis_lib.meta_analysis.proportions import exact_interval, pool_proportions

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference" / "proportions.json").read_text(encoding="utf-8")
)
POOLS = REFERENCE["pools"]
#: Trials with hardly an event: seven nodes are far off, 25 visibly, 41 in the fifth digit.
HARD = {"axfors2021_control"}
NAMES = sorted(set(POOLS) - HARD)


def pooled(name):
    return pool_proportions(POOLS[name]["events"], POOLS[name]["totals"])


def test_the_grid_of_references_is_complete():
    assert len(POOLS) >= 10
    assert {4, 5} <= {len(row["events"]) for row in POOLS.values()}
    assert any(0 in row["events"] for row in POOLS.values())
    assert any(row["glmer_25"]["tau2"] == 0 for row in POOLS.values())


@pytest.mark.parametrize("name", NAMES)
def test_estimate_agrees_with_an_integration_without_nodes(name):
    found, exact = pooled(name), POOLS[name]["integrated"]
    assert found.log_odds == pytest.approx(exact["mu"], abs=1e-6)
    assert found.tau2 == pytest.approx(exact["tau2"], abs=2e-6)


@pytest.mark.parametrize("name", NAMES)
def test_estimate_and_error_agree_with_glmer(name):
    found, glmer = pooled(name), POOLS[name]["glmer_25"]
    assert found.log_odds == pytest.approx(glmer["mu"], abs=1e-6)
    assert found.tau2 == pytest.approx(glmer["tau2"], abs=2e-6)
    # glmer differentiates numerically for the error.
    assert found.standard_error == pytest.approx(glmer["se"], abs=2e-5)


@pytest.mark.parametrize("name", NAMES)
def test_intervals_agree_with_metafor_at_seven_nodes(name):
    """Seven fixed nodes and a looser optimiser: three decimals of a proportion, not more."""
    found, metafor = pooled(name), POOLS[name]["metafor_7"]
    for field in ("low", "high", "prediction_low", "prediction_high"):
        assert getattr(found, field) == pytest.approx(metafor[field], abs=2e-4), field


@pytest.mark.parametrize("name", sorted(HARD))
def test_sparse_trials_are_nearer_to_the_integral_than_glmer_is(name):
    found, exact, glmer = pooled(name), POOLS[name]["integrated"], POOLS[name]["glmer_25"]
    assert found.tau2 == pytest.approx(exact["tau2"], abs=5e-4)
    assert found.log_odds == pytest.approx(exact["mu"], abs=5e-5)
    assert abs(found.tau2 - exact["tau2"]) < abs(glmer["tau2"] - exact["tau2"])


@pytest.mark.parametrize("row", REFERENCE["exact"], ids=lambda r: f"{r['events']}-{r['total']}")
def test_exact_interval_agrees_with_binom_test(row):
    assert exact_interval(row["events"], row["total"]) == pytest.approx(
        (row["low"], row["high"]), abs=1e-10
    )
    assert exact_interval(row["events"], row["total"], level=0.99) == pytest.approx(
        (row["low99"], row["high99"]), abs=1e-10
    )


def test_homogeneous_studies_have_no_heterogeneity_and_the_error_of_the_sum():
    found = pool_proportions([3, 3, 3], [30, 30, 30])
    assert found.tau2 == 0
    assert found.proportion == pytest.approx(0.1)
    assert found.standard_error == pytest.approx(1 / np.sqrt(90 * 0.1 * 0.9))
    assert found.prediction_low is None
    assert "no prediction interval" in found.note


def test_one_study_is_exact():
    found = pool_proportions([5], [31])
    assert (found.low, found.high) == exact_interval(5, 31)
    assert found.proportion == 5 / 31
    assert found.note == "one study"
    assert found.tau2 is None


def test_two_studies_have_no_headline():
    found = pool_proportions([5, 1], [31, 20])
    assert found.proportion is None
    assert found.low is None
    assert (found.k, found.events, found.n) == (2, 6, 51)
    assert "two studies" in found.note


@pytest.mark.parametrize("events", [[0, 0, 0], [10, 12, 30]])
def test_no_event_or_all_is_the_exact_interval_of_the_sum(events):
    found = pool_proportions(events, [10, 12, 30])
    assert (found.low, found.high) == exact_interval(sum(events), 52)
    assert found.proportion in (0, 1)
    assert "differences between studies" in found.note
    assert "sum" in found.method


def test_single_patients_cannot_show_heterogeneity():
    found = pool_proportions([1, 0, 0, 1], [1, 1, 1, 1])
    assert (found.low, found.high) == exact_interval(2, 4)
    assert "one unit per study" in found.note


def test_all_or_none_in_every_study_is_not_pooled():
    found = pool_proportions([0, 10, 0, 8], [10, 10, 7, 8])
    assert found.proportion is None
    assert "all of its units or in none" in found.note


def test_heterogeneity_without_a_maximum_is_not_pooled():
    found = pool_proportions([0, 10, 1], [10, 10, 2])
    assert found.proportion is None
    assert "differ so much" in found.note


def test_a_large_study_beside_small_ones_is_no_obstacle():
    found = pool_proportions([200_000, 1, 3], [1_000_000, 10, 4])
    assert found.low < found.proportion < found.high


def test_a_wider_level_is_a_wider_interval():
    narrow = pool_proportions([5, 1, 4, 8], [31, 20, 30, 33], level=0.8)
    wide = pool_proportions([5, 1, 4, 8], [31, 20, 30, 33])
    assert wide.low < narrow.low < narrow.high < wide.high
    assert narrow.level == 0.8


@pytest.mark.parametrize(
    ("events", "totals", "message"),
    [
        ([], [], "not empty"),
        ([1, 2], [3], "equally long"),
        ([4], [3], "4 of 3"),
        ([-1], [3], "-1 of 3"),
        ([0], [0], "at least 1"),
        ([0.2], [10], "whole"),
        ([float("nan")], [10], "known"),
    ],
)
def test_bad_counts_are_refused(events, totals, message):
    with pytest.raises(InvalidInputError, match=message):
        pool_proportions(events, totals)


def test_bad_level_is_refused():
    with pytest.raises(InvalidInputError, match="level"):
        exact_interval(1, 2, level=95)
    with pytest.raises(InvalidInputError, match="level"):
        pool_proportions([1], [2], level=1)
