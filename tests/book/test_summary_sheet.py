"""The sheet of a comparison says what its result says, and leads back into the book."""

from __future__ import annotations

import re
from html import unescape

import pytest

from analysis_lib.book.comparison_tables import question
from analysis_lib.book.landing_cards import caveat, outcome_answers
from analysis_lib.book.landing_page import ADVICE, behind
from analysis_lib.book.markdown import plain
from analysis_lib.book.places import sheet_path
from analysis_lib.book.summary_sheet import summary_sheet
from analysis_lib.comparison import compare


@pytest.fixture(scope="module", params=["resection-vs-resrs", "gross-vs-subtotal"])
def result(request):
    return compare(request.param)


@pytest.fixture(scope="module")
def sheet(result):
    return summary_sheet(result)


def words(text):
    """The sheet's text as a reader sees it."""
    body = text.partition("</style>")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).replace("\u00a0", " ").split())


def packed(text):
    return re.sub(r"\s+", "", text)


def test_it_holds_the_answer_the_certainty_and_the_advice(sheet, result):
    told = packed(words(sheet))
    answers = outcome_answers(result)
    for answer in answers:
        for sentence in (answer.opening, *answer.further):
            assert packed(plain(sentence)) in told
    for line in behind(result):
        assert packed(plain(line)) in told
    assert packed(caveat(result, answers)) in told
    assert packed(ADVICE) in told
    assert packed(result.declaration.cannot_answer) in told
    assert packed(result.declaration.question) in told


def test_its_comparison_leads_to_it_and_it_leads_back(sheet, result):
    name = result.declaration.id
    assert f'href="{sheet_path(name)}"' in question(result).to_html()
    assert f'href="../{name}.html"' in sheet
    assert 'href="../index.html"' in sheet


def test_it_counts_every_group_that_has_a_figure(sheet, result):
    told = words(sheet)
    for outcome in result.outcomes:
        for side in outcome.sides:
            if side.arms:
                assert side.label in told
                found = side.landmark_range()
                if found is not None and found.k > 1:
                    low, high = f"{100 * found.low:.0f}", f"{100 * found.high:.0f}"
                    assert f"{low} to {high} ({found.k} of {found.of})" in told


def test_every_link_leads_up_into_the_book(sheet):
    links = re.findall(r'href="([^"]+)"', sheet)
    assert links
    assert all(link.startswith("../") and not link.startswith("../../") for link in links)


def test_it_says_nothing_of_a_treatment_that_the_results_do_not(sheet):
    told = words(sheet).lower()
    for word in ("significant", "improves", "reduces", "benefit", "superior"):
        assert word not in told


def test_nothing_of_the_template_is_left(sheet):
    assert not re.search(r"\$\w", sheet)
