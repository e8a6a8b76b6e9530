"""The generated pages: every number and link arrives, and a paper's text stays text."""

from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser
from itertools import pairwise
from urllib.parse import urlparse

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from analysis_lib.book.data_readme import data_readme
from analysis_lib.book.evidence_page import map_rows
from analysis_lib.book.markdown import Facts, page, plain
from analysis_lib.book.methods_page import methods_page
from analysis_lib.book.pages import compute_all, generate_pages
from analysis_lib.book.places import LINKED_HOSTS, block_anchor, field_anchor
from analysis_lib.book.site_files import site_files
from analysis_lib.book.study_figures import as_number, as_percentage
from analysis_lib.book.study_page import StudyContext, study_page_text
from analysis_lib.book.study_rederived import rederived
from analysis_lib.book.study_standing import standing_uses
from analysis_lib.book.study_uses import LEFT_OUT, POOLED, computed_ratios, uses_by_study
from analysis_lib.book.study_words import with_names
from analysis_lib.consistency import audit_records
from analysis_lib.exceptions import ReviewError
from analysis_lib.study_records import (
    DATA,
    ROOT,
    load_benchmark_review,
    load_reading,
    load_records,
    load_second_readings,
    load_vocabulary,
)
from analysis_lib.study_records.model import Correction
from analysis_lib.tables import interval, paragraph, ratio

FORBIDDEN = ("significant", "improves", "reduces", "benefit", "superior")

NASTY = "<script>alert(1)</script> *a* _b_ `c` [d](javascript:e) $x^2$ {{ f }} {g}`h` # &lt;"


def sections_of(text):
    """Anchors of a page's headings: Sphinx names a section after its words."""
    headings = re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)
    return [re.sub(r"[^a-z0-9]+", "-", said.lower()).strip("-") for said in headings]


class Document(HTMLParser):
    """What a page holds once Markdown has been rendered."""

    def __init__(self, text: str):
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.headings: list[int] = []
        self.text = ""
        self.sections = sections_of(text)
        self.feed(MarkdownIt("commonmark").render(text))

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.append(tag)
        self.links += [found["href"]] if "href" in found else []
        self.ids += [found["id"]] if "id" in found else []
        self.headings += [int(tag[1])] if re.fullmatch("h[1-6]", tag) else []

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def results():
    return compute_all()


@pytest.fixture(scope="module")
def generated(results):
    return generate_pages(results)


@pytest.fixture(scope="module")
def documents(generated):
    return {name: Document(text) for name, text in generated.items()}


def _context():
    return StudyContext(words=load_vocabulary(), findings=(), overlaps=(), uses=(), titles={})


# --- the whole ------------------------------------------------------------------------


def test_one_page_per_record_and_the_landing_page_first(generated):
    studies = [name for name in generated if name.startswith("studies/")]
    assert studies == [f"studies/{record.id}.md" for record in load_records()]
    assert next(iter(generated)) == "index.md"


def test_the_same_evidence_gives_the_same_text(generated, results):
    assert generate_pages(results) == generated


def test_every_inner_link_arrives_at_a_page_and_a_place(documents, results):
    lost, files = [], site_files(results)
    for name, document in documents.items():
        for link in document.links:
            target, _, anchor = link.partition("#")
            if urlparse(link).scheme:
                continue
            folder = "studies/" if name.startswith("studies/") else ""
            path = f"{folder}{target}" if target else name.replace(".md", ".html")
            path = re.sub(r"^studies/\.\./", "", path)
            name_of_page = path.removesuffix(".html")
            if name_of_page in results or path in files or _written_by_hand(path, anchor):
                continue
            there = documents.get(path.replace(".html", ".md"))
            if there is None or (anchor and anchor not in {*there.ids, *there.sections}):
                lost.append((name, link))
    assert lost == []


def _written_by_hand(path, anchor):
    """A page of the book's own folder, and a heading of it."""
    page = ROOT / "book" / path.replace(".html", ".md")
    if not page.is_file():
        return False
    return not anchor or anchor in sections_of(page.read_text(encoding="utf-8"))


def test_no_page_names_an_anchor_twice(documents):
    twice = {
        name: sorted({i for i in document.ids if document.ids.count(i) > 1})
        for name, document in documents.items()
    }
    assert {name: ids for name, ids in twice.items() if ids} == {}


def test_links_leave_the_book_only_for_resolvers_and_publishers(documents):
    hosts = {
        urlparse(link).hostname
        for document in documents.values()
        for link in document.links
        if urlparse(link).scheme
    }
    assert hosts <= LINKED_HOSTS | {"creativecommons.org"}
    assert "doi.org" in hosts


def test_headings_never_skip_a_level(documents):
    for name, document in documents.items():
        levels = document.headings
        assert levels[0] == 1, name
        assert levels.count(1) == 1, name
        steps = [after - before for before, after in pairwise(levels)]
        assert max(steps, default=0) <= 1, (name, levels)


def test_html_blocks_hold_no_blank_line(generated):
    inside = MarkdownIt("commonmark")
    for name, text in generated.items():
        # Hand-written prose: formulas, and the changelog as it stands.
        if name.startswith(("methods-", "whats-new")):
            continue
        kinds = {token.type for token in inside.parse(text)}
        assert kinds == {"heading_open", "inline", "heading_close", "html_block"}, name


# --- a study's page -------------------------------------------------------------------


@pytest.mark.parametrize("record", load_records(), ids=lambda record: record.id)
def test_a_study_page_shows_every_figure_with_the_papers_words(documents, record):
    document = documents[f"studies/{record.id}.md"]
    for arm_index, arm in enumerate(record.arms):
        for index, outcome in enumerate(arm.outcomes):
            assert field_anchor(f"arms[{arm_index}].outcomes[{index}]") in document.ids
            assert outcome.source.seen in document.text
            values = [mark.value for mark in outcome.landmarks if mark.value is not None]
            for value in values:
                assert as_percentage(value) in document.text
            if outcome.median and outcome.median.value:
                assert f"{as_number(outcome.median.value)} months" in document.text
        for index, harm in enumerate(arm.harms):
            assert field_anchor(f"arms[{arm_index}].harms[{index}]") in document.ids
            assert harm.source.seen in document.text
    for index, contrast in enumerate(record.contrasts):
        assert f"contrasts-{index}" in document.ids
        assert contrast.source.seen in document.text
    for said in (record.eligibility.reason, *record.discrepancies):
        assert plain(with_names(said)) in document.text


def test_every_finding_leads_to_a_place_on_its_study_page(documents):
    for found in audit_records(load_records()):
        assert block_anchor(found.field) in documents[f"studies/{found.study_id}.md"].ids


def test_every_arm_and_contrast_of_a_comparison_has_its_place(documents, results):
    for result in results.values():
        for outcome in result.outcomes:
            places = [arm for side in outcome.sides for arm in side.arms] + [*outcome.contrasts]
            for place in places:
                ids = documents[f"studies/{place.study_id}.md"].ids
                assert field_anchor(place.field) in ids


def test_uses_of_two_arms_are_told_apart(documents):
    text = documents["studies/wilcox-2021.md"].text.partition("Where this study is used")[2]
    record = next(r for r in load_records() if r.id == "wilcox-2021")
    assert all(arm.label in text for arm in record.arms)


def test_a_reason_and_what_follows_it_are_two_sentences(documents):
    record = next(r for r in load_records() if r.secondary_source)
    reason = plain(with_names(record.eligibility.reason)).rstrip(".")
    told = f"{reason}. Figures were read in another paper's table."
    assert told in documents[f"studies/{record.id}.md"].text


def test_an_incomplete_citation_says_what_is_missing(documents):
    record = next(r for r in load_records() if not r.citation.title and not r.citation.authors)
    text = documents[f"studies/{record.id}.md"].text
    assert f"Citation incomplete: {', '.join(record.citation.missing)} not printed." in text
    assert "The title was not printed" in text


def test_markup_in_a_record_is_shown_as_text():
    record = next(r for r in load_records() if r.id == "bhatia-2024")
    arm = dataclasses.replace(record.arms[0], label=NASTY)
    citation = dataclasses.replace(record.citation, title=NASTY, authors=NASTY)
    changed = dataclasses.replace(
        record, citation=citation, arms=(arm, *record.arms[1:]), notes=(f"{NASTY}\n\n# x",)
    )
    document = Document(study_page_text(changed, _context()))
    # Scripts of type application/json hold the charts; none other may appear.
    assert "alert(1)</script>" not in study_page_text(changed, _context())
    assert document.text.count("<script>alert(1)</script>") >= 3
    assert "javascript:e" not in "".join(document.links)
    assert document.headings.count(1) == 1


def test_a_correction_stands_beside_the_printed_value():
    record = next(r for r in load_records() if r.id == "bhatia-2024")
    field = "arms[0].n_patients"
    changed = dataclasses.replace(record, corrections=(Correction(field, 51, 49, "synthetic"),))
    document = Document(study_page_text(changed, _context()))
    assert "Printed values that are not used as printed" in document.text
    assert "#arms-0" in document.links
    for word in ("51", "49", "synthetic"):
        assert word in document.text


def test_the_check_of_a_study_tells_what_the_comparisons_do(results):
    records, uses = load_records(), uses_by_study(results)
    for record in records:
        assert set(standing_uses(record.id, records)) == set(uses.get(record.id, ()))


def test_second_readings_are_listed_value_by_value(documents):
    rows = load_second_readings()
    for record in load_records():
        own = [row for row in rows if row["study"] == record.id]
        assert len(own) == record.second_reading.compared
        text = documents[f"studies/{record.id}.md"].text
        assert ("No value of this study was read a second time." in text) == (not own)
        assert all(row["second_value"] in text for row in own)


def test_a_study_page_speaks_in_words_not_in_field_names(documents):
    dotted = re.compile(
        r"(?:arms|contrasts|notes|discrepancies|outcomes|landmarks|harms)\[\d+\]"
        r"|[Rr]ead (?:in|at):? read at|n_patients|_months\b"
    )
    found = {
        name: dotted.findall(document.text)
        for name, document in documents.items()
        if name.startswith("studies/")
    }
    assert {name: hits for name, hits in found.items() if hits} == {}


def test_no_id_of_a_study_stands_in_the_prose_of_its_pages(documents):
    ids = {record.id for record in load_records()}
    for name, document in documents.items():
        if name.startswith("studies/"):
            assert not ids & set(re.findall(r"[a-z0-9]+(?:-[a-z0-9]+)+", document.text)), name


def test_a_ratio_this_review_computed_stands_on_its_study_page(documents, results):
    found = computed_ratios(results)
    assert found
    for study, ratios in found.items():
        text = documents[f"studies/{study}.md"].text
        assert text.count("Computed by this review, not printed in the paper") == len(ratios)
        for computed in ratios:
            assert interval(*computed.effect.as_printed, number=ratio) in text


def test_printed_values_stand_beside_what_reconstruction_gives_back():
    record = next(r for r in load_records() if r.id == "hessler-2022")
    parts = rederived(record, record.arms[0].outcomes[0], "x", "Overall survival")
    median = parts[0].frame.iloc[0]
    assert (median["Printed"], median["Re-derived"]) == ("11.1", "11.1")


@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Co", "Cn")), min_size=1))
def test_any_title_stays_text(title):
    said = " ".join(title.split())
    if not said:
        return
    tokens = MarkdownIt("commonmark").parse(page(title, paragraph("x")))
    assert [token.type for token in tokens][:3] == ["heading_open", "inline", "heading_close"]
    assert "".join(child.content for child in tokens[1].children) == said
    assert {child.type for child in tokens[1].children} <= {"text", "text_special"}


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_fact_stays_one_block(term, fact):
    tokens = MarkdownIt("commonmark").parse(page("t", Facts(((term, fact),)), paragraph("end")))
    assert [token.type for token in tokens][3:] == ["html_block", "html_block"]


# --- the other pages ------------------------------------------------------------------


def test_the_flow_adds_up(documents, results):
    decided = [record.eligibility.decision for record in load_records()]
    used = {s for r in results.values() for o in r.outcomes for d in o.sides for s in d.study_ids}
    text = documents["flow.md"].text
    for told in (
        f"Records read: {len(decided)}",
        f"Not used, reason below: {decided.count('exclude')}",
        f"Included: {decided.count('include')}",
        f"In a primary analysis of a comparison: {len(used)}.",
        load_reading()["database_search"]["statement"],
    ):
        assert told in text
    for record in load_records():
        if record.eligibility.decision != "include":
            assert record.eligibility.reason in text
    listed = documents["flow.md"].links.count
    for record in load_records():
        assert listed(f"studies/{record.id}.html") == (record.id not in used)


def test_the_evidence_map_counts_studies_and_patients_once():
    rows = map_rows(load_records()).set_index(["treatment", "outcome", "role"])
    arms = [
        (record.id, arm, outcome)
        for record in load_records()
        if record.eligibility.decision == "include"
        for arm in record.arms
        for outcome in arm.outcomes
        if (arm.treatment, outcome.outcome, outcome.role) == ("re_srs", "os", "primary")
    ]
    cell = rows.loc[("Repeat SRS", "Overall survival", "Primary")]
    assert cell["n_studies"] == len({study for study, _, _ in arms})
    assert all(arm.subset_of is None for _, arm, _ in arms)
    assert cell["n_patients"] == sum(outcome.n_analysed.value or 0 for _, _, outcome in arms)


def test_an_arm_and_its_part_count_once_in_the_map():
    whole = next(r for r in load_records() if r.id == "bhatia-2024")
    outcome = whole.arms[0].outcomes[0]
    part = dataclasses.replace(whole.arms[0], id="part", subset_of="tumour_all")
    doubled = dataclasses.replace(whole, arms=(whole.arms[0], part))
    rows = map_rows([doubled])
    survival = rows[rows["outcome"] == "Overall survival"]
    assert survival["n_patients"].tolist() == [outcome.n_analysed.value]


def test_a_figure_is_listed_once_by_its_strongest_use(results):
    for uses in uses_by_study(results).values():
        places = [(use.comparison, use.outcome, use.field) for use in uses]
        assert len(places) == len(set(places))
    for comparison, result in results.items():
        pooled = {
            (study, use.field)
            for study, uses in uses_by_study(results).items()
            for use in uses
            if use.comparison == comparison and use.how == POOLED
        }
        assert pooled == {
            (arm.study_id, arm.field) for o in result.outcomes for s in o.sides for arm in s.arms
        }


def test_what_was_left_out_says_why(results):
    left = [u for uses in uses_by_study(results).values() for u in uses if u.how == LEFT_OUT]
    assert left
    assert all(use.reason for use in left)


def test_guidelines_keep_seen_and_not_seen_apart(documents):
    text = documents["guidelines.md"].text
    first, _, rest = text.partition("Looked for and not seen")
    assert "no further treatment (supportive care)" in first
    assert "The current algorithm for recurrence (licensed)." not in first
    assert "The current algorithm for recurrence (licensed)." in rest


def test_the_benchmark_page_shows_each_result_and_contradiction(documents):
    review = load_benchmark_review()
    text = documents["benchmark-review.md"].text
    for row in review["results"]:
        assert f"{row['arm_a']['label']} against {row['arm_b']['label']}" in text
    for row in review["contradictions"]:
        assert row["our_reading"].strip() in text
    for missing in review["not_found"]:
        assert missing in text


def test_a_missing_measurement_says_how_to_write_it(tmp_path):
    with pytest.raises(ReviewError, match=r"python benchmarks/summaries\.py --json"):
        methods_page(tmp_path / "summaries.json")


def test_a_measurement_without_a_column_is_refused(tmp_path):
    file = tmp_path / "summaries.json"
    file.write_text('{"pairs": 1, "imputations": 2, "rows": [{"scenario": "median"}]}')
    with pytest.raises(ReviewError, match="lacks coverage"):
        methods_page(file)


def test_the_folder_of_records_has_its_current_table():
    assert (DATA / "README.md").read_text(encoding="utf-8") == data_readme()


def test_the_table_of_records_shows_markup_as_text():
    record = load_records()[0]
    citation = dataclasses.replace(record.citation, authors="<b>|Doe A", year=2020)
    table = data_readme([dataclasses.replace(record, citation=citation)])
    assert r"\<b\>\|Doe 2020" in table
