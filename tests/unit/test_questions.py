"""Harms by heading and treatment, necrosis found in tissue, and what the declarations promise."""

import copy
import json
import re
from html import unescape
from pathlib import Path

import pytest
import yaml
from synthetic import GOOD, write

from analysis_lib.book.harms_page import harms_page
from analysis_lib.book.necrosis_page import necrosis_page
from analysis_lib.exceptions import InvalidRecordsError
from analysis_lib.meta_analysis.proportions import exact_interval, pool_proportions
from analysis_lib.questions import (
    check_questions,
    harms_by_treatment,
    necrosis_found,
    pathology_informed_management,
)
from analysis_lib.questions.declared import (
    HARMS,
    NECROSIS,
    HarmDeclaration,
    harms_without_heading,
    load_harm_declaration,
    load_necrosis_declaration,
)
from analysis_lib.study_records import load_overlaps, load_records
from analysis_lib.study_records.loader import ROOT
from analysis_lib.tables import interval, percent

SOURCE = {"url": "https://doi.org/10.1/x", "locator": "Table 1", "seen": "x"}
FISHER = json.loads((ROOT / "tests" / "reference" / "two_by_two.json").read_text())["fisher"]


def harm(events, at_risk, event="radionecrosis", **fields):
    plain = {"event": event, "kind": "harm_after", "n_events": events, "n_at_risk": at_risk}
    return plain | {"unit": "patient", "definition": "on imaging", "source": dict(SOURCE)} | fields


def html_text(html):
    """Without marks of entities and line ends."""
    return " ".join(unescape(html).split())


def study(name, harms, treatment="re_srs", **fields):
    arm = {"id": "a", "label": "A", "treatment": treatment, "pathology": "unknown",
           "outcomes": [], "harms": harms}  # fmt: skip
    return copy.deepcopy(GOOD) | {"id": name, "contrasts": [], "arms": [arm]} | fields


@pytest.fixture
def grouped(tmp_path):
    """Headings of synthetic records by the declared groups."""

    def run(*records, overlaps=None):
        for record in records:
            write(tmp_path, record, record["id"])
        found = harms_by_treatment(load_records(tmp_path / "data"), overlaps or {"overlaps": []})
        return {heading.group.id: heading for heading in found}

    return run


def of(heading, treatment):
    return next(one.harms for one in heading.treatments if one.treatment.id == treatment)


@pytest.fixture(scope="module")
def real():
    records, overlaps = load_records(), load_overlaps()
    return {h.group.id: h for h in harms_by_treatment(records, overlaps)}


@pytest.fixture(scope="module")
def share():
    return necrosis_found(load_records(), load_overlaps())


@pytest.fixture(scope="module")
def management():
    return pathology_informed_management(load_records(), load_overlaps())


# --- harms by heading -------------------------------------------------------------------


def test_three_studies_of_one_name_definition_and_unit_are_pooled(grouped):
    counts = [(3, 30), (1, 25), (6, 40)]
    records = [study(f"s{n}-2020", [harm(*pair)]) for n, pair in enumerate(counts)]
    (pool,) = of(grouped(*records)["radionecrosis"], "repeat_radiosurgery").pools
    assert pool.pooled == pool_proportions(*zip(*counts, strict=True))


def test_two_names_under_one_heading_never_meet_in_a_pool(grouped):
    names = ["radionecrosis", "radionecrosis", "symptomatic adverse radiation effect"]
    records = [study(f"s{n}-2020", [harm(3, 30, name)]) for n, name in enumerate(names)]
    side = of(grouped(*records)["radionecrosis"], "repeat_radiosurgery")
    assert side.pools == ()
    assert {row.event for row in side.rows} == set(names)
    assert side.n_reporting == 3


@pytest.mark.parametrize("field", ["unit", "definition"])
def test_units_and_definitions_never_meet_in_a_pool(grouped, field):
    other = {"unit": "lesion", "definition": "histology"}[field]
    records = [study(f"s{n}-2020", [harm(3, 30)]) for n in range(2)]
    records.append(study("s2-2020", [harm(3, 30, **{field: other})]))
    assert of(grouped(*records)["radionecrosis"], "repeat_radiosurgery").pools == ()


def test_words_declared_to_say_the_same_meet_in_a_pool(grouped):
    counts, name = [(3, 30), (1, 25), (6, 40)], "grade 3-4 neurotoxicity"
    words = ["CTCAE 5.0", "CTCAE 5.0, chart review", "ctcae v5.0"]
    records = [
        study(f"s{n}-2020", [harm(*pair, name, definition=told)])
        for n, (pair, told) in enumerate(zip(counts, words, strict=True))
    ]
    side = of(grouped(*records)["neurological_deficit"], "repeat_radiosurgery")
    (pool,) = side.pools
    assert pool.pooled == pool_proportions(*zip(*counts, strict=True))
    assert pool.definition == "CTCAE 5.0"
    assert [row.definition for row in side.rows] == words


def test_words_that_only_tell_how_a_figure_was_made_define_nothing(grouped):
    words = "at median follow-up 6.2 months"
    records = [study(f"s{n}-2020", [harm(3, 30, definition=words)]) for n in range(3)]
    side = of(grouped(*records)["radionecrosis"], "repeat_radiosurgery")
    assert side.pools == ()
    assert {row.not_pooled for row in side.rows} == {"definition not stated"}


def test_no_harm_of_the_committed_records_can_be_pooled_yet(real):
    assert not [one.harms.pools for h in real.values() for one in h.treatments if one.harms.pools]


def test_who_does_not_report_is_counted(grouped):
    records = [study("s0-2020", [harm(3, 30)]), study("s1-2020", []), study("s2-2020", [])]
    found = grouped(*records)
    side = of(found["radionecrosis"], "repeat_radiosurgery")
    assert (side.n_not_reporting, side.n_studies) == (2, 3)
    silent = of(found["wound_and_infection"], "repeat_radiosurgery")
    assert (silent.n_not_reporting, silent.n_studies) == (3, 3)
    assert (found["radionecrosis"].n_reporting, found["radionecrosis"].n_studies) == (1, 3)


@pytest.mark.parametrize("decision", ["exclude", "indirect"])
def test_only_included_studies_and_only_harms_after_treatment_count(grouped, decision):
    away = study("s1-2020", [harm(9, 9)])
    away["eligibility"] = {"decision": decision, "reason": "synthetic"}
    kinds = ("finding_at_surgery", "before_treatment", "composite")
    first = study("s0-2020", [harm(3, 30)] + [harm(5, 30, kind=kind) for kind in kinds])
    heading = grouped(first, away)["radionecrosis"]
    assert [(row.study_id, row.n_events) for row in heading.rows] == [("s0-2020", 3)]


def test_a_part_of_an_arm_under_another_name_is_not_counted_twice(grouped):
    record = study("s0-2020", [harm(6, 30, "steroid use within 3 months of re-irradiation")])
    part = copy.deepcopy(record["arms"][0]) | {"id": "b", "label": "B", "subset_of": "a"}
    part["harms"] = [harm(4, 20, "steroid use within 3 months")]
    record["arms"].append(part)
    rows = of(grouped(record)["steroids"], "repeat_radiosurgery").rows
    assert [row.part_of for row in rows] == [None, "A"]


def test_the_real_records_stand_under_their_headings(real):
    held = [
        (record.id, harm.event)
        for record in load_records()
        if record.eligibility.decision == "include"
        for arm in record.arms
        for harm in arm.harms
        if harm.kind == "harm_after"
    ]
    shown = [(row.study_id, row.event) for heading in real.values() for row in heading.rows]
    assert sorted(shown) == sorted(held)
    for heading in real.values():
        for row in heading.rows:
            if row.n_events is not None and row.n_at_risk:
                assert (row.low, row.high) == exact_interval(row.n_events, row.n_at_risk)


# --- necrosis found ---------------------------------------------------------------------


def finding(share, study):
    return next(found for found in share.findings if found.row.study_id == study)


def test_counts_of_necrosis_come_from_the_records(share):
    counted = {
        (f.row.study_id, f.row.unit): (f.row.n_events, f.row.n_at_risk) for f in share.findings
    }
    assert counted["bhatia-2024", "lesion"] == (27, 82)
    assert counted["narloch-2017", "lesion"] == (24, 35)
    assert counted["mitsuya-2020", "lesion"] == (7, 54)
    assert counted["telera-2013", "patient"] == (7, 15)
    row = finding(share, "bhatia-2024").row
    assert (row.low, row.high) == exact_interval(27, 82)


def test_every_finding_at_surgery_of_the_records_stands_in_the_chapter(share):
    held = {
        (record.id, f"arms[{i}].harms[{j}]")
        for record in load_records()
        for i, arm in enumerate(record.arms)
        for j, harm in enumerate(arm.harms)
        if harm.kind == "finding_at_surgery"
    }
    assert held <= {(found.row.study_id, found.row.field) for found in share.findings}


def test_a_pool_holds_one_definition_and_one_unit(share):
    for one in share.classes:
        rows = {f.row.study_id: f.row for f in one.findings}
        for pool in one.pools:
            assert {rows[study].unit for study in pool.study_ids} == {pool.unit}
            # An arm of tumour only says nothing of how often necrosis is found.
            assert "kano-2009" not in pool.study_ids
    (pool,) = share.pools
    assert pool.second_hand
    counts = [finding(share, study).row for study in pool.study_ids]
    assert pool.pooled == pool_proportions(
        [row.n_events for row in counts], [row.n_at_risk for row in counts]
    )


def test_without_each_study_the_pool_is_that_of_r(share):
    """rma.glmm of metafor 3.8 without study i, seven nodes; glmer of lme4, 25 nodes."""
    reference = json.loads((ROOT / "tests" / "reference" / "leave_one_out.json").read_text())
    (pool,) = share.pools
    whole, *each = reference["without"]
    assert pool.pooled.proportion == pytest.approx(whole["proportion"], abs=2e-4)
    assert [left.study_ids for left in pool.without] == [(row["left_out"],) for row in each]
    for left, row in zip(pool.without, each, strict=True):
        assert left.pooled.log_odds == pytest.approx(row["glmer_mu"], abs=1e-6)
        assert left.pooled.tau2 == pytest.approx(row["glmer_tau2"], abs=2e-5)
        for field in ("proportion", "low", "high"):
            assert getattr(left.pooled, field) == pytest.approx(row[field], abs=2e-4)
    assert pool.moved_most.study_ids == ("bhatia-2024",)


def test_the_page_says_what_each_study_owes_to_the_pool(share, management):
    html = necrosis_page(share, management, load_records())
    (pool,) = share.pools
    ends = [pick(left.pooled.proportion for left in pool.without) for pick in (min, max)]
    assert f"Without each study in turn: {percent(ends[0])} to {percent(ends[1])}" in html
    assert f"{pool.moved_most.label} moves it most" in html
    for left in pool.without:
        assert (
            interval(left.pooled.proportion, left.pooled.low, left.pooled.high, number=percent)
            in html
        )


def test_doubts_about_a_count_stand_beside_it(share, management):
    html = necrosis_page(share, management, load_records())
    rows = [row for row in html.split("<tr>") if "note of the readers" in row]
    for study, words in [
        ("truong-2006", "38 lesions of 32 patients"),
        ("bastos-2020", "new lesions are among those examined"),
        ("ahluwalia-2018", "patients without a diagnosis are among those examined"),
    ]:
        (row,) = [row for row in rows if f"studies/{study}.html" in row]
        assert words in row


# --- what followed ----------------------------------------------------------------------


def test_the_toxicity_table_and_its_tests(management):
    names = ["steroids", "neurotoxicity", "imaging", "necrosis", "progression"]
    assert len(management.toxicity) == len(names)
    for row, name in zip(management.toxicity, names, strict=True):
        expected = FISHER[name]
        counts = [n for part in row.parts for n in (part.n_events, part.n_at_risk)]
        assert counts == expected["counts"]
        assert row.test.p == pytest.approx(expected["p"], rel=1e-9)
        assert row.whole.n_events == row.parts[0].n_events + row.parts[1].n_events


def test_shares_with_their_intervals(management):
    necrosis = management.group("necrosis_observed")
    crude = necrosis.at("os", 24)
    assert (crude.value, crude.low, crude.high) == (19 / 27, *exact_interval(19, 27))
    local = necrosis.at("local_control", None)
    assert (local.value, local.interval_kind) == (1.0, "exact")
    assert (local.low, local.high) == exact_interval(27, 27)
    tumour = management.group("tumour_all").at("os", 12)
    assert (tumour.value, tumour.low, tumour.high) == (0.617, 0.489, 0.779)


def test_an_interval_printed_for_two_groups_is_used_for_neither(management):
    for arm in ("resrs", "cs131"):
        assert not management.group(arm).at("local_control", 24).usable
    assert {d.outcome for d in management.differences} == {"os"}


def test_differences_hold_zero_and_turn_with_the_groups(management):
    for timed in management.differences:
        found = timed.difference
        assert found.value == pytest.approx(timed.first.value - timed.second.value)
        assert found.low < found.value < found.high


def test_numbers_that_are_derived_say_so_beside_the_differences(share, management):
    shares = [s for timed in management.differences for s in (timed.first, timed.second)]
    assert {s.n for s in shares if s.derivation} == {36, 11}
    assert management.group("tumour_all").at("os", 12).derivation is None
    html = necrosis_page(share, management, load_records())
    assert html.count("36 patients, number derived") >= 2
    assert html.count("11 patients, number derived") >= 2
    assert "47 patients, number derived" not in html
    for s in shares:
        assert html_text(f"{s.n} patients: {s.derivation}") in html_text(html)


# --- what is declared -------------------------------------------------------------------


def test_the_declarations_fit_the_records():
    check_questions()


@pytest.fixture
def changed(tmp_path):
    """The problems after a change of one of the two files."""

    def run(path, change):
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        change(raw)
        copied = tmp_path / "chapters" / path.name
        copied.parent.mkdir()
        copied.write_text(yaml.safe_dump(raw), encoding="utf-8")
        named = {"harms": copied} if path == HARMS else {"necrosis": copied}
        with pytest.raises(InvalidRecordsError) as raised:
            check_questions(**named)
        return str(raised.value)

    return run


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda raw: raw["groups"][1]["names"].append("radionecrosis"), "one heading only"),
        (lambda raw: raw["treatments"][0]["codes"].append("leeches"), "vocabulary.yaml"),
        (lambda raw: raw["treatments"][0]["codes"].append("litt"), "one group only"),
        (lambda raw: raw["treatments"].pop(), "must hold every treatment"),
        (lambda raw: raw["groups"][0].update(verdict="x"), "verdict"),
        (lambda raw: raw["definitions"][0]["recorded_as"].append("never said"), "in a record"),
        (
            lambda raw: raw["definitions"][0]["recorded_as"].append("Pathological"),
            "one definition only",
        ),
        (lambda raw: raw["definitions"][0].update(hunch=True), "definitions[0]"),
        (lambda raw: raw["elsewhere"][0].update(group="hiccups"), "id of a heading"),
        (lambda raw: raw["elsewhere"][0].update(study="nobody-1900"), "must name a study record"),
        (lambda raw: raw["elsewhere"][0].update(words="never said"), "must stand in"),
        (lambda raw: raw["elsewhere"][0].update(tells="A figure: 82"), "elsewhere[0].tells"),
    ],
)
def test_headings_that_do_not_fit(changed, change, said):
    told = changed(HARMS, change)
    assert said in told
    assert "chapters/harms.yaml" in told


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda raw: raw["findings"][0].update(study="nobody-1900"), "must name a study record"),
        (lambda raw: raw["findings"][0].update(definition="hunch"), "id of a definition"),
        (lambda raw: raw["findings"][0].update(note="3 of them"), "findings[0].note"),
        (lambda raw: raw["findings"][2]["necrosis"].update(number=16), "hold the number"),
        (lambda raw: raw["findings"][2]["necrosis"].update(words="15 doubts"), "must stand in"),
        (lambda raw: raw["findings"][0]["necrosis"].update(field="arms[9].n"), "must be a count"),
        (lambda raw: raw["imaging"][0].update(words="never said"), "must stand in"),
        (lambda raw: raw["imaging"][0].update(tells="A figure: 82"), "imaging[0].tells"),
        (lambda raw: raw["leading"].update(necrosis="nobody"), "must name arms"),
        (lambda raw: raw["in_words"][0].update(printed="never said"), "declared figure"),
        (lambda raw: raw["in_words"][0].update(parts=[55, 26]), "must hold the number 26"),
        (lambda raw: raw["in_words"][0].update(verdict="agrees"), "in_words[0]"),
        (lambda raw: raw["in_words"][1].update(parts=[1, 2], whole=3), "in_words[1]"),
    ],
)
def test_sources_that_do_not_fit(changed, change, said):
    told = changed(NECROSIS, change)
    assert said in told
    assert "chapters/necrosis.yaml" in told


def answer_of(html):
    return html[html.index("seldom found") : html.index("Every other harm asked for")]


def cells_of(html, caption):
    table = html[html.index(caption) :]
    table = table[: table.index("</table>")]
    return html_text(re.sub(r"<[^>]*>", " ", table))


def test_the_answer_gives_a_range_only_over_figures_that_count_alike(grouped):
    records = [study(f"s{n}-2020", [harm(n, 40)]) for n in (4, 6, 8)]
    alike = answer_of(harms_page(tuple(grouped(*records).values())))
    assert "after repeat radiosurgery" in alike
    assert "10% to 20%" in alike
    records[2]["arms"][0]["harms"][0]["unit"] = "lesion"
    mixed = answer_of(harms_page(tuple(grouped(*records).values())))
    assert "10% to 20%" not in mixed
    assert "differ too much for a range over studies" in mixed


def test_a_range_over_unlike_figures_says_what_it_mixes(grouped):
    harms = [harm(4, 40), harm(6, 40, definition="not stated"), harm(None, None, rate=0.05)]
    harms[2]["unit"] = None
    records = [study(f"s{n}-2020", [one]) for n, one in enumerate(harms)]
    told = cells_of(harms_page(tuple(grouped(*records).values())), "Radionecrosis by treatment")
    assert "5% to 15%" in told
    assert (
        "mixing 1 definition and 1 figure without a definition, counted by patient, a unit not "
        "stated; 1 printed without counts" in told
    )


def test_one_definition_in_two_units_is_said_to_be_one(grouped):
    records = [study("s0-2020", [harm(4, 40)]), study("s1-2020", [harm(6, 40, unit="lesion")])]
    told = cells_of(harms_page(tuple(grouped(*records).values())), "Radionecrosis by treatment")
    assert "1 definition, counted by lesion, patient; 2 figures of 2 studies" in told
    assert "mixing" not in told


def test_definition_and_follow_up_stand_beside_the_range(real):
    html = harms_page(tuple(real.values()))
    told = cells_of(html, "Radionecrosis by treatment")
    assert "mixing 2 definitions and 3 figures without a definition" in told
    assert "Not stated (6.2 months)" in told  # START: radionecrosis within half a year
    assert "Not stated (11 months)" in told  # Iorio-Morin 2019: no denominator fits its 5%
    assert "Any treatment effect, with or without pathology" in told
    figures = cells_of(html, "Radionecrosis: every figure")
    assert "Median follow-up" in figures
    assert "fit a denominator of about 60" in figures
    months = {row.study_id: row.median_followup_months for row in real["radionecrosis"].rows}
    assert months["start-registry-2024"] == 6.2


def test_a_new_harm_stands_last_until_a_heading_takes_it(grouped):
    found = grouped(study("s0-2020", [harm(1, 9, "sudden hiccups"), harm(3, 9)]))
    assert list(found)[-1] == "not_placed"
    assert [row.event for row in found["not_placed"].rows] == ["sudden hiccups"]
    assert "sudden hiccups" in harms_page(tuple(found.values()))


def test_a_part_with_one_kind_of_radiotherapy_stands_apart_from_the_whole():
    """Bhatia 2024: 11 of 43 lesions from outside; 12 of 55 hold 12 with seeds."""
    found = {one.group.id: one for one in harms_by_treatment(load_records(), load_overlaps())}
    counted = {
        one.treatment.id: (row.n_events, row.n_at_risk)
        for one in found["neurological_deficit"].treatments
        for row in one.harms.rows
        if row.study_id == "bhatia-2024"
    }
    assert counted == {
        "resection_radiotherapy": (11, 43),
        "resection_mixed": (12, 55),
        "resection_brachytherapy": (1, 12),
    }


def test_words_on_a_harm_stand_on_the_page_with_their_study():
    found = harms_by_treatment(load_records(), load_overlaps())
    html = harms_page(found)
    told = [row for one in found for row in one.elsewhere]
    assert told
    for label, row in told:
        assert label in html
        assert row.tells in html


def test_every_harm_of_the_committed_records_is_placed_and_no_heading_names_a_stranger():
    declared, records = load_harm_declaration(), load_records()
    assert not harms_without_heading(records, declared)
    nothing = HarmDeclaration((), ())
    assert {name for group in declared.groups for name in group.names} == set(
        harms_without_heading(records, nothing)
    )


def test_every_entry_of_the_schemas_is_described():
    for path in (HARMS, NECROSIS):
        schema = json.loads(Path(path).with_suffix(".schema.json").read_text(encoding="utf-8"))
        for entry in schema["$defs"].values():
            for name, field in entry.get("properties", {}).items():
                assert "description" in field or "$ref" in field, name
    assert load_harm_declaration().groups
    assert load_necrosis_declaration().findings
