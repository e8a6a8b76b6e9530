"""The index of studies, their names, and the glossary."""

from __future__ import annotations

import dataclasses
import re

import pytest

from analysis_lib.book.glossary_page import GLOSSARY, glossary_page, term
from analysis_lib.book.study_index import SortableTable, study_table
from analysis_lib.book.study_uses import POOLED, Use
from analysis_lib.book.study_words import field_words, message_words, reading_words, with_names
from analysis_lib.comparison.arms import study_label
from analysis_lib.exceptions import InvalidInputError
from analysis_lib.study_records import load_records, load_second_readings
from analysis_lib.study_records.model import Citation
from analysis_lib.tables import Cell

RECORDS = load_records()


def _record(study_id):
    return next(record for record in RECORDS if record.id == study_id)


@pytest.fixture(scope="module")
def table():
    return study_table(RECORDS, {}, {})


# --- names ----------------------------------------------------------------------------


def test_no_two_studies_share_a_name():
    names = [study_label(record) for record in RECORDS]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_no_name_is_an_id():
    for record in RECORDS:
        name = study_label(record)
        assert record.id not in name
        assert not re.search(r"[a-z]-?\d{4,}|PMC|PMID|unknown", name), name
        assert name[0].isupper(), name


def test_a_study_without_authors_is_called_by_its_centre_or_its_size():
    record = dataclasses.replace(
        RECORDS[0], short_name=None, citation=Citation(year=2031), centres=("Elsewhere",)
    )
    assert study_label(record) == "Elsewhere 2031"
    nowhere = dataclasses.replace(record, centres=(), n_patients=7, citation=Citation())
    assert study_label(nowhere) == "Study of 7 patients (no year)"


def test_a_second_paper_of_one_author_and_year_carries_its_letter():
    citation = Citation(authors="Doe J, Roe R", year=2031)
    first = dataclasses.replace(RECORDS[0], id="doe-2031a", short_name=None, citation=citation)
    second = dataclasses.replace(first, id="doe-2031b")
    assert [study_label(first), study_label(second)] == ["Doe 2031a", "Doe 2031b"]


# --- fields in words ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("study", "field", "words"),
    [
        ("hessler-2022", "arms[0].outcomes[0].median", "median overall survival"),
        ("hessler-2022", "notes[2]", "note 3"),
        ("hessler-2022", "contrasts[0].adjusted", "adjustment of the printed comparison of "),
        ("bhatia-2024", "arms[2].outcomes[1].landmarks[0]", "local control at 24 months, "),
        ("bhatia-2024", "n_patients", "number of patients"),
    ],
)
def test_a_field_reads_as_words(study, field, words):
    assert field_words(_record(study), field).startswith(words)


def test_a_finding_names_arms_by_their_labels():
    record = _record("bhatia-2024")
    label = record.arm("necrosis_observed").label
    said = message_words(record, "The arms hold 27 (necrosis_observed) patients.")
    assert said == f"The arms hold 27 (“{label}”) patients."


def test_every_second_reading_reads_as_words():
    by_id = {record.id: record for record in RECORDS}
    for row in load_second_readings():
        words = reading_words(by_id[row["study"]], row)
        assert words
        assert "_" not in words, words


def test_ids_in_a_sentence_become_links_with_names():
    parts = with_names("as in imber-2022-update, not imber-2022.", up=True)
    cells = [part for part in parts if isinstance(part, Cell)]
    assert [cell.href for cell in cells] == [
        "../studies/imber-2022-update.html",
        "../studies/imber-2022.html",
    ]
    assert with_names("x-imber-2022") == ("x-imber-2022",)


# --- the table ------------------------------------------------------------------------


def test_every_study_has_its_row_and_its_link(table):
    html = table.to_html()
    assert len(table.rows) == len(RECORDS)
    for record in RECORDS:
        assert html.count(f'href="studies/{record.id}.html"') == 1
    assert f"{len(RECORDS)} of {len(RECORDS)} studies" in html


def test_rows_stand_in_the_order_of_their_names(table):
    names = [row["Study"][0].text.casefold() for row in table.rows]
    assert names == sorted(names)


def test_every_choice_of_a_select_box_finds_a_row(table):
    for column, values in table.selects.items():
        held = {part for row in table.rows for part in row[column][0].split("; ")}
        assert set(values) <= held


def test_a_study_says_in_which_comparison_it_stands():
    from analysis_lib.comparison import load_declarations
    from analysis_lib.comparison.result import ComparisonResult

    declared = load_declarations()[0]
    results = {declared.id: ComparisonResult(declared, (), (), ())}
    uses = {"hessler-2022": (Use(declared.id, "os", "arms[0].outcomes[0]", POOLED),)}
    rows = study_table(RECORDS, results, uses).rows
    used = {row["Study"][0].text: row["Used in"] for row in rows}
    assert used["Heßler 2022"][0].href == f"{declared.id}.html"
    assert used["Kim 2018"] == ("none",)


def test_markup_in_a_row_is_shown_as_text():
    row = {"Study": ("<script>alert(1)</script>",), "Note": ('"><img src=x onerror=y>',)}
    html = SortableTable("t", "<b>", (row,), selects={"Note": ["<i>"]}).to_html()
    assert not re.search(r"<(script|img|b>|i>)", html)


def test_without_a_row_the_table_still_stands():
    assert "0 of 0 rows" in SortableTable("t", "Empty", ()).to_html()


# --- the glossary ---------------------------------------------------------------------


def test_a_term_leads_to_its_anchor_in_the_glossary():
    page = glossary_page()
    for _, entries in GLOSSARY:
        for entry in entries:
            for name in (entry.name, *entry.also):
                cell = term(name, up=True)
                file, anchor = cell.href.split("#")
                assert file == "../glossary.html"
                assert page.count(f'id="{anchor}"') == 1
                assert cell.title == entry.meaning


def test_no_name_means_two_things():
    names = [
        name.lower()
        for _, entries in GLOSSARY
        for entry in entries
        for name in (entry.name, *entry.also)
    ]
    assert len(names) == len(set(names))


def test_an_unknown_term_is_refused():
    with pytest.raises(InvalidInputError, match="no term 'phlogiston'"):
        term("phlogiston")
