"""Options: every arm has its place, ranges are of the records, nothing is pooled below three."""

from collections import Counter

import pytest

from analysis_lib.comparison.options import (
    OPTIONS,
    load_options,
    option_evidence,
    tumour_type,
)
from analysis_lib.comparison.side_summary import MINIMUM_STUDIES
from analysis_lib.exceptions import InvalidRecordsError
from analysis_lib.study_records import load_records

OPTION_IDS = [option.id for option in load_options()]


@pytest.fixture(scope="module")
def evidence():
    return {option.id: option_evidence(option) for option in load_options()}


@pytest.mark.parametrize("option_id", OPTION_IDS)
def test_every_arm_of_the_treatment_stands_in_one_place(evidence, option_id):
    found = evidence[option_id]
    arms = [*found.eligible, *found.elsewhere, *found.necrosis]
    listed = Counter((arm.record.id, arm.index) for arm in arms)
    expected = {
        (record.id, index)
        for record in load_records()
        for index, arm in enumerate(record.arms)
        if arm.treatment in found.option.treatments
    }
    assert set(listed) == expected
    assert set(listed.values()) <= {1}


@pytest.mark.parametrize("option_id", OPTION_IDS)
def test_only_included_studies_without_necrosis_are_counted(evidence, option_id):
    found = evidence[option_id]
    for outcome in found.result.outcomes:
        for arm in outcome.sides[0].arms:
            record = next(r for r in load_records() if r.id == arm.study_id)
            assert record.eligibility.decision == "include"
            assert arm.pathology != "necrosis"
            assert arm.time_zero_kind == "start_of_salvage"
            assert arm.role in ("primary", "sensitivity")
        assert {arm.study_id for arm in outcome.sides[0].arms} <= set(found.study_ids)


@pytest.mark.parametrize("option_id", OPTION_IDS)
def test_a_figure_of_the_whole_needs_three_studies(evidence, option_id):
    for outcome in evidence[option_id].result.outcomes:
        for pool in outcome.pools:
            for figure in pool.summary(outcome.sides[0]).landmarks:
                assert (figure.value is not None) == (figure.k >= MINIMUM_STUDIES)


def test_the_range_of_repeat_whole_brain_radiotherapy_is_that_of_its_records(evidence):
    found = evidence["repeat-wbrt"]
    medians = [
        outcome.median.value
        for record in load_records()
        if record.eligibility.decision == "include"
        for arm in record.arms
        for outcome in arm.outcomes
        if arm.treatment == "re_wbrt"
        and (outcome.outcome, outcome.role) == ("os", "sensitivity")
        and outcome.time_zero_kind == "start_of_salvage"
    ]
    spread = found.result.leading.sides[0].median_range()
    assert (spread.low, spread.high, spread.k) == (min(medians), max(medians), len(medians))


def test_supportive_care_has_no_eligible_study_and_says_where_it_was_seen(evidence):
    found = evidence["supportive"]
    assert found.study_ids == ()
    assert {arm.record.eligibility.decision for arm in found.elsewhere} == {"indirect"}


def test_bevacizumab_for_necrosis_is_told_from_systemic_therapy(evidence):
    labels = {arm.arm.label for arm in evidence["systemic"].necrosis}
    assert labels == {"Bevacizumab"}
    assert all(arm.arm.pathology == "necrosis" for arm in evidence["litt"].necrosis)


def test_contrasts_inside_an_option_are_told_from_those_against_another(evidence):
    inside = evidence["systemic"].inside
    assert [found.record.id for found in inside if found.by_chance] == ["her2climb-293p"]
    against = evidence["litt"].contrasts
    assert {found.record.id for found in against} == {"hong-2019"}
    for found in (*inside, *against):
        assert found.record.eligibility.decision == "include"


def test_the_tumour_type_is_known_where_all_patients_share_one():
    types = {record.id: tumour_type(record) for record in load_records()}
    assert types["nayak-2015"] == "nsclc"
    assert types["freedman-2016"] == "breast"
    assert types["abrey-2001"] is None
    assert types["guo-rewbrt"] is None


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("treatments: [re_wbrt]", "treatments: [radiation]", "must name treatments"),
        ("compared_in: adjuvant-reirradiation", "compared_in: nowhere", "must name a comparison"),
        ("by_tumour: true", "by_tumour: perhaps", "boolean"),
    ],
)
def test_a_wrong_declaration_names_its_field(tmp_path, old, new, rule):
    path = tmp_path / "options.yaml"
    path.write_text(OPTIONS.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InvalidRecordsError) as error:
        load_options(path)
    told = str(error.value)
    assert "options[" in told
    assert rule in told or "yes or no" in told or "true or false" in told
