"""The explorer and who was studied, on synthetic records and on those of the review."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from types import SimpleNamespace

import pandas as pd
import pytest
from markdown_it import MarkdownIt
from synthetic import GOOD, write

from analysis_lib.book.explorer_arms import (
    TREATMENT_GROUPS,
    arms_frame,
    era_of,
    explorer_arms,
    marks_frame,
    primaries_of,
)
from analysis_lib.book.explorer_page import WARNING, explorer_page
from analysis_lib.book.who_table import WITHOUT_FIELD, who_table
from analysis_lib.charts.chart import Chart
from analysis_lib.charts.explorer import GROUP_STYLES, explorer_chart, still_picture
from analysis_lib.comparison.arms import arm_evidence
from analysis_lib.comparison.result import OutcomeResult
from analysis_lib.comparison.selection import candidates
from analysis_lib.comparison.sides import SideResult
from analysis_lib.exceptions import InvalidInputError
from analysis_lib.study_records import load_records, load_vocabulary
from analysis_lib.tables import Cell

WORDS = load_vocabulary()
NASTY = (
    "<script>alert(1)</script> \"'&lt; \u202e\u05e9\u05dc\u05d5\u05dd </details></table> "
    + "Donaudampfschifffahrt" * 8
)


class Document(HTMLParser):
    """Elements, links and text of a page once Markdown has been rendered."""

    def __init__(self, text: str):
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.text = ""
        self.feed(MarkdownIt("commonmark").render(text))

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def links(self) -> list[str]:
        return [found["href"] for tag, found in self.tags if tag == "a" and "href" in found]


@dataclass(frozen=True)
class Synthetic:
    """A folder of synthetic records."""

    folder: object

    def add(self, name: str, **changes) -> None:
        record = copy.deepcopy(GOOD) | {"id": name} | changes
        write(self.folder, record, name)

    def records(self):
        return load_records(self.folder / "data")


@pytest.fixture
def synthetic(tmp_path):
    return Synthetic(tmp_path)


def _outcome(records, *sides: tuple[str, str]) -> OutcomeResult:
    """Overall survival with one side per (id, treatment), from synthetic records."""
    made = []
    for name, treatment in sides:
        standing = tuple(c for c in candidates(records, "os") if c.arm.treatment == treatment)
        arms = tuple(arm_evidence(found, n_imputations=1) for found in standing)
        made.append(SideResult(name, f"Side {name}", "#000000", arms, (), standing))
    return OutcomeResult("os", tuple(made), (), (), (), (), ())


def _result(outcome: OutcomeResult) -> SimpleNamespace:
    declared = SimpleNamespace(id="first", number=1, title=f"Question {NASTY[:25]}")
    return SimpleNamespace(declaration=declared, outcomes=(outcome,), leading=outcome)


def _rows(text: str) -> list[dict]:
    return json.loads(re.search(r'id="explorer-rows">(.*?)</script>', text, re.S).group(1))


# --- arms and their classes -----------------------------------------------------------


def test_every_treatment_has_a_group_with_a_look_of_its_own():
    assert set(TREATMENT_GROUPS) == set(WORDS["treatment"])
    assert set(TREATMENT_GROUPS.values()) == set(GROUP_STYLES) == set(WORDS["treatment_group"])
    looks = list(GROUP_STYLES.values())
    assert len({style.shape for style in looks}) == len({s.colour for s in looks}) == len(looks)


def test_the_review_shows_every_outcome_of_included_and_indirect_studies():
    records = [r for r in load_records() if r.eligibility.decision != "exclude"]
    arms = explorer_arms(load_records())
    wanted = sum(max(len(arm.outcomes), 1) for record in records for arm in record.arms)
    assert len(arms) == wanted
    assert {arm.record.id for arm in arms} == {record.id for record in records if record.arms}


def test_each_number_leads_to_its_place_and_carries_the_papers_words():
    arms = explorer_arms(load_records())
    frame = arms_frame(arms, WORDS)
    seen = 0
    for position, arm in enumerate(arms):
        for column in ("Number", "Median, months", "At 12 months", "Enrolled"):
            cell = frame[column][position]
            if cell is None or pd.isna(cell):
                continue
            assert isinstance(cell, Cell)
            assert cell.href.startswith(f"studies/{arm.record.id}.html#")
            if arm.outcome and column != "Enrolled":
                assert arm.outcome.source.seen in cell.title
                assert cell.href.endswith(arm.field.replace("[", "-").replace("].", "-")[:-1])
                seen += 1
    assert seen > 200


def test_a_mark_is_the_row_it_names():
    arms = explorer_arms(load_records())
    marks = marks_frame(arms, WORDS, "landmark")
    assert len(marks) > 20
    assert marks["outcome"].str.contains("indirect").any()
    for mark in marks.itertuples():
        arm = arms[mark.row]
        indirect = arm.record.eligibility.decision == "indirect"
        assert mark.outcome.endswith("(indirect: other patients)") == indirect
        assert (mark.group, mark.n) == (arm.group, arm.outcome.n_analysed.value)
        assert mark.value in {m.value for m in arm.outcome.landmarks if m.months == 12}


def test_classes_of_years_and_primaries(synthetic):
    years = {"a": (2004, 2010), "b": (2005, 2010), "c": (2015, None), "d": (None, 2010)}
    for name, (start, end) in years.items():
        synthetic.add(name, enrolment={"start": start, "end": end})
    synthetic.add("e", histology={"sclc": 3, "breast": 0, "odd_one": 1})
    found = {record.id: record for record in synthetic.records()}
    eras = [era_of(found[name]) for name in "abcde"]
    assert eras == ["until-2004", "2005-2014", "from-2015", "unknown", "unknown"]
    assert primaries_of(found["e"]) == ["lung", "elsewhere"]
    assert primaries_of(found["a"]) == ["unknown"]


# --- the page -------------------------------------------------------------------------


def test_the_page_is_complete_without_a_script(synthetic):
    synthetic.add("doe-2020")
    text = explorer_page(synthetic.records(), {})
    document = Document(text)
    assert document.text.count(WARNING) == 1
    stills = re.findall(r"<noscript><svg.*?</svg></noscript>", text, re.S)
    assert len(stills) == 2
    assert "The drawing needs JavaScript" not in text
    assert all("<path" in still and "var(--lsr-" in still for still in stills)
    # Who cannot use the choices is not shown them.
    selects = next(f for tag, f in document.tags if f.get("class") == "lsr-explorer-selects")
    assert "hidden" in selects
    boxes = [found for tag, found in document.tags if tag == "input"]
    assert boxes
    assert all("hidden" in box and "checked" in box for box in boxes)


def test_rows_and_their_classes_stand_in_one_order(synthetic):
    synthetic.add("doe-2020")
    other = copy.deepcopy(GOOD["arms"])
    other[0]["treatment"] = "wbrt"
    other[0]["outcomes"][0] |= {"role": "none", "role_reason": "synthetic"}
    eligible = {"decision": "indirect", "reason": "synthetic"}
    synthetic.add("poe-2021", arms=other, eligibility=eligible)
    left_out = {"decision": "exclude", "reason": "synthetic"}
    synthetic.add("roe-2022", arms=other, eligibility=left_out)
    records = synthetic.records()
    text = explorer_page(records, {})
    rows = _rows(text)
    arms = explorer_arms(records)
    assert rows == [arm.choices for arm in arms]
    body = text.split("<tbody>")[-1].split("</tbody>")[0]
    assert body.count("<tr>") == len(rows) == 4
    assert [row["decision"] for row in rows].count("indirect") == 2
    assert "Indirect: other patients" in body
    assert "roe-2022" not in text
    # Every class of a row can be chosen.
    options = re.findall(r'<option value="([^"]+)"', text)
    for row in rows:
        wanted = {row["outcome"], row["era"], row["level"], row["decision"], *row["primary"]}
        assert wanted <= set(options)


def test_the_answers_fixed_beforehand_stand_in_the_box(synthetic):
    synthetic.add("doe-2020")
    outcome = _outcome(synthetic.records(), ("one", "re_srs"), ("two", "re_resection"))
    text = explorer_page(synthetic.records(), {"first": _result(outcome)})
    box = re.search(r'<aside class="lsr-explorer-answers".*?</aside>', text, re.S).group(0)
    assert 'href="first.html"' in box
    assert "No study has compared these directly on overall survival" in box
    assert "<script>" not in box


def test_nasty_records_stay_text(synthetic):
    arms = copy.deepcopy(GOOD["arms"])
    arms[0]["label"] = arms[1]["label"] = NASTY
    arms[0]["outcomes"][0]["source"] |= {"seen": "<b>x</b> \" onclick='y'", "locator": "</script>"}
    citation = GOOD["citation"] | {"authors": NASTY, "title": NASTY, "year": 2020}
    synthetic.add("doe-2020", arms=arms, citation=citation, histology_note=NASTY)
    text = explorer_page(synthetic.records(), {})
    document = Document(text)
    assert "<script>alert" not in text
    assert {f.get("type") for tag, f in document.tags if tag == "script"} == {"application/json"}
    assert not any(tag == "b" or "onclick" in found for tag, found in document.tags)
    assert NASTY in document.text
    assert {token.type for token in MarkdownIt("commonmark").parse(text)} == {
        "heading_open", "inline", "heading_close", "html_block",
    }  # fmt: skip


def test_missing_parts_are_named(synthetic):
    arms = copy.deepcopy(GOOD["arms"])
    arms[0]["outcomes"][0] |= {
        "median": None,
        "landmarks": [],
        "n_events": None,
        "role": "sensitivity",
        "role_reason": "synthetic",
    }
    arms[0]["outcomes"][0]["n_analysed"] = {"value": None, "unit": None, "printed": None}
    synthetic.add("doe-2020", arms=arms)
    text = explorer_page(synthetic.records(), {})
    document = Document(text)
    assert "Printed medians: no arm prints the figure and a number." in document.text
    assert "12 months: no arm prints the figure and a number." in document.text
    assert "lsr-drawing" not in text
    assert document.text.count("not reported") >= 8


def test_no_arm_at_all_still_builds():
    document = Document(explorer_page([], {}))
    assert "No arm of an included or indirect study was read." in document.text
    assert WARNING in document.text


# --- the chart ------------------------------------------------------------------------


def _chart(marks: pd.DataFrame, **changes) -> Chart:
    labels = {code: code for code in GROUP_STYLES}
    given = {"title": "t", "y_title": "y", "unit": "months", "description": "d"} | changes
    return explorer_chart("c", marks, labels=labels, **given)


def test_the_chart_fills_survival_and_draws_only_printed_intervals():
    row = {"row": 0, "study": "s", "arm": "a", "group": "litt", "outcome": "o", "n": 10}
    marks = pd.DataFrame(
        [
            row | {"survival": True, "value": 5.0, "low": 3.0, "high": 9.0},
            row | {"row": 1, "survival": False, "value": 7.0, "low": None, "high": None},
        ]
    )
    chart = _chart(marks)
    datasets = chart.spec["datasets"]
    assert [[mark["row"] for mark in datasets[name]] for name in ("survival", "other")] == [
        [0],
        [1],
    ]
    assert [mark["row"] for mark in datasets["whiskers"]] == [0]
    assert list(chart.table["y"]) == ["5.0 (3.0 to 9.0)", "7.0"]
    assert GROUP_STYLES["litt"].colour in still_picture(chart)
    assert "http" not in re.sub(r'xmlns(:xlink)?="[^"]*"', "", still_picture(chart))


@pytest.mark.parametrize("change", [{"unit": "years"}, {"group": "homeopathy"}])
def test_the_chart_refuses_what_it_does_not_know(change):
    row = {"row": 0, "study": "s", "arm": "a", "group": "litt", "outcome": "o", "n": 10}
    row |= {"survival": True, "value": 5.0, "low": 3.0, "high": 9.0}
    marks = pd.DataFrame([row | {k: v for k, v in change.items() if k == "group"}])
    with pytest.raises(InvalidInputError, match="unknown group"):
        _chart(marks, **{k: v for k, v in change.items() if k == "unit"})


# --- who was studied ------------------------------------------------------------------


def test_who_was_studied_counts_what_is_not_reported(synthetic):
    synthetic.add("a", median_age=60, enrolment={"start": 2001, "end": 2009}, centres=["X"])
    synthetic.add("b", median_age=64.5, histology={"nsclc": 12, "breast": 3})
    synthetic.add("c", prior_treatment=["unknown"], histology={"breast": 4})
    outcome = _outcome(synthetic.records(), ("one", "re_srs"), ("two", "wbrt"))
    table = who_table(_result(outcome), outcome)
    lines = dict(line.split("\t") for line in table.to_text().split("\n")[2:18])
    assert lines["Studies"] == "3"
    assert lines["Analysed"] == "90 patients"
    assert lines["Median age, years"] == "60 to 64.5; not reported by 1 of 3"
    assert lines["Enrolled"] == "2001 to 2009; not reported by 2 of 3"
    expected = "non-small-cell lung 12, breast 7; not reported by 1 of 3"
    assert lines["Primary tumours"] == expected
    assert lines["Earlier treatment"] == "radiosurgery: 2; not reported by 1 of 3"
    assert lines["Centres"] == "one centre: 1; not reported by 2 of 3"
    assert lines["Median follow-up, months"] == "not reported by 3 of 3"
    for item in WITHOUT_FIELD:
        assert lines[item] == "not reported by 3 of 3"
    assert "Side two: no cohort with a usable figure." in table.to_text()


def test_each_fact_leads_to_its_study_and_each_sum_to_its_studies(synthetic):
    synthetic.add("a", median_age=60)
    outcome = _outcome(synthetic.records(), ("one", "re_srs"))
    html = who_table(_result(outcome), outcome).to_html()
    document = Document(html)
    ids = {found["id"] for _, found in document.tags if "id" in found}
    inner = {link[1:] for link in document.links() if link.startswith("#")}
    assert inner == {"who-first-os-one"} <= ids
    assert '<a href="studies/a.html#study">60</a>' in html
    assert 'href="studies/a.html#arms-0-outcomes-0"' in html


def test_who_was_studied_with_nobody(synthetic):
    synthetic.add("a")
    outcome = _outcome(synthetic.records(), ("one", "litt"))
    said = who_table(_result(outcome), outcome).to_text()
    assert said == "Nobody was studied on overall survival: no side has a usable cohort."


def test_who_was_studied_escapes_the_record(synthetic):
    arms = copy.deepcopy(GOOD["arms"])
    arms[0]["label"] = NASTY
    synthetic.add("a", arms=arms, histology_note=NASTY, centres=[NASTY])
    outcome = _outcome(synthetic.records(), ("one", "re_srs"))
    html = who_table(_result(outcome), outcome).to_html()
    assert "<script" not in html
    assert NASTY in Document(html).text
