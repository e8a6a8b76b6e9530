"""The local book with a synthetic centre: marked on every page and chart, in its own folder.

All patients are synthetic.
"""

import contextlib
import json
import re
from types import SimpleNamespace

import nbformat
import pytest
from centre import write_centre

from analysis_lib.book import centre_build
from analysis_lib.book import comparison_charts as charts
from analysis_lib.book import comparison_tables as tables
from analysis_lib.book.answers import direct_sentence
from analysis_lib.book.centre_marks import MARK, MARK_LINES, mark_page, mark_site
from analysis_lib.book.centre_page import PAGE, centre_page
from analysis_lib.book.chapters import render_template
from analysis_lib.book.claims_tables import claim_folds
from analysis_lib.book.four_answers import four_answers
from analysis_lib.book.judgement_tables import risk_of_bias_table
from analysis_lib.book.pages import generate_pages
from analysis_lib.book.places import study_page
from analysis_lib.book.plain_words_page import _MORE_EVENTS, _direction, plain_words_page
from analysis_lib.book.site import build_site
from analysis_lib.book.who_table import who_table
from analysis_lib.cli import USAGE, main
from analysis_lib.comparison import compare
from analysis_lib.comparison.claims import judge_claims
from analysis_lib.comparison.declarations import load_declaration, load_declarations
from analysis_lib.exceptions import ReviewError
from analysis_lib.study_records import ROOT, load_claims, load_records
from analysis_lib.study_records.centre_record import (
    CENTRE_ID,
    CENTRE_LABEL,
    centre_of,
    check_centre_file,
)

COMPARISON = "gross-vs-subtotal"


@pytest.fixture(scope="module")
def centre(tmp_path_factory):
    checked = check_centre_file(write_centre(tmp_path_factory.mktemp("centre")))
    return centre_of(checked.patients, checked.declaration)


@pytest.fixture(scope="module")
def result(centre):
    return compare(COMPARISON, (*load_records(), centre.record))


def chapter(result):
    """What the chapter shows, as one text."""
    parts = [
        tables.question(result),
        *(
            tables.per_outcome(result, show)
            for show in (
                tables.arms_table,
                who_table,
                tables.left_out_table,
                four_answers,
                tables.contrasts_table,
                charts.forest,
                charts.curves,
            )
        ),
        risk_of_bias_table(result.pooled_study_ids, COMPARISON),
        tables.provenance(result),
    ]
    return "\n".join(part.to_html() for part in parts)


def page_of(body):
    return (
        "<html><head><title>Synthetic</title></head><body>"
        f'<main id="main-content" class="bd-main" role="main">{body}</main></body></html>'
    )


def test_the_chapter_names_the_centre_as_unpublished(result):
    html = chapter(result)
    assert html.count(CENTRE_LABEL) > 5
    assert f"Risk of bias not judged yet: {CENTRE_LABEL}" in html
    assert "The groups were not assigned by chance" in html


def test_no_page_says_that_nobody_compares_what_the_centre_holds(centre):
    """The centre has both groups and prints no contrast: its ratio stands among the answers."""
    found = compare("resection-vs-resrs", (*load_records(), centre.record))
    for outcome in found.outcomes:
        held = CENTRE_ID in outcome.computed_within
        told = "".join(getattr(part, "text", part) for part in direct_sentence(outcome))
        assert held != ("No study has compared" in told)
    assert all(CENTRE_ID in outcome.computed_within for outcome in found.outcomes[:2])
    page = plain_words_page({"resection-vs-resrs": found}, ())
    text = re.sub(r"<[^>]*>", "", page)
    assert "No study that we read has put these side by side" not in text
    assert "One study put the two side by side to see how long people lived." in text
    assert "2 studies put the two side by side to see if the spot stayed quiet." in text
    # The centre has two groups with an operation: neither is “the” group of that side.
    assert len(re.findall(r"Of 100 treated spots, \d+ were quiet after one year with", text)) == 1


def test_the_direction_of_survival_is_told_of_deaths():
    effect = SimpleNamespace(
        as_printed=(2.5, 1.2, 5.0), study_id="synthetic-2000", study_label="S", place="arms[0]"
    )
    told = _direction(effect, ("one", "other"), {}, _MORE_EVENTS["os"])
    assert told[0].text == "People died sooner with one than with other."


def test_a_claim_held_against_the_centres_patients_names_them(result):
    asked = {one["comparison"]["id"] for one in load_claims()["claims"] if one["comparison"]}
    results = {one: compare(one) for one in asked} | {COMPARISON: result}
    judged = [one for one in judge_claims(results) if one.evidence.ratios]
    ratios = [found for one in judged for found in one.evidence.ratios]
    assert any(CENTRE_LABEL in found.study_labels for found in ratios)
    html = claim_folds(judged, load_claims()["pages"]).to_html()
    assert CENTRE_LABEL in html


def test_every_number_of_the_centre_leads_to_a_place_on_its_page(centre, result):
    page = centre_page(centre, {COMPARISON: result})
    address = study_page(CENTRE_ID)
    anchors = set(re.findall(rf'href="{address}#([^"]+)"', chapter(result)))
    assert anchors
    for anchor in anchors:
        assert f'id="{anchor}"' in page


def test_the_centres_page_holds_no_row_of_a_patient(centre, result):
    page = centre_page(centre, {COMPARISON: result})
    assert not re.search(r"\bP\d{3}\b", page)
    assert "Repeat WBRT, overall survival" in page
    assert "as fewer than 5 patients" in page
    assert not re.search(r"\b[1-4] patients", page)


def test_every_chart_is_marked_in_all_that_it_says(result):
    """Caption, name, text alternative, table and the drawing itself."""
    html = mark_page(page_of(chapter(result)))
    figures = re.findall(r'<figure class="lsr-chart".*?</figure>', html, re.DOTALL)
    assert len(figures) >= 4
    for figure in figures:
        assert f"{MARK}</figcaption>" in figure
        assert f"{MARK}</caption>" in figure
        labels = re.findall(r'aria-label="([^"]*)"', figure)
        assert labels
        assert all(label.endswith(MARK) for label in labels)
        about = re.search(r'<p class="lsr-about"[^>]*>(.*?)</p>', figure, re.DOTALL)
        assert about[1].endswith(f"{MARK}.")
        for spec in re.findall(r'class="lsr-spec(?:-narrow)?">(.*?)</script>', figure, re.DOTALL):
            assert json.loads(spec)["title"]["text"] == list(MARK_LINES)


def test_a_page_bears_the_banner_once_and_the_mark_in_its_title():
    once = mark_page(page_of("<p>text</p>"))
    assert once.count(f"<strong>{MARK}.</strong>") == 1
    assert f"<title>[{MARK}] Synthetic</title>" in once
    assert "noindex" in once
    assert mark_page(once) == once


@pytest.mark.parametrize(
    "taken",
    [
        '<script type="application/ld+json">{"a": 1}</script>',
        '<meta name="citation_title" content="x">',
        '<script src="_static/take-away.js"></script>',
        '<a href="x" download="curve.csv">Save</a>',
        '<p class="lsr-paragraph lsr-to-print">To print: <a href="summaries/x.html">x</a>.</p>',
    ],
)
def test_what_cites_or_saves_a_page_goes(taken):
    assert taken not in mark_page(page_of(taken) + taken)


def test_a_site_is_marked_whole_or_not_at_all(tmp_path):
    (tmp_path / "studies").mkdir()
    (tmp_path / "downloads").mkdir()
    (tmp_path / "downloads" / "patients.csv").write_text("x")
    (tmp_path / "table.csv").write_text("x")
    (tmp_path / "index.html").write_text(page_of(""))
    (tmp_path / "studies" / "a.html").write_text(page_of(""))
    mark_site(tmp_path)
    assert [p.name for p in sorted(tmp_path.rglob("*.*"))] == ["index.html", "a.html"]
    assert all(MARK in path.read_text() for path in tmp_path.rglob("*.html"))
    (tmp_path / "odd.html").write_text("<html></html>")
    with pytest.raises(ReviewError, match=r"odd.html: no place for the mark"):
        mark_site(tmp_path)


def test_the_chapter_takes_the_centre_and_is_otherwise_the_reviews():
    declared = load_declaration(COMPARISON)
    ours, theirs = (
        nbformat.writes(notebook).splitlines()
        for notebook in (centre_build.with_centre(declared), render_template(declared))
    )
    added = [line for line in ours if line not in theirs and '"id"' not in line]
    assert len(added) == 2
    assert all("records_with_centre" in line for line in added)


def test_a_template_without_the_call_is_refused(monkeypatch):
    monkeypatch.setattr(centre_build, "_WITHOUT", "result = other(comparison_id)")
    with pytest.raises(ReviewError, match="template must hold once"):
        centre_build.with_centre(load_declaration(COMPARISON))


def test_only_and_a_centre_exclude_each_other(capsys):
    assert main(["build", "--with-centre", "--only", COMPARISON]) == USAGE
    assert "leave --only out" in capsys.readouterr().err


@pytest.fixture
def workshop(tmp_path, monkeypatch, centre):
    """The centre's build with chapters and pages counted only, in a folder of its own."""
    calls = {"ran": [], "pages": []}

    def run(stale, quiet, job):
        for declared in stale:
            path = tmp_path / "with-centre" / "notebooks" / f"{declared.id}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"notebook of {declared.id}")
        calls["ran"].append([declared.id for declared in stale])
        return calls["ran"][-1]

    def make_site(pages, *, folder, finish):
        assert finish is mark_site
        calls["pages"].append(pages)
        return folder / "html" / "index.html"

    write_centre(tmp_path / "data" / "institutional")
    for name, value in {
        "CENTRE_BUILD": tmp_path / "with-centre",
        "DATA": tmp_path / "data",
        "ROOT": tmp_path,
        "alone": contextlib.nullcontext,
        "run_chapters": run,
        "build_site": make_site,
        "load_centre": lambda: centre,
        "records_with_centre": lambda: (*load_records(), centre.record),
        "compare": lambda comparison, records: records,
        "generate_pages": lambda results, editions: {"index.md": "x", "cite.md": "Cite this"},
        "centre_page": lambda centre, results: "the centre's page",
        "chapter_key": lambda declared, records: declared.id,
    }.items():
        monkeypatch.setattr(centre_build, name, value)
    return calls


def test_everything_stands_in_a_folder_of_its_own(workshop, tmp_path):
    ids = [declared.id for declared in load_declarations()]
    report = centre_build.build_with_centre(quiet=True)
    assert report.ran == tuple(ids)
    assert report.n_withheld == 2
    assert report.site.is_relative_to(tmp_path / "with-centre")
    pages = workshop["pages"][0]
    assert "no edition of the review" in pages["cite.md"]
    assert pages["studies/this-centre.md"] == "the centre's page"
    assert [pages[f"{name}.ipynb"] for name in ids] == [f"notebook of {name}" for name in ids]


def test_a_second_build_runs_no_chapter_until_the_centres_file_changes(workshop, tmp_path):
    centre_build.build_with_centre(quiet=True)
    assert centre_build.build_with_centre(quiet=True).ran == ()
    assert len(centre_build.build_with_centre(quiet=True, force=True).ran) == 5
    path = tmp_path / "data" / "institutional" / "patients.csv"
    path.write_text(path.read_text().replace("P001", "P901"))
    assert len(centre_build.build_with_centre(quiet=True).ran) == 5


@pytest.mark.every_page
def test_a_whole_site_is_marked_and_leaves_the_review_as_it_was(centre, tmp_path):
    """Every page but the chapters, which a kernel runs, with the synthetic centre in them."""
    before = _committed()
    records = (*load_records(), centre.record)
    results = {one.id: compare(one.id, records) for one in load_declarations()}
    pages = generate_pages(results, editions=()) | centre_build.NO_EDITION
    pages[PAGE] = centre_page(centre, results)
    site = build_site(pages, folder=tmp_path, finish=mark_site).parent
    assert _committed() == before
    made = [path for path in site.rglob("*.html") if "_static" not in path.parts]
    texts = {path.relative_to(site).as_posix(): path.read_text("utf-8") for path in made}
    assert len(texts) > len(pages)
    assert all(text.count(f"<strong>{MARK}.</strong>") == 1 for text in texts.values())
    assert texts["index.html"].count(study_page(CENTRE_ID)) >= 1
    ids = set(re.findall(r'\bid="([^"]+)"', texts[study_page(CENTRE_ID)]))
    for text in texts.values():
        assert set(re.findall(r'studies/this-centre\.html#([^"]+)"', text)) <= ids


def _committed():
    """What git holds of the review's results, byte by byte."""
    files = [*(ROOT / "book").glob("*.ipynb"), *(ROOT / "tests" / "golden").glob("*.json")]
    return {path.name: path.read_bytes() for path in (*files, ROOT / "data" / "README.md")}
