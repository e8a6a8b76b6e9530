"""Judgements: sound files, nothing left unjudged, nothing that the record does not hold."""

from __future__ import annotations

import copy
import json
import re
import shutil
from functools import cache
from html import escape

import pytest
import yaml

from analysis_lib.book.judgement_tables import (
    certainty_table,
    readers_sentence,
    risk_of_bias_table,
    study_judgements,
)
from analysis_lib.book.study_words import field_words
from analysis_lib.comparison.contrasts import printed_contrasts
from analysis_lib.comparison.declarations import load_declarations
from analysis_lib.comparison.selection import candidates, select
from analysis_lib.exceptions import InvalidRecordsError
from analysis_lib.study_records import (
    DATA,
    grade,
    load_judgements,
    load_records,
    load_vocabulary,
    risk_of_bias,
)
from analysis_lib.study_records.judgements import NOT_JUDGED, check_judgements

FOLDER = DATA / "judgements"

#: No page may say these of a result.
FORBIDDEN = re.compile(r"\b(significan\w*|superior\w*|improve\w*|reduce[sd]?|benefit\w*)\b", re.I)

RECORDS = {record.id: record for record in load_records()}
DECLARED = [(d, outcome) for d in load_declarations() for outcome in d.outcomes]
NAMES = [f"{d.id} {outcome.outcome}" for d, outcome in DECLARED]


@cache
def raw(stem):
    return yaml.safe_load((FOLDER / f"{stem}.yaml").read_text(encoding="utf-8"))


def every_judgement():
    judgements = load_judgements()
    for found in judgements.case_series:
        yield from ((found.study_id, item) for item in found.items)
    for found in judgements.contrasts:
        yield from ((found.study_id, item) for item in (*found.domains, found.overall))


def standing(declaration, outcome, scenario=None):
    """Studies that each side's selectors take; those that share patients stay side by side."""
    available, no_rules = candidates(load_records(), outcome.outcome), {"overlaps": []}
    return [
        {found.record.id for found in select(available, selectors, no_rules)[0]}
        for selectors in (declaration.selectors(s, outcome, scenario) for s in declaration.sides)
    ]


def shown_contrasts(declaration, outcome):
    selectors = {s.id: declaration.selectors(s, outcome) for s in declaration.sides}
    return printed_contrasts(load_records(), declaration, selectors, outcome.outcome)


# --- nothing is left unjudged ---------------------------------------------------------


@pytest.mark.parametrize(("declaration", "outcome"), DECLARED, ids=NAMES)
def test_every_cohort_that_can_stand_in_a_pool_is_judged(declaration, outcome):
    needed = set()
    for scenario in (None, *declaration.scenarios):
        needed.update(*standing(declaration, outcome, scenario))
    assert needed <= {found.study_id for found in load_judgements().case_series}


@pytest.mark.parametrize(("declaration", "outcome"), DECLARED, ids=NAMES)
def test_every_contrast_that_a_page_shows_is_judged(declaration, outcome):
    shown = {(c.study_id, c.field) for c in shown_contrasts(declaration, outcome)}
    judged = {
        (found.study_id, found.contrast)
        for found in load_judgements().contrasts
        if declaration.id in found.comparisons and found.outcome == outcome.outcome
    }
    assert shown == judged


@pytest.mark.parametrize(("declaration", "outcome"), DECLARED, ids=NAMES)
def test_certainty_is_rated_where_there_is_evidence(declaration, outcome):
    found = grade(declaration.id, outcome.outcome)
    direct = {c.study_id for c in shown_contrasts(declaration, outcome) if c.direct}
    assert set(found.direct.studies) == direct
    assert (found.direct.certainty == "no_evidence") == (not direct)
    with_cohorts = [studies for studies in standing(declaration, outcome) if studies]
    assert (found.between.certainty == "no_evidence") == (len(with_cohorts) < 2)


def test_nothing_is_rated_that_no_comparison_declares():
    declared = [(d.id, outcome.outcome) for d, outcome in DECLARED]
    assert [(g.comparison, g.outcome) for g in load_judgements().grades] == declared


def test_confounding_between_studies_is_never_better_than_very_low():
    found = {g.between.certainty for g in load_judgements().grades}
    assert found == {"very_low", "no_evidence"}


# --- what a judgement says ------------------------------------------------------------


def test_judgements_rest_on_fields_of_the_record():
    for study, judged in every_judgement():
        assert set(judged.rests_on) <= set(RECORDS[study].lines), (study, judged)
        assert judged.rests_on or judged.answer in ("unclear", "no_information"), (study, judged)


def test_reasons_claim_nothing_of_results():
    for path in FOLDER.glob("*.yaml"):
        assert not FORBIDDEN.search(path.read_text(encoding="utf-8")), path


def test_what_the_record_lacks_is_not_claimed():
    """A centre, years, histology of tumour or an estimator count only where the record has them."""
    for found in load_judgements().case_series:
        record = RECORDS[found.study_id]
        years = record.enrolment or {}
        items = {item.item: item.answer for item in found.items}
        if items["site"] == "yes":
            assert record.centres, record.id
            assert all(years.get(end) for end in ("start", "end")), record.id
        if items["condition_identified"] == "yes":
            assert any(arm.pathology == "tumour" for arm in record.arms), record.id
        if items["statistics"] == "yes":
            estimators = {
                o.estimator for arm in record.arms for o in arm.outcomes if o.role == "primary"
            }
            estimators = estimators or {o.estimator for arm in record.arms for o in arm.outcomes}
            assert "unknown" not in estimators, record.id


def test_secondary_sources_are_said_to_be():
    for found in load_judgements().case_series:
        if "another paper" in " ".join(item.reason for item in found.items):
            assert "secondary_table" in found.read_in, found.study_id


def test_codes_of_the_schemas_are_those_of_the_vocabulary():
    words = load_vocabulary()
    schemas = {p.name.split(".")[0]: json.loads(p.read_text()) for p in FOLDER.glob("*.json")}
    series, robins, graded = (
        schemas[stem]["$defs"] for stem in ("jbi_case_series", "robins_i", "grade")
    )
    listed = {
        "jbi_item": series["appraisal"]["properties"]["items"]["properties"],
        "jbi_answer": series["item"]["properties"]["answer"]["enum"],
        "read_in": series["appraisal"]["properties"]["read_in"]["items"]["enum"],
        "reader": graded["comparison"]["properties"]["readers"]["items"]["enum"],
        "robins_domain": robins["appraisal"]["properties"]["domains"]["properties"],
        "robins_judgement": robins["domain"]["properties"]["judgement"]["enum"],
        "grade_domain": graded["domains"]["properties"],
        "grade_concern": graded["domain"]["properties"]["concern"]["enum"],
        "certainty": graded["direct"]["properties"]["certainty"]["enum"],
        "outcome": graded["outcome"]["properties"]["outcome"]["enum"],
    }
    for name, codes in listed.items():
        assert list(words[name]) == list(codes), name


# --- bad input is named ---------------------------------------------------------------

SERIES, ROBINS, GRADE = "jbi_case_series", "robins_i", "grade"
FIRST = ("studies", 0, "items", "inclusion_criteria")
WILCOX = ("contrasts", 5)
DIRECT = ("comparisons", 1, "outcomes", 1, "direct")
CASES = {
    "an unknown study": (SERIES, ("studies", 0, "study"), "doe-2020", "must name a study record"),
    "a study twice": (SERIES, ("studies", 1, "study"), "abrey-2001", "must not be judged twice"),
    "an item less": (SERIES, FIRST, ..., "required key inclusion_criteria is missing"),
    "an item more": (SERIES, ("studies", 0, "items", "charm"), {}, "unknown key charm"),
    "an unknown answer": (SERIES, (*FIRST, "answer"), "maybe", "must be one of yes, no, unclear"),
    "an unquoted yes": (SERIES, (*FIRST, "answer"), True, "must be one of yes, no, unclear"),
    "no reason": (SERIES, (*FIRST, "reason"), ..., "required key reason is missing"),
    "half a reason": (SERIES, (*FIRST, "reason"), "see the full text", "must be one sentence"),
    "two sentences": (SERIES, (*FIRST, "reason"), "This is so. That too.", "must be one sentence"),
    "a typed number": (SERIES, (*FIRST, "reason"), "It holds 41 patients.", "hold no figures"),
    "a field of nothing": (SERIES, (*FIRST, "rests_on"), ["arms[9].id"], "must name a field of"),
    "rests on nothing": (SERIES, ("studies", 2, "items", "site"),
                         {"answer": "yes", "reason": "It is there."}, "must name the fields"),
    "an unknown reader": (SERIES, ("studies", 0, "readers"), ["somebody"], "must be one of first"),
    "no reader": (SERIES, ("studies", 0, "readers"), [], "must have at least 1"),
    "a contrast of nothing": (ROBINS, (*WILCOX, "contrast"), "contrasts[7]", "one of the 2"),
    "another outcome": (ROBINS, (*WILCOX, "outcome"), "os", "must be the outcome of that contrast"),
    "a mild overall": (ROBINS, (*WILCOX, "overall", "judgement"), "moderate", "not be milder than"),
    "silent overall": (ROBINS, (*WILCOX, "overall", "judgement"), "no_information", "milder than"),
    "a domain less": (ROBINS, (*WILCOX, "domains", "selection"), ..., "required key selection"),
    "too certain": (GRADE, (*DIRECT, "certainty"), "low", "must be what the domains leave"),
    "milder than ROBINS-I": (GRADE, (*DIRECT, "domains", "risk_of_bias", "concern"), "serious",
                             "must be at least extremely_serious: ROBINS-I is critical"),
    "three levels for width": (GRADE, (*DIRECT, "domains", "imprecision", "concern"),
                               "extremely_serious", "three levels are for risk of bias"),
    "rated without a study": (GRADE, (*DIRECT, "studies"), ..., "must name the studies rated"),
    "a study not judged": (GRADE, (*DIRECT, "studies"), ["rana-2017"], "must have an entry in rob"),
    "a study unknown": (GRADE, (*DIRECT, "studies"), ["doe-2020"], "must name a study record"),
    "evidence of nothing": (GRADE, (*DIRECT, "certainty"), "no_evidence", "no_evidence exactly"),
    "between nothing": (GRADE, ("comparisons", 1, "between"), None, "must be null"),
    "an outcome twice": (GRADE, ("comparisons", 1, "outcomes", 1, "outcome"), "os", "judged twice"),
    "an unknown comparison": (GRADE, ("comparisons", 0, "comparison"), "a-vs-b", "must be one of"),
}  # fmt: skip


def with_change(folder, stem, path, value):
    """A copy of the judgements with one field changed; ``...`` takes the field away."""
    shutil.copytree(FOLDER, folder / "data" / "judgements")
    content = copy.deepcopy(raw(stem))
    holder = content
    for step in path[:-1]:
        holder = holder[step]
    if value is ...:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    (folder / "data" / "judgements" / f"{stem}.yaml").write_text(text, encoding="utf-8")
    return check_judgements(folder / "data", load_records())


@pytest.mark.parametrize("case", CASES, ids=CASES.keys())
def test_a_bad_judgement_is_named_with_file_line_and_field(tmp_path, case):
    stem, path, value, rule = CASES[case]
    found = with_change(tmp_path, stem, path, value)
    assert any(rule in problem.rule and stem in problem.path for problem in found), found
    for problem in found:
        assert re.match(r"data/judgements/\w+\.yaml:\d+: [a-z]+\[\d+\]", str(problem)), problem


def test_the_unchanged_files_are_sound(tmp_path):
    assert with_change(tmp_path, SERIES, ("schema_version",), 1) == ()


def test_a_missing_file_is_named(tmp_path):
    found = check_judgements(tmp_path / "data", load_records())
    assert {problem.path for problem in found} == {
        f"data/judgements/{stem}.yaml" for stem in (SERIES, ROBINS, GRADE)
    }


def test_nothing_is_loaded_from_unsound_files(tmp_path):
    shutil.copytree(DATA / "studies", tmp_path / "data" / "studies")
    with_change(tmp_path, SERIES, (*FIRST, "reason"), "Two. Three.")
    with pytest.raises(InvalidRecordsError, match="must be one sentence"):
        load_judgements(tmp_path / "data")


def test_an_outcome_that_nobody_judged_is_refused():
    with pytest.raises(KeyError, match="judges no pfs of gross-vs-subtotal"):
        grade("gross-vs-subtotal", "pfs")


# --- on pages -------------------------------------------------------------------------


def test_a_summary_counts_all_items():
    for found in load_judgements().case_series:
        told = risk_of_bias(found.study_id)
        assert sum(map(int, re.findall(r"(\d+) (?:yes|no|unclear|not applicable)", told))) == 10
    assert "ROBINS-I serious and critical" in risk_of_bias("wilcox-2021")
    assert risk_of_bias("agarwal-2020") == NOT_JUDGED


def _record(study_id):
    return next(record for record in load_records() if record.id == study_id)


def test_a_study_shows_each_item_with_reason_and_links():
    text = "\n".join(block.to_html() for block in study_judgements(_record("wilcox-2021")))
    record = next(record for record in load_records() if record.id == "wilcox-2021")
    for found in (*load_judgements().contrasts_of("wilcox-2021"),
                  load_judgements().appraisal("wilcox-2021")):  # fmt: skip
        items = found.domains if hasattr(found, "domains") else found.items
        for item in items:
            assert item.reason in text
            words = [escape(field_words(record, field)) for field in item.rests_on]
            assert all(f">{told}</a>" in text for told in words)
    assert re.search(r'href="#notes-\d+"', text)
    assert 'href="#arms-1-outcomes-0"' in text
    assert "a second has not signed" in text
    assert "Not judged" in study_judgements(_record("agarwal-2020"))[0].to_text()


def test_the_matrix_is_read_without_colour():
    table = risk_of_bias_table(["rana-2017", "wilcox-2021", "agarwal-2020"])
    text = table.to_text()
    assert "+ Yes" in text
    assert "! Critical" in text
    assert "Risk of bias not judged yet: Agarwal 2020." in text
    assert 'href="studies/rana-2017.html#jbi-case-series"' in table.to_html()
    only = risk_of_bias_table(["wilcox-2021"], "adjuvant-reirradiation").to_text()
    assert "within 60 days" in only
    assert "near total" not in only


@pytest.mark.parametrize("declaration", load_declarations(), ids=lambda d: d.id)
def test_the_certainty_of_each_outcome_stands_with_its_reason(declaration):
    text = certainty_table(declaration.id).to_text()
    for outcome in declaration.outcomes:
        found = grade(declaration.id, outcome.outcome)
        for judged in (found.direct, found.between):
            assert judged.label.capitalize() in text
            assert judged.reason in text
            assert all(domain.reason in text for domain in judged.domains)
    assert "not judged yet" in certainty_table("none-such").to_text()


def test_a_second_reader_ends_the_reservation():
    assert "has not signed" in readers_sentence(["first"], "abstracts")
    assert readers_sentence(["first", "second"], "abstracts") == (
        "Judged by 2 readers, from abstracts."
    )
