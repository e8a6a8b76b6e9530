"""Comparisons: who stands on a side, who never does, and what is pooled."""

from dataclasses import replace

import pytest

from analysis_lib.comparison import compare, load_declaration, load_declarations
from analysis_lib.comparison.dependencies import studies_concerning
from analysis_lib.comparison.pools import disagree
from analysis_lib.comparison.selection import candidates, has_figure, select
from analysis_lib.study_records import load_overlaps, load_records

IDS = [declared.id for declared in load_declarations()]


@pytest.fixture(scope="module")
def results():
    return {comparison_id: compare(comparison_id) for comparison_id in IDS}


def record_arm(arm):
    record = {r.id: r for r in load_records()}[arm.study_id]
    return record, record.arm(arm.arm_id)


def primary_arms(result):
    return [(o, arm) for o in result.outcomes for side in o.sides for arm in side.arms]


def all_sides(result):
    for outcome in result.outcomes:
        yield from outcome.sides
        for scenario in outcome.scenarios:
            yield from scenario.sides


@pytest.mark.parametrize("comparison_id", IDS)
def test_no_necrosis_and_only_primary_in_a_primary_pool(results, comparison_id):
    for outcome, arm in primary_arms(results[comparison_id]):
        record, found = record_arm(arm)
        assert found.pathology != "necrosis"
        assert record.eligibility.decision == "include"
        roles = {o.role for o in found.outcomes if o.outcome == outcome.outcome}
        assert roles == {"primary"}, (arm.study_id, arm.arm_id)


def test_that_assertion_can_fail():
    """An arm of necrosis, and a figure of another role, are offered and refused."""
    declared = load_declaration("resection-vs-nonsurgical")
    selectors = declared.selectors(declared.sides[0], declared.outcomes[0])
    offered = candidates(load_records(), "os")
    keys = {c.key: c for c in offered}
    necrosis = keys["bhatia-2024", "necrosis_observed"]
    forced = replace(necrosis, outcome=replace(necrosis.outcome, role="primary"))
    taken, left = select([forced], selectors, load_overlaps())
    assert taken == ()
    assert left[0].reason == "radiation necrosis, another disease"
    taken, left = select([keys["mitsuya-2020", "salvage_surgery"]], selectors, load_overlaps())
    assert taken == ()
    assert "necrosis" in left[0].reason


@pytest.mark.parametrize("comparison_id", IDS)
def test_no_necrosis_in_any_scenario(results, comparison_id):
    for side in all_sides(results[comparison_id]):
        for arm in side.arms:
            assert record_arm(arm)[1].pathology != "necrosis"


@pytest.mark.parametrize("comparison_id", IDS)
def test_an_arm_never_stands_beside_its_own_subset(results, comparison_id):
    for side in all_sides(results[comparison_id]):
        keys = {(arm.study_id, arm.arm_id) for arm in side.arms}
        for arm in side.arms:
            parent = record_arm(arm)[1].subset_of
            assert (arm.study_id, parent) not in keys


@pytest.mark.parametrize("comparison_id", IDS)
def test_cohorts_that_share_patients_never_stand_together(results, comparison_id):
    rules = load_overlaps()["overlaps"]
    strict = [r for r in rules if r["rule"] in ("same_patients", "never_together")]
    for side in all_sides(results[comparison_id]):
        for rule in strict:
            named = rule.get("arms") or {}
            together = {
                arm.study_id
                for arm in side.arms
                if arm.study_id in rule["studies"]
                and (not rule.get("outcomes") or arm.outcome in rule["outcomes"])
                and (arm.study_id not in named or arm.arm_id in named[arm.study_id])
            }
            assert len(together) <= 1, rule["id"]


def test_the_overlap_rule_keeps_the_preferred_study():
    declared = load_declaration("resection-vs-nonsurgical")
    scenario = next(s for s in declared.scenarios if s.id == "plus-litt")
    selectors = declared.selectors(declared.sides[1], declared.outcomes[0], scenario)
    offered = [c for c in candidates(load_records(), "os") if c.arm.treatment == "litt"]
    assert {c.record.id for c in offered} >= {"hong-2019", "ahluwalia-2018"}
    taken, left = select(offered, selectors, load_overlaps())
    assert [c.record.id for c in taken] == ["hong-2019"]
    reasons = {out.candidate.record.id: out.reason for out in left}
    assert reasons["ahluwalia-2018"].startswith("shares patients")


def test_a_possible_overlap_is_run_again_without(results):
    """Wilcox's irradiated arm and Imber's caesium series may share patients: both ways shown."""
    outcome = next(
        o for o in results["adjuvant-reirradiation"].outcomes if o.outcome == "local_control"
    )
    name = "primary-without-msk-resection-and-caesium"
    check = next(s for s in outcome.scenarios if s.scenario.id == name)
    assert "imber-2022-update" in outcome.sides[0].study_ids
    assert "imber-2022-update" not in check.sides[0].study_ids
    assert "wilcox-2021" in check.sides[0].study_ids
    reasons = {out.candidate.record.id: out.reason for out in check.sides[0].left_out}
    assert reasons["imber-2022-update"] == "left out of this run"


@pytest.mark.parametrize("comparison_id", IDS)
def test_every_left_out_figure_has_a_reason(results, comparison_id):
    for side in all_sides(results[comparison_id]):
        assert all(out.reason for out in side.left_out)


@pytest.mark.parametrize("comparison_id", IDS)
def test_a_comparison_reads_only_what_it_says_it_depends_on(results, comparison_id):
    known = studies_concerning(load_declaration(comparison_id), load_records())
    assert set(results[comparison_id].study_ids) <= set(known)


@pytest.mark.parametrize("comparison_id", IDS)
def test_a_record_outside_the_dependencies_changes_nothing(results, comparison_id):
    declared = load_declaration(comparison_id)
    known = set(studies_concerning(declared, load_records()))
    fewer = [record for record in load_records() if record.id in known]
    assert len(fewer) < len(load_records())
    again = compare(comparison_id, fewer)
    assert again.outcomes == results[comparison_id].outcomes


@pytest.mark.parametrize("comparison_id", IDS)
def test_every_pooled_arm_has_exactly_n_patients(results, comparison_id):
    for side in all_sides(results[comparison_id]):
        for arm in side.arms:
            assert len(arm.ipd) == arm.n
            assert all(len(draw) == arm.n for draw in arm.imputations)


def test_first_operations_are_indirect_and_never_pooled(results):
    outcome = results["gross-vs-subtotal"].leading
    assert {c.record.id for c in outcome.indirect} == {"junger-2021", "olesrud-2022"}
    assert all(not side.arms for side in outcome.sides)
    assert outcome.naive == ()
    assert not any(contrast.direct for contrast in outcome.contrasts)


def test_local_control_is_pooled_within_one_estimator_and_unit(results):
    for result in results.values():
        for outcome in result.outcomes:
            if outcome.outcome == "os":
                assert [pool.pool_class for pool in outcome.pools] == [None]
                continue
            for pool in outcome.pools:
                for side in outcome.sides:
                    classes = {arm.estimator_class for arm in pool.arms(side)}
                    assert classes <= {pool.pool_class}


def test_every_class_that_stands_on_two_sides_is_shown(results):
    """Kaplan-Meier and cumulative incidence point opposite ways: neither may be chosen."""
    outcome = next(o for o in results["resection-vs-resrs"].outcomes if o.outcome != "os")
    shown = {pool.pool_class for pool in outcome.pools}
    on_sides = [{arm.estimator_class for arm in side.arms} for side in outcome.sides]
    assert shown == on_sides[0] & on_sides[1]
    assert len(shown) > 1
    assert disagree(outcome.pools)
    assert not disagree(outcome.pools[:1])


def test_reirradiation_after_surgery_is_no_primary_time_zero_of_survival(results):
    for result in results.values():
        for outcome, arm in primary_arms(result):
            if outcome.outcome == "os":
                assert arm.time_zero_kind == "start_of_salvage"


def test_a_study_without_figures_is_no_candidate():
    telera = {r.id: r for r in load_records()}["telera-2024"]
    assert candidates([telera], "os") == ()
    crude = next(c for c in candidates(load_records(), "os") if c.record.id == "litt-in-field-70")
    assert not has_figure(crude.outcome)


def test_unknown_comparison_names_the_known():
    with pytest.raises(KeyError, match="resection-vs-resrs"):
        compare("surgery-vs-prayer")


def test_golden_numbers(results):
    """The headline numbers are those of the committed edition, to four significant digits."""
    import json
    from pathlib import Path

    from analysis_lib.editions import headline_numbers

    for comparison_id, result in results.items():
        path = Path(__file__).parents[1] / "golden" / f"{comparison_id}.json"
        golden = json.loads(path.read_text(encoding="utf-8"))
        assert json.loads(json.dumps(headline_numbers(result))) == golden
