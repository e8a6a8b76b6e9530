"""The review's own five comparisons against R (tests/reference/make_review.R).

R and the library see the same stored patients: those of every primary pool when the
script was last run. A new study does not make this fail; a changed method does.
"""

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from analysis_lib.comparison import load_declarations
from analysis_lib.meta_analysis import between_studies, pool
from analysis_lib.meta_analysis.between_studies import MINIMUM_CLUSTERS
from analysis_lib.survival import (
    cox_two_arm,
    kaplan_meier,
    log_rank,
    median_survival,
    shared_frailty_cox,
)

FOLDER = Path(__file__).parents[1] / "reference"
R = json.loads((FOLDER / "review.json").read_text(encoding="utf-8"))["pools"]
PATIENTS = json.loads((FOLDER / "review_patients.json").read_text(encoding="utf-8"))["pools"]
POOLS = list(zip(PATIENTS, R, strict=True))
PAIRS = [
    (f"{there['comparison']} {there['outcome']} {there['class']} {pair['first']}", here, pair)
    for here, there in POOLS
    for pair in there["pairs"]
]
pairs = pytest.mark.parametrize(("here", "r"), [p[1:] for p in PAIRS], ids=[p[0] for p in PAIRS])


def both_sides(pool, pair):
    sides = {side["side"]: side["patients"] for side in pool["sides"]}
    first, second = sides[pair["first"]], sides[pair["second"]]
    joined = [np.array(first[name] + second[name]) for name in ("time", "event", "study")]
    group = np.repeat([1, 0], [len(first["time"]), len(second["time"])])
    return joined[0], joined[1], group, joined[2]


def test_r_saw_every_comparison_and_every_pair():
    assert {here["comparison"] for here, _ in POOLS} == {d.id for d in load_declarations()}
    for here, there in POOLS:
        filled = [side["side"] for side in here["sides"] if side["patients"]["time"]]
        found = [(pair["first"], pair["second"]) for pair in there["pairs"]]
        assert found == list(combinations(filled, 2))


def test_both_models_between_cohorts_were_checked():
    assert sum("gamma_poisson" in pair for _, _, pair in PAIRS) >= 2


@pairs
def test_naive_cox_log_rank_and_medians(here, r):
    time, event, group, _ = both_sides(here, r)
    fit = cox_two_arm(time, event, group)
    assert fit.log_hazard_ratio == pytest.approx(r["naive"]["coef"], abs=1e-6)
    assert fit.standard_error == pytest.approx(r["naive"]["se"], abs=1e-5)
    assert log_rank(time, event, group) == pytest.approx(r["naive"]["logrank_p"], rel=1e-6)
    for value, printed in zip((1, 0), r["naive"]["medians"], strict=True):
        found = median_survival(kaplan_meier(time[group == value], event[group == value]))
        assert found == (None if printed is None else pytest.approx(printed, abs=1e-6))


@pairs
def test_contrast_between_cohorts(here, r):
    time, event, group, study = both_sides(here, r)
    cohorts = [len(set(study[group == value])) for value in (0, 1)]
    assert ("gamma_poisson" in r) == (min(cohorts) >= MINIMUM_CLUSTERS)
    if "gamma_poisson" not in r:
        return
    fit = between_studies(time, event, group, study, interval="profile")
    assert fit.log_hazard_ratio == pytest.approx(r["gamma_poisson"]["coef"], abs=1e-4)
    assert fit.theta == pytest.approx(r["gamma_poisson"]["theta"], rel=1e-3)
    check = shared_frailty_cox(time, event, group, study)
    assert check.coefficients[0] == pytest.approx(r["frailty"]["coef"], abs=1e-4)
    assert check.standard_errors[0] == pytest.approx(r["frailty"]["se"], abs=1e-4)
    assert check.theta == pytest.approx(r["frailty"]["theta"], rel=1e-3)


@pytest.mark.parametrize(("here", "there"), POOLS, ids=lambda p: str(p.get("comparison")))
def test_pooled_event_rates_of_each_side(here, there):
    for side, printed in zip(here["sides"], there["sides"], strict=True):
        studies = np.array(side["patients"]["study"])
        if len(set(studies)) < 3:
            assert printed["rates"] is None
            continue
        time, event = (np.array(side["patients"][name]) for name in ("time", "event"))
        events = np.array([event[studies == s].sum() for s in dict.fromkeys(studies)])
        months = np.array([time[studies == s].sum() for s in dict.fromkeys(studies)])
        found = pool(np.log(events / months), 1 / np.sqrt(events))
        for name in ("estimate", "low", "high", "tau2", "i2"):
            assert getattr(found, name) == pytest.approx(printed["rates"][name], abs=1e-5), name
