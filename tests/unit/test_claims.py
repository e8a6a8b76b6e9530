"""Claims: what they name exists, nothing follows from the unread, results decide."""

import copy
import re
from dataclasses import replace

import pytest

from analysis_lib.comparison import compare
from analysis_lib.comparison.claims import (
    FEWER,
    MORE,
    OPEN,
    TestedRatio,
    check_claimed_comparisons,
    judge_claims,
    verdict_of,
    within_ratios,
)
from analysis_lib.exceptions import InvalidRecordsError
from analysis_lib.study_records import (
    DATA,
    load_claims,
    load_guidelines,
    load_records,
    part_of_record,
    validate_data,
)
from analysis_lib.study_records.claims import Evidence, check_claims

RECORDS = {record.id: record for record in load_records()}


@pytest.fixture(scope="module")
def results():
    asked = {c["comparison"]["id"] for c in load_claims()["claims"] if c["comparison"]}
    return {comparison: compare(comparison) for comparison in sorted(asked)}


@pytest.fixture(scope="module")
def judged(results):
    return {one.claim["id"]: one for one in judge_claims(results)}


def check(change):
    """Problems of the real claims after one change."""
    data = copy.deepcopy(load_claims())
    change({claim["id"]: claim for claim in data["claims"]}, data)
    evidence = Evidence(RECORDS, load_guidelines()["guidelines"])
    return [
        (problem.field.split(".", 1)[-1], problem.rule)
        for problem in check_claims(data, {}, evidence, name="data/claims.yaml")
    ]


def test_the_claims_of_the_review_are_sound():
    assert check(lambda claims, data: None) == []
    assert validate_data() == ()


@pytest.mark.parametrize(
    ("change", "field", "rule"),
    [
        (
            lambda claims, data: claims["mri-schedule"].update(page="nowhere"),
            "page",
            "must be an id of pages",
        ),
        (
            lambda claims, data: data["claims"].append(data["claims"][0]),
            "id",
            "must not be given twice",
        ),
        (
            lambda claims, data: claims["en-bloc-preferred"]["guidelines"][0].update(statement="x"),
            "guidelines[0].statement",
            "must name a statement",
        ),
        (
            lambda claims, data: claims["en-bloc-preferred"]["guidelines"][0].update(stance=None),
            "guidelines[0].stance",
            "must be null for a statement that was not seen",
        ),
        (
            lambda claims, data: claims["craniotomy-recommended"]["guidelines"][0].update(
                stance="agrees"
            ),
            "guidelines[0].stance",
            "must be null for a statement that was not seen",
        ),
        (
            lambda claims, data: claims["mri-schedule"].update(looked_in=["x"]),
            "looked_in",
            "must name a guideline",
        ),
        (
            lambda claims, data: claims["temozolomide-listed"]["figures"][0].update(study="x"),
            "figures[0].study",
            "must name a study record",
        ),
        (
            lambda claims, data: claims["temozolomide-listed"]["figures"][0].update(
                field="arms[9].outcomes[0]"
            ),
            "figures[0].field",
            "must be a place in the record",
        ),
        (
            lambda claims, data: claims["temozolomide-listed"]["figures"][0].update(
                field="arms[0].label"
            ),
            "figures[0].field",
            "must be an outcome, a harm or a contrast",
        ),
        (
            lambda claims, data: claims["tissue-when-uncertain"]["figures"][0].update(
                of=["arms[0].label"]
            ),
            "figures[0].field",
            "must be a whole number",
        ),
        (
            lambda claims, data: claims["gross-total-longer"].update(verdict="agrees"),
            "verdict",
            "must be null where a comparison decides",
        ),
        (
            lambda claims, data: claims["mri-schedule"].update(verdict=None),
            "verdict",
            "given where none does",
        ),
        (
            lambda claims, data: claims["mri-schedule"].update(verdict="agrees"),
            "verdict",
            "rests on figures",
        ),
        (
            lambda claims, data: claims["mri-schedule"].update(verdict="indirect"),
            "verdict",
            "give one, or a source",
        ),
        (
            lambda claims, data: claims["mri-schedule"].update(verdict="described"),
            "verdict",
            "rests on figures",
        ),
        (
            lambda claims, data: claims["craniotomy-single-accessible"].update(verdict="indirect"),
            "figures[0].study",
            "is of an included study",
        ),
        (
            lambda claims, data: claims["temozolomide-listed"].update(verdict="none"),
            "verdict",
            "name none",
        ),
    ],
)
def test_a_broken_claim_names_its_field(change, field, rule):
    found = check(change)
    assert any(named == field and rule in told for named, told in found), found


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("id: gross-vs-subtotal", "id: gross-vs-nothing", "comparison.id: must be one of"),
        ("side: gtr", "side: all", "comparison.side: must be a side of gross-vs-subtotal"),
        ("versus: str", "versus: gtr", "comparison.versus: must be another side"),
        (
            "gross-vs-subtotal, outcome: os",
            "gross-vs-subtotal, outcome: pfs",
            "comparison.outcome: must be an outcome of gross-vs-subtotal",
        ),
    ],
)
def test_claims_name_only_declared_comparisons(tmp_path, old, new, told):
    text = (DATA / "claims.yaml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "claims.yaml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(InvalidRecordsError) as error:
        check_claimed_comparisons(tmp_path)
    assert told in str(error.value)


def test_a_place_in_a_record_is_found_or_refused():
    record = RECORDS["bhatia-2024"]
    assert part_of_record(record, "arms[0].outcomes[1]") is record.arms[0].outcomes[1]
    assert part_of_record(record, "arms[3].n_lesions") == record.arms[3].n_lesions
    for field in ("arms[0].nothing", "arms[99]", "arms.0", "__class__", ""):
        with pytest.raises(LookupError):
            part_of_record(record, field)


@pytest.mark.parametrize(
    ("directions", "claimed", "verdict"),
    [
        ((), FEWER, "none"),
        ((OPEN,), FEWER, "open"),
        ((OPEN, OPEN), "no_difference", "open"),
        ((FEWER,), FEWER, "agrees"),
        ((FEWER, OPEN), FEWER, "agrees"),
        ((MORE,), FEWER, "conflicts"),
        ((FEWER,), "no_difference", "conflicts"),
        ((FEWER, MORE), FEWER, "partly"),
    ],
)
def test_the_verdict_follows_the_intervals(directions, claimed, verdict):
    assert verdict_of(directions, claimed) == verdict


def test_a_limit_at_one_leaves_it_open():
    one = TestedRatio(0.5, 0.2, 0.9, "hazard ratio", 1, False, ("a",))
    assert one.direction == FEWER
    assert replace(one, high=1.0).direction == OPEN
    assert replace(one, low=1.0, ratio=2.0, high=3.0).direction == OPEN
    assert replace(one, low=1.1, ratio=2.0, high=3.0).direction == MORE


def test_the_printed_ratio_is_turned_to_the_side_that_is_asked():
    """The paper prints subtotal against gross total."""
    printed = RECORDS["mdacc-gammatile-2025"].contrasts[0]
    assert (printed.arm, printed.versus) == ("str", "gtr")
    result = compare("gross-vs-subtotal")
    outcome = next(one for one in result.outcomes if one.outcome == "local_control")
    (gross,) = within_ratios(outcome, "gtr", "str")
    (subtotal,) = within_ratios(outcome, "str", "gtr")
    assert subtotal.ratio == pytest.approx(printed.hr)
    assert (gross.ratio, gross.low, gross.high) == (
        pytest.approx(1 / subtotal.ratio),
        pytest.approx(1 / subtotal.high),
        pytest.approx(1 / subtotal.low),
    )
    assert (gross.direction, subtotal.direction) == (FEWER, MORE)
    assert verdict_of([gross.direction], FEWER) == "agrees"


def test_no_verdict_without_a_study_that_holds_both_groups(judged):
    for name in ("resection-longer-than-nonsurgical", "gross-total-longer"):
        found = judged[name].evidence
        assert (found.code, found.n_direct, found.ratios) == ("none", 0, ())


def test_an_interval_that_holds_one_leaves_a_claim_open(judged):
    found = judged["radiosurgery-after-resected-recurrence"].evidence
    assert found.code == "open"
    assert all(one.low < 1 < one.high for one in found.ratios)


def test_nothing_follows_from_a_guideline_that_was_not_read(judged):
    assert judged["radiosurgery-after-resected-recurrence"].guidelines.code == "not_read"
    assert judged["mri-schedule"].guidelines.code == "not_read"
    assert judged["gross-total-longer"].guidelines.code == "silent"
    assert judged["craniotomy-recommended"].guidelines.code == "partly"
    assert judged["resection-longer-than-nonsurgical"].guidelines.code == "not_read"


def test_no_recommendation_is_no_conflict(judged):
    for name in ("en-bloc-preferred", "laser-ablation-may-be-considered"):
        assert judged[name].guidelines.code == "no_recommendation"


def test_patients_without_a_group_beside_them_are_not_other_patients(judged):
    for name in ("craniotomy-single-accessible", "surgery-in-radionecrosis"):
        assert judged[name].evidence.code == "described"
    shown = {figure["study"] for figure in judged["surgery-in-radionecrosis"].claim["figures"]}
    assert "telera-2013" not in shown


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        ("no_recommendation", None, "no_recommendation"),
        ("no_recommendation", "no_recommendation", "no_recommendation"),
        ("no_recommendation", "partly", "mixed"),
        ("conflicts", None, "conflicts"),
        ("conflicts", "agrees", "mixed"),
        ("partly", "agrees", "partly"),
    ],
)
def test_what_several_statements_say_together(results, tmp_path, first, second, code):
    """A guideline that says it makes no recommendation neither agrees nor conflicts."""
    more = [("asco-sno-astro-1-1", second)] if second else []
    (tmp_path / "guidelines.yaml").write_bytes((DATA / "guidelines.yaml").read_bytes())
    text = (DATA / "claims.yaml").read_text(encoding="utf-8")
    old = re.search(r"\{statement: asco-sno-astro-1-2, stance: \w+,", text)[0]
    assert text.count(old) == 1
    made_up = [
        f"{{statement: {name}, reason: Made up., stance: {stance}}}" for name, stance in more
    ]
    rows = "\n      - ".join([*made_up, old.replace(old.split()[-1], f"{first},")])
    (tmp_path / "claims.yaml").write_text(text.replace(old, rows), encoding="utf-8")
    found = {one.claim["id"]: one for one in judge_claims(results, tmp_path)}
    assert found["en-bloc-preferred"].guidelines.code == code


def test_a_reader_s_verdict_is_kept_with_its_reason(judged):
    found = judged["chemotherapy-limited-her2"]
    assert found.claim["verdict"]
    assert (found.evidence.code, found.evidence.computed) == (found.claim["verdict"], False)
    assert found.claim["reason"]


def test_reasons_hold_no_numbers():
    """Numbers come from records and results; years and names of drugs are no results."""
    result = re.compile(r"\d\.\d|\d ?%|\d+ of \d+|\bp ?[<=]")
    for claim in load_claims()["claims"]:
        told = [claim["reason"], *(row["reason"] for row in claim["guidelines"])]
        assert not [text for text in told if result.search(text)], claim["id"]
