"""The chapters on radionecrosis and on harms: every figure arrives, linked, in plain words."""

from __future__ import annotations

import dataclasses
import re
from html import unescape

import pytest
from markdown_it import MarkdownIt

from analysis_lib.book.harms_page import harms_page
from analysis_lib.book.necrosis_page import necrosis_page
from analysis_lib.book.study_figures import as_percentage, units
from analysis_lib.questions import (
    harms_by_treatment,
    necrosis_found,
    pathology_informed_management,
)
from analysis_lib.study_records import load_overlaps, load_records
from analysis_lib.tables import percent

NASTY = "<script>alert(1)</script> *a* [d](javascript:e) {{ f }}"

#: Words that make a treatment the cause of an outcome, or judge a result.
FORBIDDEN = re.compile(
    r"\b(significan\w*|superior\w*|improve\w*|reduce[sd]?|benefit\w*|effective|prolong\w*)\b", re.I
)


@pytest.fixture(scope="module")
def headings():
    return harms_by_treatment(load_records(), load_overlaps())


@pytest.fixture(scope="module")
def share():
    return necrosis_found(load_records(), load_overlaps())


@pytest.fixture(scope="module")
def management():
    return pathology_informed_management(load_records(), load_overlaps())


@pytest.fixture(scope="module")
def pages(headings, share, management):
    return {
        "harms": harms_page(headings),
        "necrosis": necrosis_page(share, management, load_records()),
    }


def text_of(page):
    """The words of a page, without the data of its charts."""
    bare = re.sub(r"<script.*?</script>", "", page, flags=re.S)
    words = re.sub(r"<[^>]+>", " ", MarkdownIt("commonmark").render(bare))
    return " ".join(unescape(words).split())


@pytest.mark.parametrize("name", ["harms", "necrosis"])
def test_the_answer_leads_and_says_what_it_rests_on(pages, name):
    first = pages[name].split("\n\n")[1]
    assert first.startswith('<div class="lsr-callout lsr-callout-answer"')
    assert re.search(r"\d+ studies", text_of(first))
    assert "lsr-callout-missing" in pages[name]


def test_no_verb_makes_a_treatment_the_cause(pages, management):
    said = text_of(pages["necrosis"])
    for quoted in management.record.discrepancies:
        # The readers quote the paper's own words against it.
        said = said.replace(" ".join(quoted.split()), "")
    for words in (said, text_of(pages["harms"])):
        assert not FORBIDDEN.search(words), FORBIDDEN.search(words)


def test_harms_shows_every_figure_and_everybody_who_is_silent(pages, headings):
    html, text = pages["harms"], text_of(pages["harms"])
    for heading in headings:
        assert heading.group.label in text
        for one in heading.treatments:
            silent, studies = one.harms.n_not_reporting, one.harms.n_studies
            if one.harms.n_reporting:
                assert f"not reported by {silent} of {studies}" in text
            else:
                assert f"{one.treatment.short.lower()} {studies} of {studies}" in text.lower()
        for row in heading.rows:
            assert f"studies/{row.study_id}.html#" in html
            assert row.event.lower() in text.lower()
            if row.definition:
                assert " ".join(row.definition.split()) in text
            if row.low is not None:
                limits = f"({percent(row.low)} to {percent(row.high)})"
                assert f"{percent(row.proportion)} {limits}" in text


def test_a_heading_with_two_known_shares_has_a_picture(pages, headings):
    for heading in headings:
        known = [
            row
            for row in heading.rows
            if row.proportion is not None and row.part_of is None and row.pathology != "necrosis"
        ]
        name = f'id="figure-harm-{heading.group.id}"'.replace("_", "-")
        assert (name in pages["harms"]) == (len(known) >= 2)


def test_the_numbers_of_figures_of_a_harm_can_be_added_up(pages, headings):
    text = text_of(pages["harms"])
    for heading in headings:
        parts = sum(row.part_of is not None for row in heading.rows)
        whole = len(heading.rows) - parts
        told = f"{len(heading.rows)} figures with names and definitions as printed"
        if parts:
            assert f"{heading.group.label}: {told} ({parts} from part of another figure's" in text
        if heading.group.id == "radionecrosis":
            shown = [r for r in heading.rows if r.part_of is None and r.proportion is not None]
            assert f"{whole - len(shown)} without a known share not drawn" in text


def test_a_single_figure_says_of_how_many_and_whose(pages, headings):
    text = text_of(pages["harms"])
    (wound,) = next(h for h in headings if h.group.id == "wound_and_infection").rows
    counted = f"{wound.n_events} of {units(wound.n_at_risk, wound.unit)}"
    assert f"), {counted} ({wound.study_label}); not reported by" in text


def test_a_share_as_printed_has_every_printed_digit(pages, headings):
    text = text_of(pages["harms"])
    shares = [r for h in headings for r in h.rows if r.rate is not None]
    assert any(r.rate * 100 % 1 > 1e-9 for r in shares)
    told = re.findall(r"([\d.]+)% as printed", text)
    assert sorted(set(told)) == sorted({as_percentage(r.rate)[:-1] for r in shares})


def test_a_count_without_unit_says_that_it_is_missing():
    assert units(24, None) == "24 (unit not stated)"
    assert units(1, "patient") == "1 patient"
    assert units(2, "cavity") == "2 cavities"


def test_necrosis_shows_every_count_with_its_interval(pages, share):
    text = text_of(pages["necrosis"])
    for found in share.findings:
        row = found.row
        assert f"{row.n_events} of {row.n_at_risk} {row.unit}s" in text
        assert f"{percent(row.proportion)} ({percent(row.low)} to {percent(row.high)})" in text
    for entry in share.not_counted:
        assert f"studies/{entry.study}.html" in pages["necrosis"]
        assert entry.reason in text


def test_necrosis_shows_every_verdict_and_every_contradiction(pages, management):
    html, text = pages["necrosis"], text_of(pages["necrosis"])
    counted = management.rederivation.counted()
    assert f"{len(management.rederivation.figures)} printed figures" in text
    assert f"{counted['differs']} differ from them" in text
    for figure in management.rederivation.figures:
        assert figure.printed in text, figure
    for index, said in enumerate(management.record.discrepancies):
        assert f"#discrepancies-{index}" in html
        assert said in text


def test_necrosis_shows_the_table_of_toxicity_with_its_tests(pages, management):
    text = text_of(pages["necrosis"])
    for row in management.toxicity:
        for cell in (row.whole, *row.parts):
            assert f"{cell.n_events} of {cell.n_at_risk}: {percent(cell.proportion)}" in text
        assert f"{row.test.p:.2f}" in text
    assert "printed 25.0%" in text


def test_text_of_a_record_stays_text(share, management):
    record = management.record
    arm = dataclasses.replace(record.arms[0], label=NASTY)
    changed = dataclasses.replace(
        record,
        population=NASTY,
        arms=(arm, *record.arms[1:]),
        discrepancies=(NASTY, *record.discrepancies[1:]),
    )
    records = [changed if one.id == record.id else one for one in load_records()]
    made = pathology_informed_management(records, load_overlaps())
    html = necrosis_page(share, made, records)
    assert "<script>alert" not in html
    assert not [link for link in re.findall(r'href="([^"]*)"', html) if "javascript" in link]


def test_the_pages_are_the_same_again(pages, headings, share, management):
    assert harms_page(headings) == pages["harms"]
    assert necrosis_page(share, management, load_records()) == pages["necrosis"]
