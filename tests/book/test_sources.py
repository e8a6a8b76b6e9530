"""No result stands on a comparison's page without a link to where it came from."""

import html
import re
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from analysis_lib.book.answers import side_sentence
from analysis_lib.book.chapters import notebook_path
from analysis_lib.book.findings import findings_table
from analysis_lib.book.guidelines_page import guidelines_page
from analysis_lib.book.harms_page import harms_page
from analysis_lib.book.landing_page import Card
from analysis_lib.book.methods import method_pages
from analysis_lib.book.necrosis_page import necrosis_page
from analysis_lib.book.options_page import options_page
from analysis_lib.book.places import WORDS_READ
from analysis_lib.book.plain_words_page import plain_words_page
from analysis_lib.book.side_figures import absolute_table
from analysis_lib.book.sources import inputs, inputs_anchor
from analysis_lib.comparison import compare, load_declarations
from analysis_lib.consistency import audit_records
from analysis_lib.questions import (
    harms_by_treatment,
    necrosis_found,
    pathology_informed_management,
)
from analysis_lib.study_records import declared_same_series, load_overlaps, load_records
from analysis_lib.tables import Cell

IDS = [declared.id for declared in load_declarations()]

#: Generated pages that show results of the review.
CHAPTERS = ("other-options.md", "guidelines.md", "plain-words.md")

#: Steps of the method whose examples are computed from the review's own evidence.
EVIDENCE_STEPS = (
    "question", "finding", "reading", "second-reading", "between-cohorts", "absolute-figures",
    "harms", "certainty",
)  # fmt: skip

#: An estimate: a decimal, a percentage, or so many of 100.
RESULT = re.compile(r"\d\.\d|\d ?%|\d+ of 100")

#: Text in which a digit is no result: a name, a question, a rule, or words read elsewhere.
NO_RESULT = {"th", "summary", "caption", "figcaption", "style", "svg", "text", "blockquote"}

#: DOIs and addresses of machines hold points and are no results.
IDENTIFIER = re.compile(r"10\.\d{4,9}/\S+|\d+(\.\d+){3}")

#: Tables whose rows lead somewhere as a whole: findings of the audit, reasons of a judgement,
#: data behind a chart (its rows stand in the linked tables of the page).
ROWS_LEAD = (
    "Doubts about", "Certainty of the evidence", "Why the certainty", "risk of bias",
    "wording seen", "Trials under way",
)  # fmt: skip


class Unlinked(HTMLParser):
    """Collects results that stand outside any link."""

    def __init__(self, html):
        super().__init__()
        self.open, self.found, self.links = [], [], 0
        self.chart = 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag in {"br", "img", "hr", "input", "meta", "link"}:
            return
        self.open.append((tag, attrs.get("class") or ""))
        if tag == "a" and attrs.get("href"):
            self.links += 1

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        tags = {tag for tag, _ in self.open}
        classes = " ".join(name for _, name in self.open)
        skip = tags & NO_RESULT or "a" in tags or "lsr-chart" in classes
        # The level of an interval is no result.
        told = IDENTIFIER.sub("", data.replace("95%", ""))
        skip = skip or WORDS_READ in classes or "lsr-table-note" in classes
        if not skip and RESULT.search(told):
            self.found.append(data.strip())


def outputs(comparison_id):
    import nbformat

    notebook = nbformat.read(notebook_path(comparison_id), as_version=4)
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            html = output.get("data", {}).get("text/html")
            if html and not any(words in html for words in ROWS_LEAD):
                yield html


@pytest.mark.parametrize("comparison_id", IDS)
def test_every_result_is_a_link(comparison_id):
    found = [text for html in outputs(comparison_id) for text in Unlinked(html).found]
    assert not found, found


@pytest.fixture(scope="module")
def chapter_pages():
    """The chapters beside the comparisons, as HTML."""
    records, overlaps = load_records(), load_overlaps()
    management = pathology_informed_management(records, overlaps)
    pages = {
        "necrosis": necrosis_page(necrosis_found(records, overlaps), management, records),
        "harms": harms_page(harms_by_treatment(records, overlaps)),
    }
    return {name: MarkdownIt("commonmark").render(text) for name, text in pages.items()}


@pytest.mark.parametrize("name", ["necrosis", "harms"])
def test_every_result_of_a_chapter_is_a_link(chapter_pages, name):
    seen = Unlinked(chapter_pages[name])
    assert not seen.found, seen.found
    assert seen.links > 50


@pytest.fixture(scope="module")
def chapters():
    results = {comparison: compare(comparison) for comparison in IDS}
    records, overlaps = load_records(), load_overlaps()
    findings = audit_records(records, same_series=declared_same_series())
    return {
        "other-options.md": options_page(),
        "guidelines.md": guidelines_page(results),
        "plain-words.md": plain_words_page(results, harms_by_treatment(records, overlaps)),
        **method_pages(records, findings, results),
    }


@pytest.mark.parametrize("name", [*CHAPTERS, *(f"method-{step}.md" for step in EVIDENCE_STEPS)])
def test_every_result_of_a_further_chapter_is_a_link(chapters, name):
    blocks = MarkdownIt("commonmark").parse(chapters[name])
    html = [
        block.content
        for block in blocks
        if block.type == "html_block" and not any(words in block.content for words in ROWS_LEAD)
    ]
    read = [Unlinked(one) for one in html]
    found = [text for one in read for text in one.found]
    assert not found, found
    assert sum(one.links for one in read) >= 1


def test_the_test_sees_an_unlinked_result():
    assert Unlinked("<table><tr><td>0.94 (0.58 to 1.52)</td></tr></table>").found
    assert Unlinked("<p>52 of 100 were alive</p>").found
    assert not Unlinked('<td><a href="#x">0.94</a></td>').found


@pytest.mark.parametrize("comparison_id", IDS)
def test_every_pooled_number_leads_to_inputs_that_exist(comparison_id):
    html = "".join(outputs(comparison_id))
    asked = set(re.findall(r'href="#(inputs-[a-z0-9-]+)"', html))
    there = set(re.findall(r'id="(inputs-[a-z0-9-]+)"', html))
    assert asked <= there, asked - there


def test_a_figure_of_a_side_names_the_studies_that_know_it():
    """Of five cohorts three print 12 months: the other two are no source of the figure."""
    result = compare("resection-vs-nonsurgical", leave_one_out=False)
    outcome = result.leading
    shown = {
        "table": absolute_table(result, outcome).to_html(),
        "card": Card(result).to_html(),
        "findings": findings_table([result]).to_html(),
        "lead": " ".join(Cell(part).to_html() if isinstance(part, str) else part.to_html()
                         for side in outcome.sides for part in side_sentence(outcome, side)),
    }  # fmt: skip
    for side in outcome.sides:
        figure = outcome.pools[0].summary(side).at(12.0)
        knowing = {arm.study_id for arm in side.arms if arm.at(12.0) is not None}
        assert set(figure.studies) == knowing
        assert 0 < len(knowing) < len(side.arms)
        labels = {arm.study_id: html.escape(arm.study_label) for arm in side.arms}
        share = f"{100 * figure.value:.0f}"
        for where, text in shown.items():
            titles = [
                title
                for title, told in re.findall(r'title="([^"]*)"[^>]*>([^<]*)</a>', text)
                if re.search(rf"\b{share} (of 100|\({100 * figure.low:.0f})", told)
                or (where == "card" and told.startswith(f"{figure.k} of {figure.of}"))
            ]
            own = [t for t in titles if any(labels[study] in t for study in knowing)]
            assert own, (side.id, where)
            for title in own:
                for study, label in labels.items():
                    assert (label in title) == (study in knowing), (where, title)
    rests = [text for text in inputs(result, outcome).to_html().split("<li>") if "rests on" in text]
    assert any("Mu 2015." in text for text in rests)


def test_inputs_name_every_arm_and_what_a_scenario_changes():
    result = compare("resection-vs-nonsurgical")
    html = inputs(result, result.leading).to_html()
    for side in result.leading.sides:
        for arm in side.arms:
            assert arm.study_label in html
    assert f'id="{inputs_anchor("os", "plus-litt")}"' in html
    assert "Against the primary analysis: Local non-surgical care, added:" in html
