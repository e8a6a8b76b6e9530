"""The pages on dose: every figure linked, nothing guessed, and the example checked against R."""

import dataclasses
import json
import re
from pathlib import Path

import pandas as pd
import pytest
from book.test_pages import FORBIDDEN, Document
from book.test_sources import Unlinked
from markdown_it import MarkdownIt

from analysis_lib.book.competing_example import PATIENTS, example
from analysis_lib.book.dose_calculator_page import dose_calculator_page
from analysis_lib.book.dose_links import two_decimals
from analysis_lib.book.dose_page import SPINE, dose_page
from analysis_lib.book.dose_tables import worked_table
from analysis_lib.book.study_page import StudyContext, study_page_text
from analysis_lib.charts import control_chart, incidence_chart
from analysis_lib.charts.dose import CONTROL_COLUMNS
from analysis_lib.exceptions import InvalidInputError, ReviewError
from analysis_lib.study_records import load_records, load_vocabulary
from analysis_lib.tables import gray

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference" / "mgus2.json").read_text(encoding="utf-8")
)

#: What only judges of a treatment say.
VERDICTS = (*FORBIDDEN, "safe", "tolerance", "should be given", "recommended dose", "exceeds")


@pytest.fixture(scope="module")
def records():
    return load_records()


@pytest.fixture(scope="module")
def pages(records):
    return {"dose": dose_page(records), "dose-calculator": dose_calculator_page()}


@pytest.fixture(scope="module")
def html(pages):
    return {name: MarkdownIt("commonmark").render(text) for name, text in pages.items()}


# --- the pages ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["dose", "dose-calculator"])
def test_every_result_is_a_link(html, name):
    # Half-times of repair, half-lives and an input's limits go in; they are no results.
    rendered = re.sub(r"Half-lives: [^(]*", "", html[name])
    rendered = re.sub(r"half-life \d+\.?\d* days|\b[01]\.5 h\b", "", rendered)
    rendered = re.sub(r'<p class="lsr-dose-(about|comma)".*?</p>', "", rendered)
    rendered = re.sub(r"<script.*?</script>", "", rendered, flags=re.S)
    assert Unlinked(rendered).found == []


def test_every_schedule_stands_on_the_page_with_a_link_to_its_words(html, records):
    document = Document(html["dose"])
    for record in records:
        for schedule in record.schedules:
            assert schedule.words in document.text, (record.id, schedule.words)
            assert any(link.startswith(f"studies/{record.id}.html#") for link in document.links)


def test_the_page_says_what_it_is_not(pages):
    for text in pages.values():
        title = text.splitlines()[0]
        assert "not for treatment planning" in title.replace("\\", "")
        lowered = Document(text).text.lower()
        assert not [word for word in VERDICTS if re.search(rf"\b{word}\b", lowered)]
    assert "no recovery of the brain" in pages["dose"]


def test_a_ratio_stands_with_every_computed_figure(html):
    """Column, card or caption of each linked BED names its alpha/beta."""
    links = re.findall(r'<a[^>]*href="dose-calculator\.html#formula-[a-z]+"[^>]*>', html["dose"])
    with_ratio = [link for link in links if "α/β = " in link]
    columns = html["dose"].count('data-label="α/β ')
    assert columns
    assert len(with_ratio) == columns
    # The others stand in the column that names it.
    others = html["dose"].count('data-label="BED, α/β 10 Gy"')
    assert len(links) - len(with_ratio) <= others


def test_more_than_10_gy_is_told_beside_each_number(html):
    cells = re.findall(r"<a [^>]*d = ([\d.]+) Gy[^>]*>([^<]*)</a>", html["dose"])
    assert cells
    for dose, text in cells:
        assert ("over 10 Gy a fraction" in text) == (float(dose) > 10)


def test_worked_values_to_the_printed_digit():
    text = worked_table().to_text()
    for row in (
        "18 Gy once\tnot needed\t50.4\t42\toutside",
        "3 × 8 Gy\tnot needed\t43.2\t36\tinside",
        "5 × 5 Gy\tnot needed\t37.5\t31.25\tinside",
        "5 × 4 Gy\tnot needed\t28\t23.33\tinside",
    ):
        assert row in text
    seeds = re.findall(r"Cs-131 seeds, (\d+) Gy\t([\d.]+) h\t([\d.]+)", text)
    assert [(total, hours, f"{float(bed):.1f}") for total, hours, bed in seeds] == [
        ("60", "0.5", "60.8"),
        ("60", "1.5", "62.3"),
        ("65", "0.5", "65.9"),
        ("65", "1.5", "67.7"),
    ]


def test_the_spine_says_its_limits_in_the_words_of_its_record(html, records):
    record = next(one for one in records if one.id == SPINE)
    box = html["dose"].split('<div class="lsr-dose-sister">')[1].split("Recurrence where")[0]
    for words in ("75 Gy above the conus or 106 Gy below", "25% at 6 months and 50% at 1 year"):
        note = next(note for note in record.notes if words in note)
        assert note in box
    assert "None of it is applied to the brain." in box
    # The limits stand nowhere else: not with the brain's doses and not in the calculator.
    assert "106" not in html["dose"].replace(box, "").split("<figure")[0]
    assert "106 Gy" not in html["dose-calculator"]


def test_a_spinal_record_that_changed_is_told(records):
    others = [record for record in records if record.id != SPINE]
    spine = next(record for record in records if record.id == SPINE)
    with pytest.raises(ReviewError, match=SPINE):
        dose_page(others)
    kept = tuple(note for note in spine.notes if "repair assumed" not in note)
    changed = [*others, dataclasses.replace(spine, notes=kept)]
    with pytest.raises(ReviewError, match="looks for a note with “repair assumed”"):
        dose_page(changed)


def test_a_label_with_markup_stays_text(records):
    nasty = "<script>alert(1)</script> *a* & 'b'"
    record = next(one for one in records if one.id == "minniti-2016")
    arm = dataclasses.replace(record.arms[0], label=nasty)
    changed = dataclasses.replace(record, arms=(arm,))
    text = dose_page([changed, *(one for one in records if one.id != record.id)])
    assert "<script>alert" not in text
    assert nasty in Document(text).text


def test_without_doses_the_page_still_stands(records):
    bare = [dataclasses.replace(record, schedules=()) for record in records]
    text = Document(dose_page(bare)).text
    assert "0 records state a dose" in text
    assert "No cohort has both local control and a known BED." in text


def test_numbers_round_as_readers_do():
    assert [two_decimals(value) for value in (31.25, 42.0, 23.333, 0.005)] == [
        "31.25", "42", "23.33", "0.01"
    ]  # fmt: skip
    assert (gray(31.25), gray(None)) == ("31.3", "not reported")


# --- the charts -----------------------------------------------------------------------


def frame(**changes):
    row = dict.fromkeys(CONTROL_COLUMNS) | {
        "study": "Synthetic", "treatment": "re_srs", "bed_low": 40.0, "bed_high": 50.0,
        "control": 0.7, "low": 0.5, "high": 0.9, "n": 30, "estimator": "Kaplan-Meier",
    }  # fmt: skip
    return pd.DataFrame([row | changes])


def draw(points):
    words = {"title": "t", "x_title": "BED", "y_title": "Control", "description": "d"}
    return control_chart("c", points, **words)


def test_the_chart_shows_ranges_and_has_no_line():
    chart = draw(frame())
    marks = [layer["mark"]["type"] for layer in chart.spec["layer"]]
    assert marks == ["rule", "rule", "point"]
    assert chart.table.iloc[0].tolist() == [
        "Synthetic", "40.0 to 50.0", "70% (50% to 90%)", "30", "Kaplan-Meier"
    ]  # fmt: skip
    without = draw(frame(low=None, high=None))
    assert [layer["mark"]["type"] for layer in without.spec["layer"]] == ["rule", "point"]
    with pytest.raises(InvalidInputError, match="no style for the treatment x"):
        draw(frame(treatment="x"))
    with pytest.raises(InvalidInputError, match="at least one row"):
        draw(frame().iloc[:0])


def test_an_incidence_chart_reads_the_step_at_a_time():
    curves = pd.DataFrame(
        {
            "series": ["A"] * 3,
            "time_months": [0, 5, 10],
            "share": [0, 0.2, 0.4],
            "low": [0, 0.1, 0.3],
            "high": [0, 0.3, 0.5],
        }
    )
    words = {"title": "t", "description": "d"}
    chart = incidence_chart("c", curves, at_months=(9.9, 10), **words)
    assert chart.table["A"].tolist() == ["20.0% (10.0% to 30.0%)", "40.0% (30.0% to 50.0%)"]
    many = pd.concat([curves.assign(series=name) for name in "ABCD"])
    with pytest.raises(InvalidInputError, match="at most 3 series"):
        incidence_chart("c", many, at_months=(10,), **words)


# --- the example of competing risks ---------------------------------------------------


def test_the_public_patients_are_those_of_r():
    patients = pd.read_csv(PATIENTS)
    assert len(patients) == REFERENCE["n"] == 1384
    assert patients["cause"].value_counts().to_dict() == {2: 860, 0: 409, 1: 115}


def test_both_estimates_are_those_of_r():
    """survfit(Surv(time, factor(cause, 0:2)) ~ 1, conf.type = 'log-log') and
    1 - survfit(Surv(time, cause == 1) ~ 1, conf.type = 'log-log') at five times, with limits."""
    found = example()
    names = {
        "incidence": ("incidence", "lower", "upper"),
        "death": ("death", "death_lower", "death_upper"),
        "one_minus_kaplan_meier": (
            "one_minus_kaplan_meier",
            "one_minus_kaplan_meier_lower",
            "one_minus_kaplan_meier_upper",
        ),
    }
    for index, months in enumerate(REFERENCE["time_months"]):
        row = found.at(months)
        for ours, theirs in names.items():
            expected = [REFERENCE[name][index] for name in theirs]
            assert row[ours] == pytest.approx(expected, abs=1e-11)


def test_one_minus_kaplan_meier_is_never_below_the_incidence():
    found = example()
    for months in range(0, 421, 5):
        row = found.at(months)
        assert row["one_minus_kaplan_meier"][0] >= row["incidence"][0] - 1e-12
        assert row["incidence"][0] + row["death"][0] <= 1


def test_a_study_page_shows_its_doses_and_leads_to_the_chapter(records):
    record = next(one for one in records if one.id == "minniti-2016")
    context = StudyContext(words=load_vocabulary(), findings=(), overlaps=(), uses=(), titles={})
    document = Document(study_page_text(record, context))
    assert "“3 x 7-8 Gy”" in document.text
    assert "../dose.html" in document.links
    bare = Document(study_page_text(dataclasses.replace(record, schedules=()), context))
    assert "../dose.html" not in bare.links
