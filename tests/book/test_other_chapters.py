"""Other options, guidelines, plain words, reading curves and the steps of the method."""

from __future__ import annotations

import json
import re

import pytest
import yaml
from readability import reading_ease

from analysis_lib.book.claims_tables import claim_anchor
from analysis_lib.book.curves_page import (
    curves_page,
    example_arms,
    example_ratio,
)
from analysis_lib.book.glossary_page import GLOSSARY, glossary_page, term
from analysis_lib.book.guidelines_page import guidelines_page
from analysis_lib.book.harms_page import heading_anchor
from analysis_lib.book.methods import method_pages
from analysis_lib.book.methods.overview import IDEAS
from analysis_lib.book.methods.results import pooled_ratio, sample_ratios, untreated_ratio
from analysis_lib.book.options_page import options_page
from analysis_lib.book.places import field_anchor
from analysis_lib.book.plain_harms import HARMS, PAGE, TREATMENTS, usable
from analysis_lib.book.plain_words_page import QUESTIONS, plain_words_page
from analysis_lib.book.printed_figures import contrast_words
from analysis_lib.comparison import compare, load_declarations
from analysis_lib.comparison.claims import judge_claims
from analysis_lib.comparison.harm_pools import TOO_FEW
from analysis_lib.comparison.options import load_options, option_evidence
from analysis_lib.consistency import audit_records
from analysis_lib.questions import harms_by_treatment
from analysis_lib.questions.declared import load_harm_declaration
from analysis_lib.study_records import (
    ROOT,
    declared_same_series,
    load_claims,
    load_guidelines,
    load_overlaps,
    load_records,
)

FORBIDDEN = (
    *("significant", "improve", "reduces", "benefit", "superior", "effective"),
    *("better outcome", "worse outcome"),
)

#: Plain English begins at 60 (Flesch 1948); the page aims higher.
PLAIN = 60
LONGEST_SENTENCE = 25


@pytest.fixture(scope="module")
def results():
    return {declared.id: compare(declared.id) for declared in load_declarations()}


@pytest.fixture(scope="module")
def pages(results):
    records = load_records()
    findings = audit_records(records, same_series=declared_same_series())
    return {
        "other-options.md": options_page(),
        "guidelines.md": guidelines_page(results),
        "plain-words.md": plain_words_page(results, harms_by_treatment(records, load_overlaps())),
        "reading-curves.md": curves_page(),
        **method_pages(records, findings, results),
    }


def text_of(html: str) -> str:
    without_data = re.sub(r"<script.*?</script>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", without_data)).strip()


def sentences_of(page: str) -> list[str]:
    """The text of every paragraph and list item."""
    found = re.findall(r"<(p|li)\b[^>]*>(.*?)</\1>", page, flags=re.DOTALL)
    return [text for _, html in found if (text := text_of(html))]


# --- all of them ------------------------------------------------------------------------


def test_no_page_says_that_a_treatment_did_something(pages):
    for name, page in pages.items():
        told = text_of(page).lower()
        assert not [word for word in FORBIDDEN if word in told], name


def test_every_page_stands_in_the_table_of_contents(pages):
    contents = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text(encoding="utf-8"))
    listed = json.dumps(contents)
    for name in pages:
        assert f'"{name.removesuffix(".md")}"' in listed, name
    captions = [part["caption"] for part in contents["parts"]]
    assert captions[:2] == ["Answers", "Chapters"]
    assert contents["parts"][1]["chapters"][0]["file"] == "plain-words"


# --- other options ----------------------------------------------------------------------


def test_each_option_keeps_known_opinion_and_missing_apart(pages):
    page = pages["other-options.md"]
    for option in load_options():
        _, _, section = page.partition(f'id="{option.id}"')
        places = [section.find(f"### {name}") for name in ("Known", "Opinion", "Not found")]
        assert -1 < places[0] < places[1] < places[2]


def test_every_figure_of_an_option_stands_on_its_page(pages):
    from analysis_lib.book.printed_figures import printed_words

    told = text_of(pages["other-options.md"])
    for option in load_options():
        found = option_evidence(option)
        for arm in (*found.eligible, *found.elsewhere, *found.necrosis):
            for outcome in arm.arm.outcomes:
                assert text_of(printed_words(outcome)) in told, (arm.record.id, outcome.outcome)


def test_a_p_value_alone_says_which_group_did_longer(pages):
    told = text_of(pages["other-options.md"])
    assert "p = 0.003 (note of the readers: longer after laser ablation)" in told
    ratios = [c for r in load_records() for c in r.contrasts if c.hr is not None and c.note]
    assert ratios
    assert not any("note of the readers" in contrast_words(contrast) for contrast in ratios)


def test_what_is_not_pooled_says_so(pages):
    told = text_of(pages["other-options.md"])
    assert "not pooled: at most" in told
    assert "not pooled: different drugs" in told
    assert re.search(r"median in months \d+\.\d \(\d+\.\d to \d+\.\d\), from 3 medians", told)


def test_harms_of_an_option_are_told_of_its_section_and_one_figure_in_the_singular(pages):
    told = text_of(pages["other-options.md"])
    assert "the studies of this section only" in told
    assert "of this comparison only" not in told
    assert "Harms after treatment: 1 figure, its definition and why it is not pooled" in told
    assert not re.search(r"\b1 figures\b", told)


def test_a_guideline_s_opinion_stands_with_its_level(pages):
    told = text_of(pages["other-options.md"])
    assert "ASCO-SNO-ASTRO (informal consensus, low quality; not on recurrence)" in told
    unseen = [
        row["text"].strip()
        for guide in load_guidelines()["guidelines"]
        for row in guide["statements"]
        if row["seen"] != "seen"
    ]
    assert not [text for text in unseen if text in told]


def test_bevacizumab_names_its_records_and_the_papers_without_one(pages):
    page = pages["other-options.md"]
    assert "## Bevacizumab for radiation necrosis" in page
    contents = page[: page.index("\n## ")]
    assert 'href="#bevacizumab">Bevacizumab for radiation necrosis</a>' in contents
    claim = next(
        row for row in load_claims()["claims"] if row["id"] == "bevacizumab-in-radionecrosis"
    )
    told = text_of(page)
    for row in claim["sources"]:
        assert row["text"] in told
        if row["says"]:
            assert row["says"].strip() in told


# --- guidelines and claims --------------------------------------------------------------


def test_silent_and_not_read_are_counted_apart(pages):
    guides = load_guidelines()["guidelines"]
    silent = sum(guide["asks_about_recurrence"] == "no" for guide in guides)
    unread = sum(guide["asks_about_recurrence"] in ("not_seen", "heading_only") for guide in guides)
    told = text_of(pages["guidelines.md"])
    assert f"{silent} have questions that were read and are silent" in told
    assert f"{unread} could not be read on it" in told
    assert silent
    assert unread


def test_each_guideline_says_its_state_in_the_overview(pages):
    page = pages["guidelines.md"]
    table = page[page.index("Recurrence in each guideline") :]
    table = table[: table.index("</table>")]
    rows = re.findall(r"<tr>.*?</tr>", table, flags=re.DOTALL)[1:]
    states = {
        "yes": "speaks", "no": "silent", "in_population": "in part",
        "heading_only": "not read", "not_seen": "not read",
    }  # fmt: skip
    for guide, row in zip(load_guidelines()["guidelines"], rows, strict=True):
        assert f"#{guide['id']}" in row
        assert f">{states[guide['asks_about_recurrence']]}<" in row
    names = [re.search(r'href="#[^"]*">([^<]*)<', row)[1] for row in rows]
    assert len(set(names)) == len(names)


def test_a_guideline_with_recurrences_among_its_patients_is_not_counted_as_without_statement(pages):
    told = text_of(pages["guidelines.md"])
    among = [
        g for g in load_guidelines()["guidelines"] if g["asks_about_recurrence"] == "in_population"
    ]
    assert among
    for guide in among:
        seen = [row for row in guide["statements"] if row["seen"] == "seen"]
        assert f"{len(seen)}, on new and recurrent alike" in told
    n_statements = sum(len(guide["statements"]) for guide in among)
    assert told.count("; recurrent metastases are among the patients") == n_statements


def test_every_statement_has_an_anchor_once(pages):
    page = pages["guidelines.md"]
    for guide in load_guidelines()["guidelines"]:
        for row in guide["statements"]:
            assert page.count(f'id="{row["id"]}"') == 1


def test_every_claim_has_a_line_and_its_reasons(pages, results):
    page, told = pages["guidelines.md"], text_of(pages["guidelines.md"])
    for one in judge_claims(results):
        assert f'href="#{claim_anchor(one)}"' in page
        assert page.count(f'id="{claim_anchor(one)}"') == 1
        assert text_of(one.claim["reason"].strip()) in told


def test_no_recommendation_and_described_stand_in_words(pages):
    told = text_of(pages["guidelines.md"])
    assert "make no recommendation on 2" in told
    assert "makes no recommendation (informal consensus, low quality)" in told
    assert told.count("described, not compared") >= 4
    table = pages["guidelines.md"].partition('id="claims"')[2].partition("</table>")[0]
    rows = [text_of(row) for row in re.findall(r"<tr>.*?</tr>", table, flags=re.DOTALL)]
    (laser,) = [row for row in rows if row.startswith("Laser ablation may be considered")]
    assert "make no recommendation" in laser
    assert "conflict" not in laser


def test_a_computed_verdict_shows_its_ratio_and_leads_to_it(pages, results):
    name = "radiosurgery-after-resected-recurrence"
    one = next(one for one in judge_claims(results) if one.claim["id"] == name)
    (found,) = one.evidence.ratios
    text = f"{found.ratio:.2f} ({found.low:.2f} to {found.high:.2f})"
    leads = (
        rf'href="adjuvant-reirradiation\.html#inputs-local-control-primary"[^>]*>{re.escape(text)}'
    )
    assert re.search(leads, pages["guidelines.md"])
    assert "open: the interval holds 1; one study, very low certainty" in text_of(
        pages["guidelines.md"]
    )


def test_a_part_of_a_whole_has_its_exact_interval(pages):
    # R: binom.test(27, 82)$conf.int is 0.2294 to 0.4417; binom.test(24, 35) 0.5071 to 0.8315.
    told = text_of(pages["guidelines.md"])
    assert "27 of 82 lesions, 33% (23% to 44%)" in told
    assert "24 of 35 lesions, 69% (51% to 83%)" in told


# --- plain words ------------------------------------------------------------------------


def test_plain_words_are_easy_to_read(pages):
    told = sentences_of(pages["plain-words.md"])
    assert len(told) > 40
    assert reading_ease(told) >= PLAIN


def test_no_sentence_of_the_plain_words_is_long(pages):
    for text in sentences_of(pages["plain-words.md"]):
        for sentence in re.split(r"(?<=[.?!])\s", text):
            assert len(sentence.split()) <= LONGEST_SENTENCE, sentence


def test_plain_words_ask_every_comparison_and_end_with_questions(pages):
    page = pages["plain-words.md"]
    assert set(QUESTIONS) == {declared.id for declared in load_declarations()}
    for comparison in QUESTIONS:
        assert f'href="{comparison}.html"' in page
    last = page[page.rindex("\n## ") :]
    assert "Questions you may want to ask" in last
    asked = re.findall(r"<li>(.*?)</li>", last, flags=re.DOTALL)
    assert len(asked) >= 8
    assert all(text_of(one).endswith("?") for one in asked)


def test_plain_words_give_the_figures_of_the_results(pages, results):
    told = text_of(pages["plain-words.md"])
    result = results["resection-vs-nonsurgical"]
    for side in result.leading.sides:
        figure = result.leading.pools[0].summary(side).at(12.0)
        assert f"about {100 * figure.value:.0f} were alive after one year" in told
        assert f"anywhere from {100 * figure.low:.0f} to {100 * figure.high:.0f}" in told


def harms_in_plain_words(pages):
    page = pages["plain-words.md"]
    return page.partition("## What harm can follow")[2].partition("\n## ")[0]


def test_plain_words_tell_how_seldom_each_harm_is_counted(pages):
    headings = harms_by_treatment(load_records(), load_overlaps())
    section = harms_in_plain_words(pages)
    for found in (one for one in headings if one.group.asked):
        counted = f"{found.n_reporting} of {found.n_studies} studies"
        assert f'href="{PAGE}#{heading_anchor(found)}">{counted}</a>' in section


def test_plain_words_tell_harms_of_100_people_from_the_records(pages):
    """Hessler 2022 counts 2 deaths of 107: R's binom.test(2, 107) gives 0.0023 to 0.0659."""
    section = harms_in_plain_words(pages)
    links = re.findall(r'href="studies/([^"]+)\.html#([^"]+)" title="[^"]*">([^<]+)</a>', section)
    assert ("hessler-2022", "about 2 of 100 people (0 to 7)") in {
        (study, text) for study, _, text in links
    }
    shown = {
        (row.study_id, field_anchor(row.field)): row
        for one in harms_by_treatment(load_records(), load_overlaps())
        for row in one.rows
    }
    assert len(links) >= 10
    for study, anchor, text in links:
        row = shown[study, anchor]
        share, low, high = (
            f"{100 * x:.0f}" for x in (row.n_events / row.n_at_risk, row.low, row.high)
        )
        assert re.fullmatch(rf"about {share} of 100 [a-z ]+ \({low} to {high}\)", text)
        assert row.not_pooled == TOO_FEW or row.not_pooled is None


def test_plain_words_say_for_which_harms_there_is_no_number(pages):
    told = text_of(harms_in_plain_words(pages))
    nothing = told.partition("We found no number that we could use for these:")[2]
    for one in harms_by_treatment(load_records(), load_overlaps()):
        if one.group.asked:
            assert HARMS[one.group.id] in told
            assert (f"{HARMS[one.group.id]}, told by" in nothing) is not bool(usable(one.rows))
    assert "No number does not mean no harm." in nothing


def test_every_harm_and_treatment_has_its_plain_words():
    declared = load_harm_declaration()
    assert set(HARMS) == {group.id for group in declared.groups if group.asked}
    assert set(TREATMENTS) == {treatment.id for treatment in declared.treatments}


def test_plain_words_give_no_advice(pages):
    told = text_of(pages["plain-words.md"]).lower()
    for word in ("you should ask", "we recommend", "we advise", "it is best", "you must"):
        assert word not in told
    assert "it does not say what you should do" in told


def test_plain_words_tell_the_direction_of_a_study_only_where_its_interval_does(pages, results):
    told = text_of(pages["plain-words.md"])
    assert "more often with some of it left than with all of it taken out" in told
    effects = [
        effect
        for result in results.values()
        for outcome in result.outcomes
        if outcome.outcome in ("os", "local_control")
        for found in outcome.within
        for effect in found.effects
    ]
    open_ones = sum(effect.as_printed[1] < 1 < effect.as_printed[2] for effect in effects)
    assert told.count("too small to tell the two apart") == open_ones


# --- reading curves ---------------------------------------------------------------------


def test_the_example_is_computed_as_r_does():
    """survival 3.5: survfit and coxph on aml, weeks divided by 30.4375/7 to months.

    summary(survfit(Surv(time, status) ~ x, aml))$table: medians 31 and 23 weeks, events 7 and 11;
    coxph(Surv(time, status) ~ x, aml, ties = "efron"): coefficient 0.9155 for Nonmaintained.
    """
    by_name = {arm.name.split()[0]: arm for arm in example_arms()}
    week = 7 / 30.4375
    assert by_name["Maintained"].median.value == pytest.approx(31 * week, abs=0.1)
    assert by_name["Nonmaintained"].median.value == pytest.approx(23 * week, abs=0.1)
    assert by_name["Maintained"].patients["event"].sum() == 7
    assert by_name["Nonmaintained"].patients["event"].sum() == 11
    assert abs(example_ratio(example_arms()).log_hazard_ratio) == pytest.approx(0.9155, abs=0.02)


def test_each_step_of_the_example_is_the_share_that_stays(pages):
    page = pages["reading-curves.md"]
    table = page[page.index("the first steps") :]
    rows = re.findall(r"<tr>(.*?)</tr>", table[: table.index("</table>")], flags=re.DOTALL)[1:]
    height = 1.0
    for row in rows:
        cells = [text_of(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)]
        stay, of = (int(n) for n in cells[3].split(" of "))
        height *= stay / of
        assert cells[5] == f"{100 * height:.0f}%"


def test_the_table_at_risk_counts_the_patients():
    for arm in example_arms():
        table = arm.at_risk((0.0, 6.0, 99.0))
        assert table["at_risk"].tolist()[0] == arm.n
        lost = table["at_risk"] + table["censored"] + table["events"]
        assert lost.tolist() == [arm.n] * 3


def test_ticks_stand_on_the_curve():
    for arm in example_arms():
        assert len(arm.censored) == arm.patients.query("event == 0")["time_months"].nunique()
        assert set(arm.censored["survival"]) <= set(arm.curve["survival"])


def test_death_as_a_competing_event_gives_less_progression(pages):
    """R: tests/reference/README, Aalen-Johansen; 1 - Kaplan-Meier is never below it."""
    told = text_of(pages["reading-curves.md"])
    found = re.search(
        r"(\d+)% \((\d+)% to (\d+)%\) had progressed; 1 - Kaplan-Meier says (\d+)% \((\d+)%", told
    )
    incidence, low, high, naive, naive_low = map(int, found.groups())
    assert low < incidence < high < naive_low < naive


def test_one_minus_incidence_is_not_called_control(pages):
    told = text_of(pages["reading-curves.md"])
    assert "is not control either: whoever died early without a recurrence counts" in told


# --- the method -------------------------------------------------------------------------


def test_the_overview_leads_to_every_idea_and_each_has_an_example(pages):
    overview = pages["methods.md"]
    assert len(IDEAS) == 12
    for idea in IDEAS:
        assert f'href="{idea.page}.html"' in overview
        page = pages[f"{idea.page}.md"]
        example = page[page.index("## Example") : page.index("## How it goes wrong")]
        assert re.search(r"\d", text_of(example)), idea.slug


def test_no_number_is_typed_into_an_idea():
    for idea in IDEAS:
        told = " ".join((idea.in_short, *idea.told, *idea.wrong)).replace("100", "")
        assert not re.search(r"\d", told), idea.slug


def test_a_role_without_a_reason_stands_alone(pages):
    told = text_of(pages["method-reading.md"])
    assert "Primary" in told
    assert "Primary: none" not in told


def test_a_fact_of_a_reconstruction_is_rounded(pages):
    told = text_of(pages["method-figure-to-patients.md"])
    assert "root mean square distance" in told
    assert not re.search(r"\d\.\d{4,}", told)


def test_the_within_example_is_pooled_from_its_samples(pages):
    import math

    told = text_of(pages["method-within-studies.md"])
    for one in sample_ratios():
        assert f"{one.hazard_ratio:.2f} (" in told
    assert f"{math.exp(pooled_ratio().estimate):.2f} (" in told


def test_two_untreated_groups_differ_without_any_treatment(pages):
    found = untreated_ratio()
    low, high = found.interval
    assert not low < 1 < high
    assert f"{found.hazard_ratio:.2f} ({low:.2f} to {high:.2f})" in text_of(
        pages["method-naive.md"]
    )


# --- glossary ---------------------------------------------------------------------------


def test_the_glossary_does_not_call_opposites_the_same():
    """Not read is no other name of silent, subtotal none of gross total resection."""
    page = glossary_page()
    assert "Also explained here: not read." in page
    assert "Also: " not in page


def test_the_glossary_holds_every_name_once_and_an_anchor_for_each_term():
    names = [
        name.lower()
        for _, entries in GLOSSARY
        for entry in entries
        for name in (entry.name, *entry.also)
    ]
    assert len(names) == len(set(names))
    page = glossary_page()
    for _, entries in GLOSSARY:
        for entry in entries:
            assert term(entry.name).href.partition("#")[2] in page
