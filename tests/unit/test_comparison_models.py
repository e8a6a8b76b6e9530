"""The models of a comparison on synthetic cohorts: what is pooled, refused, counted, varied."""

import copy
import dataclasses
import math

import numpy as np
import pytest
from synthetic import GOOD, write

from analysis_lib.comparison import compare
from analysis_lib.comparison.clusters import clusters_of
from analysis_lib.comparison.panel import robustness_panel
from analysis_lib.comparison.side_summary import side_summary
from analysis_lib.meta_analysis import pool
from analysis_lib.study_records import load_records

SURGERY, RADIOSURGERY = "re_resection_alone", "re_srs"


def outcome(n, **figures):
    base = copy.deepcopy(GOOD["arms"][0]["outcomes"][0])
    base |= {"median": None, "landmarks": [], "n_events": None, "followup_max_months": None}
    base["n_analysed"] = {"value": n, "unit": "patient", "printed": True}
    return base | figures


def arm(name, treatment, n, **figures):
    base = copy.deepcopy(GOOD["arms"][0]) | {"id": name, "label": name, "treatment": treatment}
    return base | {"n_patients": n, "outcomes": [outcome(n, **figures)], "harms": []}


def median(value):
    return {"median": {"value": value, "low": None, "high": None, "usable": True}}


def alive(**at):
    marks = [{"months": int(key[1:]), "value": value} for key, value in at.items()]
    return {"landmarks": marks}


def study(name, *arms, contrasts=(), **fields):
    n = sum(a["n_patients"] for a in arms)
    base = copy.deepcopy(GOOD) | {"id": name, "n_patients": n, "arms": list(arms)}
    return base | {"contrasts": list(contrasts)} | fields


def contrast(hr, low, high, **fields):
    base = copy.deepcopy(GOOD["contrasts"][0])
    return base | {"arm": "op", "versus": "srs", "hr": hr, "low": low, "high": high} | fields


def both_arms(name, hr, low, high, **fields):
    arms = (arm("op", SURGERY, 30, **median(12)), arm("srs", RADIOSURGERY, 30, **median(10)))
    return study(name, *arms, contrasts=[contrast(hr, low, high, **fields)])


@pytest.fixture
def compared(tmp_path):
    def run(*records):
        for record in records:
            write(tmp_path, record, name=record["id"])
        return compare("resection-vs-resrs", load_records(tmp_path / "data")).leading

    return run


def single_arm(treatment, medians, prefix):
    return [
        study(f"{prefix}-20{i:02d}", arm("all", treatment, 30, **median(value)))
        for i, value in enumerate(medians)
    ]


def test_one_study_is_itself_and_no_pool(compared):
    found = compared(both_arms("a-2001", 0.8, 0.5, 1.28)).within[0]
    assert found.pooled is None
    assert found.scale == "hazard ratio"
    assert found.effects[0].ratio == pytest.approx(0.8)
    assert found.effects[0].interval == pytest.approx((0.5, 1.28), rel=1e-3)
    assert found.effects[0].method == "printed"


def test_two_studies_are_not_pooled_and_three_are(compared):
    printed = [(0.8, 0.5, 1.28), (0.6, 0.3, 1.2), (1.1, 0.7, 1.73)]
    two = compared(*[both_arms(f"a-200{i}", *p) for i, p in enumerate(printed[:2])]).within[0]
    assert len(two.effects) == 2
    assert two.pooled is None
    three = compared(*[both_arms(f"a-200{i}", *p) for i, p in enumerate(printed)]).within[0]
    logs = [math.log(p[0]) for p in printed]
    errors = [math.log(p[2] / p[1]) / (2 * 1.959964) for p in printed]
    assert three.pooled.estimate == pytest.approx(pool(logs, errors).estimate)
    assert three.pooled.prediction_low is None


def test_a_ratio_is_turned_to_failures_of_the_first_side(compared):
    flipped = both_arms("a-2001", 0.8, 0.5, 1.28, arm="srs", versus="op")
    assert compared(flipped).within[0].effects[0].ratio == pytest.approx(1 / 0.8)
    success = both_arms("a-2001", 0.8, 0.5, 1.28, event_direction="success")
    assert compared(success).within[0].effects[0].ratio == pytest.approx(1 / 0.8)


def test_different_kinds_of_ratio_are_not_pooled_together(compared):
    records = [both_arms(f"a-200{i}", 0.8, 0.5, 1.28) for i in range(2)]
    records.append(both_arms("a-2002", 0.7, 0.4, 1.2, estimator="fine_gray"))
    found = compared(*records).within
    assert [len(one.effects) for one in found] == [2, 1]
    assert all(one.pooled is None for one in found)


def test_without_a_printed_ratio_it_is_computed_from_the_groups(compared):
    record = both_arms("a-2001", None, None, None)
    effect = compared(record).within[0].effects[0]
    assert effect.method == "figures"
    # Two exponential arms with medians 12 and 10 have the hazard ratio 10 / 12.
    assert effect.ratio == pytest.approx(10 / 12, rel=0.15)
    assert effect.interval[0] < 10 / 12 < effect.interval[1]


def test_a_contrast_between_cohorts_needs_four_on_each_side(compared):
    few = compared(
        *single_arm(SURGERY, [10, 12, 14], "op"), *single_arm(RADIOSURGERY, [9] * 4, "r")
    )
    between = few.pools[0].between[0]
    assert between.hazard_ratio is None
    assert "fewer than 4 cohorts" in between.refusal


def test_four_cohorts_on_each_side_give_a_ratio_with_its_spread(compared):
    found = compared(
        *single_arm(SURGERY, [16, 20, 24, 18], "op"),
        *single_arm(RADIOSURGERY, [8, 10, 12, 9], "r"),
    )
    between = found.pools[0].between[0]
    assert between.cohorts == (4, 4)
    assert between.refusal is None
    assert between.low < 0.5 < between.high
    # Half the rate where hazards are constant; the shapes drawn for a median alone vary.
    assert 0.35 < between.hazard_ratio < 0.6
    assert between.medians[0].low == 16
    assert between.medians[0].high == 24
    assert between.n_draws == 50
    assert between.frailty.hazard_ratio == pytest.approx(between.hazard_ratio, rel=0.1)
    assert between.e_value.estimate > 1


def test_each_study_of_a_modelled_pool_is_left_out_once(compared):
    found = compared(
        *single_arm(SURGERY, [16, 20, 24, 18, 17], "op"),
        *single_arm(RADIOSURGERY, [8, 10, 12, 9], "r"),
    )
    rows = [row for row in robustness_panel(found) if row.kind == "leave_one_out"]
    assert len(rows) == 9
    assert [row.k for row in rows if row.scenario_id.startswith("without-op")] == [(4, 4)] * 5
    refused = [row for row in rows if row.scenario_id.startswith("without-r-")]
    assert len(refused) == 4
    assert all(row.ratio is None and row.refusal for row in refused)


def test_absolute_figures_need_three_studies_that_know_the_time(compared):
    two = [study(f"op-200{i}", arm("all", SURGERY, 30, **alive(m12=0.5))) for i in range(2)]
    known = study("op-2003", arm("all", SURGERY, 30, **alive(m6=0.8, m12=0.6)))
    summary = compared(*two, *single_arm(SURGERY, [12], "x")).pools[0].summaries[0]
    assert summary.at(12.0).value is None
    assert (summary.at(12.0).k, summary.at(12.0).of) == (2, 3)
    summary = compared(*two, known).pools[0].summaries[0]
    figure = summary.at(12.0)
    assert figure.k == 3
    assert 0.5 < figure.value < 0.6
    assert figure.low < 0.5
    assert figure.high > 0.6
    assert summary.at(6.0).value is None
    assert summary.restricted_mean is None


def test_a_design_effect_widens_a_figure_of_lesions_and_leaves_patients(compared):
    records = [study(f"op-200{i}", arm("all", SURGERY, 30, **alive(m12=0.5))) for i in range(3)]
    arms = compared(*records).sides[0].arms
    lesions = [dataclasses.replace(one, unit="lesion") for one in arms]
    plain, wide = (
        side_summary("s", lesions, limit=5, design_effect=effect).at(12.0) for effect in (1.0, 1.3)
    )
    assert wide.high - wide.low > plain.high - plain.low
    patients = side_summary("s", arms, limit=5, design_effect=1.3).at(12.0)
    assert patients.high - patients.low == pytest.approx(plain.high - plain.low)


def test_an_era_leaves_out_cohorts_without_years(compared):
    old = study(
        "op-2001", arm("all", SURGERY, 30, **median(12)), enrolment={"start": 1999, "end": 2004}
    )
    new = study(
        "op-2002", arm("all", SURGERY, 30, **median(12)), enrolment={"start": 2010, "end": 2018}
    )
    silent = study("op-2003", arm("all", SURGERY, 30, **median(12)))
    found = {s.scenario.id: s for s in compared(old, new, silent).scenarios}
    assert [a.study_id for a in found["era-early"].sides[0].arms] == ["op-2001"]
    assert [a.study_id for a in found["era-late"].sides[0].arms] == ["op-2002"]
    assert found["from-recurrence"].changes_nothing
    assert not found["curves-only"].sides[0].arms


def test_the_indirect_population_is_never_mixed_with_the_review(compared):
    other = both_arms("a-2001", 0.5, 0.3, 0.8)
    other["eligibility"] = {"decision": "indirect", "reason": "synthetic"}
    for group in other["arms"]:
        group["outcomes"][0] |= {"role": "sensitivity", "role_reason": "first operation"}
    found = compared(other, *single_arm(SURGERY, [12], "op"))
    assert not found.within
    indirect = next(s for s in found.scenarios if s.scenario.id == "indirect")
    assert {a.study_id for side in indirect.sides for a in side.arms} == {"a-2001"}
    assert indirect.within[0].effects[0].ratio == pytest.approx(0.5)


def test_cohorts_of_one_trial_are_one_cluster():
    rules = {"overlaps": [{"rule": "one_cluster", "studies": ["b", "a", "z"]}]}
    assert clusters_of(("a", "b", "c"), rules) == {"a": "b", "b": "b", "c": "c"}
    assert clusters_of(("c",), rules) == {"c": "c"}


def test_nothing_on_a_page_is_nan(compared):
    extreme = [
        study("op-2001", arm("all", SURGERY, 2, **alive(m12=1.0))),
        study("op-2002", arm("all", SURGERY, 1, **alive(m12=0.0))),
        study("op-2003", arm("all", SURGERY, 5, **alive(m12=0.2))),
        study("op-2004", arm("all", SURGERY, 3, **median(0.1))),
        *(study(f"r-200{i}", arm("all", RADIOSURGERY, 4, **alive(m12=1.0))) for i in range(4)),
    ]
    found = compared(*extreme)
    for row in robustness_panel(found):
        assert (row.ratio is None) == (row.refusal is not None)
        assert row.ratio is None or np.isfinite([row.ratio, row.low, row.high]).all()
    for summary in found.pools[0].summaries:
        for figure in summary.landmarks:
            assert figure.value is None or 0 <= figure.low <= figure.value <= figure.high <= 1
